package dev.crossfade.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.crossfade.support.Api;
import dev.crossfade.support.Api.Answer;
import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.PostgreSql;
import dev.crossfade.support.Socket;
import dev.crossfade.support.Stage;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An identity that is ended before its time, on both transports, and on another node. */
class RevocationIT {

  /** Protocol section 6, 5. */
  private static final Duration BOUND = Duration.ofSeconds(5);

  @RegisterExtension static final Stage STAGE = Stage.plain();

  private final CrossfadeServer server = STAGE.server();

  @Test
  void a_revoked_user_loses_sockets_and_held_polls_and_gets_nothing_more() throws Exception {
    Api visitor = server.api().visitor();
    long conversation = visitor.open();
    try (Socket socket = Socket.as(visitor, null).join(conversation, 0L)) {
      CompletableFuture<Answer> held = visitor.getLater(poll(conversation, 25));
      assertThat(revoke(userOf(visitor), null).status()).isEqualTo(204);
      Answer ended = held.get(BOUND.toSeconds(), TimeUnit.SECONDS);
      assertThat(ended.status()).isEqualTo(401);
      assertThat(ended.code()).isEqualTo("not_authenticated");
      assertThat(socket.closeCode()).isEqualTo(4401);
      server.api().agent().say(conversation, "not for you", "after");
      assertThat(socket.all("new_message")).isEmpty();
      assertThat(visitor.poll(conversation, 0, 0).status()).isEqualTo(401);
      assertThat(visitor.post("api/tickets", "").status()).isEqualTo(401);
    }
  }

  @Test
  void one_token_is_revoked_and_another_of_the_same_user_goes_on() throws Exception {
    Api visitor = server.api().visitor();
    visitor.open();
    Api same = server.api().as(userOf(visitor), "demo", "visitor");
    String jti = SignedJWT.parse(visitor.token()).getJWTClaimsSet().getJWTID();
    assertThat(revoke(userOf(visitor), jti).status()).isEqualTo(204);
    assertThat(visitor.get("api/sessions").status()).isEqualTo(401);
    assertThat(same.get("api/sessions").status()).isEqualTo(200);
  }

  @Test
  void who_signs_in_again_after_it_is_let_in() throws Exception {
    Api admin = server.api().as("boss", "demo", "admin");
    assertThat(revokeAs(admin, "phoenix", null).status()).isEqualTo(204);
    // A token has whole seconds, so one of this second is not told from those before.
    await()
        .atMost(BOUND)
        .until(
            () ->
                server.api().as("phoenix", "demo", "visitor").get("api/sessions").status() == 200);
  }

  private static JWTClaimsSet claims(HttpResponse<String> signedIn) throws Exception {
    String token = new ObjectMapper().readTree(signedIn.body()).get("token").asText();
    return SignedJWT.parse(token).getJWTClaimsSet();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void a_browser_whose_token_was_revoked_gets_no_other_by_its_login_cookie(boolean byId)
      throws Exception {
    HttpClient browser =
        HttpClient.newBuilder()
            .cookieHandler(new CookieManager())
            .followRedirects(HttpClient.Redirect.NORMAL)
            .build();
    call(browser, "agent/", null);
    call(browser, "j_security_check", "j_username=agent&j_password=agent");
    HttpResponse<String> signedIn = call(browser, "api/staff/token", "");
    assertThat(signedIn.statusCode()).isEqualTo(201);
    JWTClaimsSet claims = claims(signedIn);
    HttpResponse<String> otherTab = call(browser, "api/staff/token", "");
    assertThat(claims(otherTab).getJWTID()).as("all tabs").isEqualTo(claims.getJWTID());
    assertThat(revoke(claims.getSubject(), byId ? claims.getJWTID() : null).status())
        .isEqualTo(204);
    assertThat(call(browser, "api/staff/token", "").statusCode()).isEqualTo(401);
    assertThat(call(browser, "agent/", null).body()).contains("j_security_check");
    // A new login of this same second is not told from those before.
    await().atMost(BOUND).until(() -> server.api().agent().get("api/sessions").status() == 200);
  }

  /** GET where there is no form to send. */
  private HttpResponse<String> call(HttpClient browser, String path, String form) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.url() + path));
    if (form != null) {
      request
          .header("Content-Type", "application/x-www-form-urlencoded")
          .POST(HttpRequest.BodyPublishers.ofString(form));
    }
    return browser.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void only_an_admin_may_and_only_in_its_own_shop() {
    Api visitor = server.api().as("careful", "demo", "visitor");
    assertThat(revokeAs(visitor, "somebody", null).status()).isEqualTo(403);
    assertThat(revokeAs(server.api().agent(), "somebody", null).status()).isEqualTo(403);
    Api elsewhere = server.api().as("boss", "another-shop", "admin");
    assertThat(revokeAs(elsewhere, "careful", null).status()).isEqualTo(204);
    assertThat(visitor.get("api/sessions").status()).isEqualTo(200);
    assertThat(server.api().admin().post("api/tokens/revoke", "{}").code())
        .isEqualTo("missing_field");
  }

  @Test
  void signing_out_ends_the_token_of_the_page_too() {
    Api agent = server.api().agent();
    assertThat(agent.post("api/staff/logout", "").status()).isEqualTo(204);
    assertThat(agent.get("api/sessions").status()).isEqualTo(401);
    assertThat(server.api().agent().get("api/sessions").status()).isEqualTo(200);
  }

  @Test
  void another_node_on_the_same_database_learns_of_it(@TempDir Path folder) throws Exception {
    String url = PostgreSql.create("revocation");
    try (CrossfadeServer here = node(folder.resolve("a"), url);
        CrossfadeServer there = node(folder.resolve("b"), url)) {
      Api visitor = here.api().visitor();
      long conversation = visitor.open();
      Api same = there.api().as(visitor.token());
      try (Socket socket = Socket.as(same, null).join(conversation, 0L)) {
        CompletableFuture<Answer> held = same.getLater(poll(conversation, 25));
        assertThat(revokeAs(here.api().admin(), userOf(visitor), null).status()).isEqualTo(204);
        assertThat(held.get(BOUND.toSeconds(), TimeUnit.SECONDS).status()).isEqualTo(401);
        assertThat(socket.closeCode()).isEqualTo(4401);
      }
    }
  }

  private static CrossfadeServer node(Path folder, String url) throws Exception {
    return new CrossfadeServer(folder).onPostgres(url).start();
  }

  private Answer revoke(String user, String jti) {
    return revokeAs(server.api().admin(), user, jti);
  }

  private static Answer revokeAs(Api api, String user, String jti) {
    String which = jti == null ? "" : ",\"jti\":\"" + jti + "\"";
    return api.post("api/tokens/revoke", "{\"user_id\":\"" + user + "\"" + which + "}");
  }

  private static String poll(long conversation, int wait) {
    return "api/messages?session_id=" + conversation + "&after=0&wait=" + wait;
  }

  private static String userOf(Api api) throws Exception {
    return SignedJWT.parse(api.token()).getJWTClaimsSet().getSubject();
  }
}
