package dev.crossfade.chaos;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.crossfade.chaos.ChatClient.Kind;
import dev.crossfade.chaos.Event.Seen;
import java.io.IOException;
import java.net.URI;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The WebSocket half of a client. */
final class Sockets {

  private static final long PING_EVERY = TimeUnit.SECONDS.toNanos(2);

  /** Who hears nothing for so long, not even a pong, has a dead line. */
  private static final long SILENT_FOR = TimeUnit.SECONDS.toNanos(5);

  /** A frame, or what ended the socket. */
  private record Frame(JsonNode json, String end) {}

  private final ChatClient client;
  private final World world;
  private final Map<String, CompletableFuture<JsonNode>> sends = new ConcurrentHashMap<>();
  private volatile Wire wire;
  private volatile boolean proven;
  private int failures;

  Sockets(ChatClient client) {
    this.client = client;
    this.world = client.world();
  }

  /** Whether a socket is signed in and has joined. */
  boolean proven() {
    return proven;
  }

  void run() {
    while (client.open()) {
      if (!client.wantsSocket()) {
        client.pause(20);
        continue;
      }
      try (Wire opened = new Wire()) {
        wire = opened;
        opened.signIn();
        opened.joinAll();
        proven(true);
        failures = 0;
        opened.carry();
      } catch (IOException failed) {
        // What was on its way is unknown; the next try asks from the cursor.
      } finally {
        wire = null;
        proven(false);
        sends.values().forEach(one -> one.completeExceptionally(new IOException("socket gone")));
        sends.clear();
      }
      client.backOff(failures++);
    }
  }

  void end() {
    Wire now = wire;
    if (now != null) {
      now.close();
    }
  }

  boolean say(long conversation, String id, String content) {
    Wire now = wire;
    CompletableFuture<JsonNode> outcome = new CompletableFuture<>();
    sends.put(id, outcome);
    try {
      if (now == null) {
        throw new IOException("no socket");
      }
      now.send(
          frame("send_message")
              .put("session_id", conversation)
              .put("content", content)
              .put("client_msg_id", id));
      JsonNode said = outcome.get(World.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      if (said.path("type").asText().equals("message_ack")) {
        return client.acked(
            Event.WEBSOCKET,
            conversation,
            id,
            said.get("seq").asLong(),
            said.path("duplicate").asBoolean());
      }
      boolean perhaps = said.path("code").asText().equals("unavailable");
      return perhaps
          ? client.unknown(Event.WEBSOCKET, conversation, id, "unavailable")
          : client.refused(Event.WEBSOCKET, conversation, id, said);
    } catch (IOException | ExecutionException | TimeoutException failed) {
      return client.unknown(Event.WEBSOCKET, conversation, id, failed.getClass().getSimpleName());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return client.unknown(Event.WEBSOCKET, conversation, id, "interrupted");
    } finally {
      sends.remove(id);
    }
  }

  /** Everything from the beginning, one conversation after the other, over sockets of its own. */
  void readAll(long untilNanos) {
    Deque<Long> left = new ArrayDeque<>(client.persona().conversations());
    while (!left.isEmpty() && System.nanoTime() < untilNanos) {
      try (Wire opened = new Wire()) {
        opened.signIn();
        while (!left.isEmpty()) {
          opened.readFromBeginning(left.peek());
          left.remove();
        }
      } catch (IOException again) {
        client.pause(200);
      }
    }
  }

  private void proven(boolean now) {
    if (proven != now) {
      proven = now;
      client.carried();
    }
  }

  private static ObjectNode frame(String type) {
    return World.JSON.createObjectNode().put("type", type);
  }

  /** One socket. Frames are taken on the thread that made it. */
  private final class Wire implements WebSocket.Listener, AutoCloseable {

    private final BlockingQueue<Frame> frames = new LinkedBlockingQueue<>();
    private final Map<Long, Long> lines = new HashMap<>();
    private final Map<Long, Long> heads = new HashMap<>();
    private final Map<Long, Long> places = new HashMap<>();
    private final StringBuilder text = new StringBuilder();
    private final WebSocket socket;
    private CompletableFuture<?> sending = CompletableFuture.completedFuture(null);
    private volatile World.Token token;
    private World.Token asked;
    private volatile long heard = System.nanoTime();
    private long pinged = System.nanoTime();
    private volatile boolean last;

    Wire() throws IOException {
      CompletableFuture<WebSocket> opening =
          world
              .http
              .newWebSocketBuilder()
              .connectTimeout(World.PATIENCE)
              .buildAsync(URI.create(world.url.replaceFirst("http", "ws") + "ws"), this);
      socket = within(opening);
    }

    private <T> T within(CompletableFuture<T> future) throws IOException {
      try {
        return future.get(World.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted");
      } catch (ExecutionException | TimeoutException e) {
        future.whenComplete(
            (late, failure) -> {
              if (late instanceof WebSocket tooLate) {
                tooLate.abort();
              }
            });
        throw new IOException("no socket", e);
      }
    }

    void signIn() throws IOException {
      auth();
      await("auth_success");
      token = asked;
    }

    private void auth() throws IOException {
      asked = client.token();
      ObjectNode auth = frame("auth").put("token", asked.text());
      auth.put("client_id", client.clientId()).put("instance", client.name());
      switch (Math.floorMod(client.name().hashCode(), 3)) {
        case 0 -> auth.put("batch", "text");
        case 1 -> auth.put("batch", "binary");
        default -> {}
      }
      send(auth);
    }

    void joinAll() throws IOException {
      for (long conversation : client.persona().conversations()) {
        long line;
        long after;
        synchronized (client) {
          line = client.ask(Event.WEBSOCKET, conversation, 0);
          after = client.cursor(conversation);
        }
        join(conversation, line, after);
      }
    }

    /** A last read; throws where the line is dead before it is done. */
    void readFromBeginning(long conversation) throws IOException {
      last = true;
      long line = world.nextLine();
      world.history.add(
          at ->
              new Event.Asked(at, client.name(), Event.WEBSOCKET, conversation, line, 0, 0, true));
      join(conversation, line, 0);
      while (places.getOrDefault(conversation, 0L) < heads.get(conversation)) {
        onFrame(next(World.PATIENCE.toNanos()));
      }
      send(frame("leave_session").put("session_id", conversation));
    }

    private void join(long conversation, long line, long after) throws IOException {
      lines.put(conversation, line);
      send(
          frame("join_session")
              .put("session_id", conversation)
              .put("after", after)
              .put("id", "join-" + conversation));
      while (!heads.containsKey(conversation)) {
        onFrame(next(World.PATIENCE.toNanos()));
      }
    }

    /** Until the client lets go or the line is dead. */
    void carry() throws IOException {
      while (client.wantsSocket()) {
        JsonNode next = next(TimeUnit.MILLISECONDS.toNanos(100));
        if (next != null) {
          onFrame(next);
        }
        long now = System.nanoTime();
        if (now - heard > SILENT_FOR) {
          throw new IOException("silent");
        }
        if (now - pinged > PING_EVERY) {
          pinged = now;
          send(frame("ping"));
        }
        if (client.token() != asked) {
          auth();
        }
      }
    }

    private void await(String type) throws IOException {
      for (JsonNode frame; (frame = next(World.PATIENCE.toNanos())) != null; ) {
        if (frame.path("type").asText().equals(type)) {
          return;
        }
        onFrame(frame);
      }
      throw new IOException("no " + type);
    }

    private JsonNode next(long nanos) throws IOException {
      try {
        Frame frame = frames.poll(nanos, TimeUnit.NANOSECONDS);
        if (frame != null && frame.end() != null) {
          throw new IOException(frame.end());
        }
        return frame == null ? null : frame.json();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted");
      }
    }

    private void onFrame(JsonNode frame) throws IOException {
      if (frame == null) {
        throw new IOException("no answer");
      }
      long conversation = frame.path("session_id").asLong();
      switch (frame.path("type").asText()) {
        case "auth_success" -> token = asked;
        case "joined_session" -> {
          long head = frame.path("head").asLong();
          heads.put(conversation, head);
          take(conversation, head, frame.path("epoch").asText(), List.of());
        }
        case "new_message" ->
            take(conversation, -1, null, List.of(ChatClient.seenOne(frame.get("message"))));
        case "messages" -> take(conversation, -1, null, ChatClient.seen(frame.get("messages")));
        case "message_ack" -> settle(frame.path("client_msg_id").asText(), frame);
        case "error" -> error(frame);
        default -> {
          // Not about messages.
        }
      }
    }

    private void take(long conversation, long head, String epoch, List<Seen> messages) {
      Long line = lines.get(conversation);
      for (Seen seen : messages) {
        places.put(conversation, seen.seq());
      }
      if (last) {
        long expiresAt = token.expiresAt();
        world.history.add(
            at ->
                new Event.Got(
                    at,
                    client.name(),
                    Event.WEBSOCKET,
                    conversation,
                    line,
                    head,
                    epoch,
                    expiresAt,
                    messages));
      } else {
        client.take(
            Event.WEBSOCKET, conversation, line, head, epoch, token.expiresAt(), messages, false);
      }
    }

    private void error(JsonNode frame) throws IOException {
      String ref = frame.path("ref").asText();
      if (ref.startsWith("join-")) {
        long conversation = Long.parseLong(ref.substring("join-".length()));
        client.told(Event.WEBSOCKET, conversation, lines.get(conversation), frame);
        throw new IOException("join refused");
      }
      settle(ref, frame);
    }

    private void settle(String id, JsonNode frame) {
      CompletableFuture<JsonNode> outcome = sends.get(id);
      if (outcome != null) {
        outcome.complete(frame);
      }
    }

    synchronized void send(ObjectNode frame) throws IOException {
      if (socket.isOutputClosed()) {
        throw new IOException("closed");
      }
      String json = frame.toString();
      sending = sending.thenCompose(done -> socket.sendText(json, true));
    }

    @Override
    public void close() {
      if (client.random().nextBoolean()) {
        socket.sendClose(WebSocket.NORMAL_CLOSURE, "").exceptionally(gone -> null);
        // Java's client waits for the other side's close without end.
        CompletableFuture.delayedExecutor(1, TimeUnit.SECONDS).execute(socket::abort);
      } else {
        socket.abort();
      }
    }

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean whole) {
      heard = System.nanoTime();
      text.append(data);
      if (whole) {
        offer(text.toString());
        text.setLength(0);
      }
      more(from);
      return null;
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean whole) {
      heard = System.nanoTime();
      // A batch of UTF-8 may be split within a character; Latin-1 keeps the bytes until all are in.
      text.append(StandardCharsets.ISO_8859_1.decode(data));
      if (whole) {
        byte[] bytes = text.toString().getBytes(StandardCharsets.ISO_8859_1);
        text.setLength(0);
        offer(new String(bytes, StandardCharsets.UTF_8));
      }
      more(from);
      return null;
    }

    /** A slow reader lets the frames wait in the network. */
    private void more(WebSocket from) {
      if (client.persona().kind() == Kind.SLOW && !last) {
        CompletableFuture.delayedExecutor(200, TimeUnit.MILLISECONDS)
            .execute(() -> from.request(1));
      } else {
        from.request(1);
      }
    }

    private void offer(String json) {
      try {
        frames.add(new Frame(World.JSON.readTree(json), null));
      } catch (JsonProcessingException notOurs) {
        frames.add(new Frame(null, "not JSON"));
      }
    }

    @Override
    public CompletionStage<?> onPing(WebSocket from, ByteBuffer message) {
      heard = System.nanoTime();
      from.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
      frames.add(new Frame(null, "closed " + code));
      return null;
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
      frames.add(new Frame(null, "failed " + error));
    }
  }
}
