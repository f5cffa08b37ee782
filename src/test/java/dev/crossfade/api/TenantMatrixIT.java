package dev.crossfade.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.crossfade.support.Api;
import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.Socket;
import dev.crossfade.support.Stage;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Who may do what: every path, for every role, in the own shop and in another one. What exists and
 * is not one's own must not be told from what does not exist.
 */
class TenantMatrixIT {

  /** Columns: who calls. A conversation is that of {@code visitor}, in the shop demo. */
  private static final List<String> WHO =
      List.of(
          "nobody",
          "visitor",
          "another visitor",
          "foreign visitor",
          "agent",
          "foreign agent",
          "manager",
          "foreign manager",
          "admin",
          "foreign admin");

  /**
   * A call, its body, and the status for each column; {@code -} is not tried. 400 is what somebody
   * gets who may, as the body is none: nothing changes then.
   */
  private static final String TABLE =
      """
      GET api/messages?session_id={s} |  | 401 200 404 404 200 404 200 404 200 404
      GET api/messages?session_id={s}&before=9 |  | 401 200 404 404 200 404 200 404 200 404
      POST api/messages | {"session_id":{s},"content":"x"} | 401 201 404 404 201 404 201 404 201 404
      POST api/receipts | {"session_id":{s},"read":1} | 401 204 404 404 204 404 204 404 204 404
      POST api/typing | {"session_id":{s},"active":true} | 401 204 404 404 204 404 204 404 204 404
      GET api/sessions |  | 401 200 200 200 200 200 200 200 200 200
      POST api/sessions | {} | 401 200 201 201 403 403 403 403 403 403
      GET api/sessions/{s} |  | 401 200 404 404 200 404 200 404 200 404
      POST api/sessions/{s}/close | {} | 401 403 403 403 200 404 200 404 200 404
      POST api/sessions/{s}/reopen | {} | 401 403 403 403 200 404 200 404 200 404
      POST api/sessions/{s}/assign | {} | 401 403 403 403 400 400 400 400 400 400
      GET api/sessions/{s}/notes |  | 401 403 403 403 200 404 200 404 200 404
      POST api/sessions/{s}/notes | {"text":"x"} | 401 403 403 403 201 404 201 404 201 404
      GET api/sessions/{s}/visitor |  | 401 403 403 403 200 404 200 404 200 404
      GET api/search?q=hello |  | 401 403 403 403 200 200 200 200 200 200
      GET api/canned |  | 401 403 403 403 200 200 200 200 200 200
      PUT api/canned/hello | [ | 401 403 403 403 400 400 400 400 400 400
      DELETE api/canned/hello |  | 401 403 403 403 404 404 404 404 404 404
      POST api/admin/reply | {"session_id":{s},"content":"x"} | 401 403 403 403 400 400 400 400 400 400
      GET api/presence |  | 401 403 403 403 200 200 200 200 200 200
      GET api/stats/websocket |  | 401 403 403 403 200 200 200 200 200 200
      GET api/devices |  | 401 200 200 200 200 200 200 200 200 200
      DELETE api/devices/c1 |  | 401 404 404 404 404 404 404 404 404 404
      POST api/visitors | [ | 400 400 400 400 400 400 400 400 400 400
      POST api/tickets |  | 401 201 201 201 201 201 201 201 201 201
      POST api/staff/token |  | 401 401 401 401 401 401 401 401 401 401
      POST api/staff/logout |  | 204 204 204 204 204 204 204 204 204 204
      POST api/tokens/revoke | [ | 401 403 403 403 403 403 400 400 400 400
      GET api/shops |  | 401 403 403 403 403 403 200 200 200 200
      PUT api/shops/demo | [ | 401 403 403 403 403 403 400 403 400 400
      PUT api/shops/shoes | [ | 401 403 403 403 403 403 403 403 400 400
      GET api/shops/demo/availability |  | 200 200 200 200 200 200 200 200 200 200
      GET api/transport?client_id=c1&shop_id=demo |  | 200 200 200 200 200 200 200 200 200 200
      POST api/transport/reports | [ | 400 400 400 400 400 400 400 400 400 400
      GET api/rollout |  | 401 403 403 403 403 403 403 403 200 200
      PUT api/rollout | [ | 401 403 403 403 403 403 403 403 400 400
      POST api/rollout/kill | [ | 401 403 403 403 403 403 403 403 400 400
      POST api/rollout/unkill | [ | 401 403 403 403 403 403 403 403 400 400
      POST api/rollout/plan | [ | 401 403 403 403 403 403 403 403 400 400
      POST api/rollout/plan/promote | [ | 401 403 403 403 403 403 403 403 404 404
      GET api/rollout/clients/c1 |  | 401 403 403 403 403 403 403 403 200 200
      GET api/rollout/gate |  | 401 403 403 403 403 403 403 403 200 200
      GET api/rollout/history |  | 401 403 403 403 403 403 403 403 200 200
      GET api/rollout/audit |  | 401 403 403 403 403 403 403 403 200 200
      GET api/rollout/audit/verify |  | 401 403 403 403 403 403 403 403 200 200
      GET api/node |  | 401 403 403 403 200 200 200 200 200 200
      POST api/node/drain | [ | - - - - - - - - - -
      GET api/doctor |  | 200 200 200 200 200 200 200 200 200 200
      GET api/doctor/handshake |  | 200 200 200 200 200 200 200 200 200 200
      GET api/doctor/parts |  | 200 200 200 200 200 200 200 200 200 200
      """;

  @RegisterExtension static final Stage STAGE = Stage.plain();

  private final CrossfadeServer server = STAGE.server();

  @Test
  void every_path_answers_every_role_in_the_own_shop_and_another_as_the_table_says() {
    assertThat(server.api().admin().put("api/shops/elsewhere", "{\"origins\":[]}").status())
        .isEqualTo(200);
    List<String> actual = new ArrayList<>();
    for (String line : TABLE.lines().toList()) {
      String[] cells = line.split(" \\| ");
      List<String> statuses = new ArrayList<>();
      String[] expected = cells[2].trim().split(" +");
      for (int column = 0; column < WHO.size(); column++) {
        statuses.add(
            expected.length > column && expected[column].equals("-")
                ? "-"
                : Integer.toString(status(WHO.get(column), cells[0].trim(), cells[1].trim())));
      }
      actual.add(cells[0] + " | " + cells[1] + " | " + String.join(" ", statuses));
    }
    assertThat(String.join("\n", actual)).isEqualTo(TABLE.strip());
  }

  /** A path that is added and not thought of here is found by this. */
  @Test
  void no_path_is_missing_in_the_table() {
    Set<String> inTable =
        TABLE
            .lines()
            .map(line -> line.split(" \\| ")[0].trim().replaceAll("\\?.*", ""))
            .map(
                call -> call.replaceAll("/(\\{[a-z]+\\}|demo|shoes|hello|promote|c1)(?=/|$)", "/*"))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(inTable).containsAll(resources());
  }

  @Test
  void a_socket_may_what_a_poll_may() {
    Map<String, String> overHttp = new LinkedHashMap<>();
    Map<String, String> overSocket = new LinkedHashMap<>();
    for (String who : WHO.subList(1, WHO.size())) {
      Case one = new Case(who, true);
      overHttp.put(who, one.caller.poll(one.conversation, 0, 0).code() + one.said());
      try (Socket socket = Socket.as(one.caller, null)) {
        overSocket.put(who, one.joined(socket) + one.saidOver(socket));
      }
    }
    assertThat(overSocket).isEqualTo(overHttp);
    assertThat(overHttp)
        .containsEntry("foreign admin", "not_foundnot_found")
        .containsEntry("agent", "");
  }

  private int status(String who, String call, String body) {
    Case one = new Case(who, (call + body).contains("{s}") || call.equals("POST api/sessions"));
    String[] parts = call.split(" ");
    String path = parts[1].replace("{s}", Long.toString(one.conversation));
    String sent = body.replace("{s}", Long.toString(one.conversation));
    return one.caller
        .send(
            one.caller
                .request(path)
                .header("Content-Type", "application/json")
                .method(
                    parts[0],
                    sent.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(sent)))
        .status();
  }

  /** Somebody, and where it is asked for a conversation with one message. */
  private final class Case {
    final Api caller;
    final long conversation;

    Case(String who, boolean withConversation) {
      String owner = "owner-" + UUID.randomUUID();
      Api visitor = server.api().as(owner, "demo", "visitor");
      conversation = withConversation ? visitor.open() : 0;
      if (withConversation) {
        visitor.say(conversation, "hello", "m1");
      }
      String role = who.substring(who.indexOf(' ') + 1);
      String shop = who.startsWith("foreign") ? "elsewhere" : "demo";
      String user = who.equals("visitor") ? owner : "somebody-" + UUID.randomUUID();
      caller = who.equals("nobody") ? server.api() : server.api().as(user, shop, role);
    }

    String said() {
      return caller.trySay(conversation, "over HTTP", "h1").code();
    }

    String joined(Socket socket) {
      socket.send(
          "{\"type\":\"join_session\",\"session_id\":%d,\"after\":0}".formatted(conversation));
      JsonNode answer =
          socket.expect(f -> Set.of("joined_session", "error").contains(f.path("type").asText()));
      return answer.path("code").asText();
    }

    String saidOver(Socket socket) {
      socket.say(conversation, "over the socket", "s1");
      JsonNode answer =
          socket.expect(
              f ->
                  f.path("type").asText().equals("message_ack")
                      || f.path("ref").asText().equals("s1"));
      return answer.path("code").asText();
    }
  }

  /** Such as {@code POST api/sessions/* /close}, without the blank. */
  private static Set<String> resources() {
    Set<String> found = new TreeSet<>();
    for (JavaClass resource : new ClassFileImporter().importPackages("dev.crossfade.http")) {
      if (!resource.isAnnotatedWith(Path.class)) {
        continue;
      }
      String base = resource.getAnnotationOfType(Path.class).value();
      for (JavaMethod method : resource.getMethods()) {
        method.getAnnotations().stream()
            .filter(annotation -> annotation.getRawType().isAnnotatedWith(HttpMethod.class))
            .forEach(
                verb ->
                    found.add(verb.getRawType().getSimpleName() + " api/" + path(base, method)));
      }
    }
    return found;
  }

  private static String path(String base, JavaMethod method) {
    String own =
        method.isAnnotatedWith(Path.class) ? method.getAnnotationOfType(Path.class).value() : "";
    String joined = (base + "/" + own).replaceAll("\\{[^}]*\\}", "*").replaceAll("/+", "/");
    return joined.replaceAll("^/|/$", "");
  }
}
