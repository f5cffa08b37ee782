package dev.crossfade.app;

import dev.crossfade.model.Role;
import dev.crossfade.wire.Json;
import java.io.IOException;
import java.util.function.BooleanSupplier;

/**
 * One visitor who polls and one agent with a socket, who talk as fast as they are answered: what a
 * busy node is asked most.
 */
final class WarmTraffic {

  /** How a connection of the {@link WarmUp} is made. */
  interface Connections {
    WarmConnection open(String token) throws IOException;
  }

  /** A population that polls finds nothing nearly every time. */
  private static final int EMPTY_POLLS = 200;

  /** So many of them are sent at once, to wait less for each other. */
  private static final int AT_ONCE = 20;

  /** Of {@link #talk}. */
  private static final int CALLS = 6;

  private static final String TEXT = "是否有货? Is the blue one in stock, size 42? ".repeat(2);

  private final Connections connections;
  private final String visitor;
  private final String agent;
  private long answered;

  /** {@code number} tells it from others at the same node. */
  WarmTraffic(WarmNode node, int number, Connections connections) {
    this.connections = connections;
    this.visitor = node.token("visitor-" + number, Role.VISITOR);
    this.agent = node.token("agent-" + number, Role.AGENT);
  }

  /** How many requests and frames were answered. */
  long answered() {
    return answered;
  }

  /** Blocks until it is {@code over}. */
  void run(BooleanSupplier over) throws IOException {
    try (WarmConnection socket = connections.open(agent)) {
      long conversation = join(socket);
      for (long head = 0; !over.getAsBoolean(); head += 2) {
        talk(socket, conversation, head);
        for (int i = 0; i < EMPTY_POLLS && !over.getAsBoolean(); i += AT_ONCE) {
          pollInVain(conversation, head + 2);
        }
      }
    }
  }

  private long join(WarmConnection socket) throws IOException {
    long conversation;
    try (WarmConnection calls = connections.open(visitor)) {
      conversation = Json.parse(calls.call("POST", "/sessions", "{}")).requiredNumber("session_id");
    }
    socket.upgrade("/ws?client_id=warm-up");
    socket.send("{\"type\":\"auth\"}");
    socket.await("auth_success");
    socket.send("{\"type\":\"join_session\",\"session_id\":" + conversation + ",\"after\":0}");
    socket.await("joined_session");
    return conversation;
  }

  /** Two messages come to the {@code head} messages that are there. */
  private void talk(WarmConnection socket, long conversation, long head) throws IOException {
    try (WarmConnection calls = connections.open(visitor);
        WarmConnection desk = connections.open(agent)) {
      calls.call("POST", "/messages", message(conversation, head, ""));
      socket.await("new_message");
      String read = "{\"session_id\":" + conversation + ",\"read\":" + head + "}";
      calls.call("POST", "/receipts", read);
      calls.ask("GET", place(conversation, head + 1) + "&wait=5", 1);
      socket.send(message(conversation, head + 1, "\"type\":\"send_message\","));
      socket.await("new_message");
      calls.answer();
      calls.call("GET", "/sessions", "");
      desk.call("GET", "/sessions?status=open", "");
    }
    answered += CALLS;
  }

  /** Over a connection of its own: Tomcat's default is to close one after 100 requests. */
  private void pollInVain(long conversation, long head) throws IOException {
    try (WarmConnection polls = connections.open(visitor)) {
      polls.ask("GET", place(conversation, head), AT_ONCE);
      for (int answer = 0; answer < AT_ONCE; answer++) {
        polls.answer();
      }
    }
    answered += AT_ONCE;
  }

  private static String place(long conversation, long head) {
    return "/messages?session_id=" + conversation + "&client_id=warm-up&after=" + head;
  }

  private static String message(long conversation, long id, String type) {
    return "{"
        + type
        + "\"session_id\":"
        + conversation
        + ",\"client_msg_id\":\"w"
        + id
        + "\",\"content\":\""
        + TEXT
        + "\"}";
  }
}
