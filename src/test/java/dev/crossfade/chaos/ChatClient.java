package dev.crossfade.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crossfade.chaos.Event.Seen;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * One logical client: reads its conversations from the beginning over whatever carries, and owns
 * its cursors. Written from the protocol alone. What it does and sees goes into the history.
 */
final class ChatClient implements AutoCloseable {

  /** How a client behaves. */
  enum Kind {
    /** A widget of the old kind: asks every second, names neither client nor instance. */
    SHORT_POLL,
    LONG_POLL,
    /** WebSocket or nothing. */
    SOCKET,
    /** Does what the toggle says, falls back, comes back. */
    AUTOMATIC,
    /** Changes every 0.1 to 5 s, in both directions, the new before it lets go of the old. */
    SWITCHER,
    /** A second page of the same browser: same user, same client, own instance. */
    TAB,
    /** Takes its time to read. */
    SLOW,
    /** Comes in the middle and reads from the beginning. */
    LATE,
    /** Its tokens live a few seconds; it renews them without letting go. */
    SHORT_LIVED,
    /** Follows many conversations at once. */
    MANY;

    boolean polls() {
      return this != SOCKET;
    }

    boolean sockets() {
      return this != SHORT_POLL && this != LONG_POLL;
    }

    boolean prompt() {
      return this != SLOW && this != LATE && this != SHORT_POLL && this != MANY;
    }
  }

  /** Who it is, and what it reads. */
  record Persona(
      String name, String user, String shop, String role, Kind kind, List<Long> conversations) {}

  /** Long enough for no renewal in a run. */
  private static final Duration LONG_LIFE = Duration.ofHours(3);

  /** Expires in the middle of polls and of sockets. */
  private static final Duration SHORT_LIFE = Duration.ofSeconds(12);

  private final World world;
  private final Persona persona;
  private final Random random;
  private final Map<Long, Long> cursors = new TreeMap<>();
  private final List<Thread> threads = new ArrayList<>();
  private final Polling polling;
  private final Sockets sockets;
  private World.Token token;
  private String carriedBy = "nothing";
  private volatile boolean open = true;
  private volatile boolean wantsPolling;
  private volatile boolean wantsSocket;

  ChatClient(World world, Persona persona) {
    this.world = world;
    this.persona = persona;
    this.random = world.random(persona.name());
    persona.conversations().forEach(id -> cursors.put(id, 0L));
    this.polling = new Polling(this);
    this.sockets = new Sockets(this);
  }

  ChatClient start() {
    world.history.add(
        at ->
            new Event.Entitled(
                at,
                name(),
                persona.user(),
                persona.kind().name(),
                persona.kind().prompt(),
                persona.conversations()));
    wantsPolling = persona.kind().polls();
    wantsSocket = persona.kind().sockets() && persona.kind() != Kind.AUTOMATIC;
    if (persona.kind().polls()) {
      thread("polls", polling::run);
    }
    if (persona.kind().sockets()) {
      thread("sockets", sockets::run);
    }
    if (persona.kind() == Kind.AUTOMATIC) {
      thread("steers", this::obey);
    } else if (persona.kind().polls() && persona.kind().sockets()) {
      thread("steers", this::wander);
    }
    return this;
  }

  private void thread(String what, Runnable work) {
    Thread thread = new Thread(work, name() + " " + what);
    thread.setDaemon(true);
    threads.add(thread);
    thread.start();
  }

  // ---- which carrier

  /** As the toggle says, asked every second or two, with a fallback of its own. */
  private void obey() {
    while (open) {
      String advice = polling.advice();
      if (advice == null) {
        wantsPolling = true;
      } else if (advice.equals(Event.WEBSOCKET)) {
        wantsSocket = true;
        // Polling goes on until the socket has proven itself, and comes back when it is lost.
        wantsPolling = !sockets.proven();
      } else {
        wantsPolling = true;
        wantsSocket = wantsSocket && !polling.proven();
      }
      pause(sockets.proven() == wantsSocket ? 1_000 + random.nextInt(1_000) : 100);
    }
  }

  private void wander() {
    while (open) {
      boolean toSocket = !wantsSocket;
      wantsSocket = true;
      wantsPolling = true;
      // Both run side by side until the new one works, but not for ever where it cannot.
      int patience = 20 + random.nextInt(20);
      while (open && patience-- > 0 && !(toSocket ? sockets.proven() : polling.proven())) {
        pause(50);
      }
      boolean works = toSocket ? sockets.proven() : polling.proven();
      wantsSocket = toSocket == works;
      wantsPolling = !wantsSocket;
      boolean often = persona.kind() == Kind.SWITCHER;
      pause(often ? 100 + random.nextInt(4_900) : 5_000 + random.nextInt(20_000));
    }
  }

  boolean open() {
    return open;
  }

  boolean wantsPolling() {
    return open && wantsPolling;
  }

  boolean wantsSocket() {
    return open && wantsSocket;
  }

  boolean hasSocket() {
    return sockets.proven();
  }

  /** A carrier began or ceased to carry. */
  synchronized void carried() {
    boolean polls = polling.proven();
    boolean socket = sockets.proven();
    String by =
        polls && socket ? "both" : polls ? Event.POLLING : socket ? Event.WEBSOCKET : "nothing";
    if (!by.equals(carriedBy)) {
      carriedBy = by;
      world.history.add(at -> new Event.Carried(at, name(), by));
    }
  }

  // ---- reading

  synchronized long cursor(long conversation) {
    return cursors.get(conversation);
  }

  /** Writes a question down and answers its name. */
  synchronized long ask(String transport, long conversation, int limit) {
    long line = world.nextLine();
    long cursor = cursors.get(conversation);
    world.history.add(
        at -> new Event.Asked(at, name(), transport, conversation, line, cursor, limit, false));
    return line;
  }

  /** Writes down what came, and moves the cursor over what follows it. */
  synchronized void take(
      String transport,
      long conversation,
      long line,
      long head,
      String epoch,
      long expiresAt,
      List<Seen> messages,
      boolean full) {
    world.history.add(
        at ->
            new Event.Got(
                at, name(), transport, conversation, line, head, epoch, expiresAt, messages, full));
    for (Seen seen : messages) {
      if (seen.seq() == cursors.get(conversation) + 1) {
        cursors.put(conversation, seen.seq());
      }
    }
  }

  void told(String transport, long conversation, long line, JsonNode refusal) {
    String code = refusal.path("code").asText("none");
    long head = refusal.path("head").asLong(-1);
    world.history.add(at -> new Event.Told(at, name(), transport, conversation, line, code, head));
  }

  static List<Seen> seen(JsonNode messages) {
    List<Seen> seen = new ArrayList<>();
    messages.forEach(message -> seen.add(seenOne(message)));
    return seen;
  }

  static Seen seenOne(JsonNode message) {
    return new Seen(
        message.path("seq").asLong(),
        message.path("client_msg_id").asText(),
        message.path("sender_id").asText(),
        message.path("content").asText().hashCode());
  }

  // ---- sending

  /** Blocks until the server said what became of it, or the client is closed. */
  void say(long conversation, String id, String content) {
    boolean twice = random.nextInt(20) == 0;
    for (int failures = 0; open && !trySay(conversation, id, content); failures++) {
      backOff(failures);
    }
    if (open && twice) {
      // A repeat of what was acknowledged changes nothing, over either transport.
      trySay(conversation, id, content);
    }
  }

  private boolean trySay(long conversation, String id, String content) {
    boolean canSocket = sockets.proven();
    boolean canPoll = persona.kind().polls();
    if (!canSocket && !canPoll) {
      return false;
    }
    boolean bySocket = canSocket && (!canPoll || random.nextInt(10) < 8);
    String transport = bySocket ? Event.WEBSOCKET : Event.POLLING;
    world.history.add(
        at -> new Event.Invoked(at, name(), transport, conversation, id, content.hashCode()));
    return bySocket
        ? sockets.say(conversation, id, content)
        : polling.say(conversation, id, content);
  }

  /** True: no repeat is needed. */
  boolean acked(String transport, long conversation, String id, long seq, boolean duplicate) {
    world.history.add(
        at -> new Event.Acked(at, name(), transport, conversation, id, seq, duplicate));
    return true;
  }

  /** Whether the refusal is for good. */
  boolean refused(String transport, long conversation, String id, JsonNode refusal) {
    String code = refusal.path("code").asText("none");
    world.history.add(at -> new Event.Refused(at, name(), transport, conversation, id, code));
    return !refusal.path("retryable").asBoolean(false) && !code.equals("not_authenticated");
  }

  boolean unknown(String transport, long conversation, String id, String why) {
    world.history.add(at -> new Event.Unknown(at, name(), transport, conversation, id, why));
    return false;
  }

  // ---- who and where

  World world() {
    return world;
  }

  Persona persona() {
    return persona;
  }

  String name() {
    return persona.name();
  }

  /** What the rollout knows it by; the pages of one browser share it. */
  String clientId() {
    return "client-" + persona.user();
  }

  Random random() {
    return random;
  }

  /** One that is good for a while yet. */
  synchronized World.Token token() {
    long soon = TimeUnit.SECONDS.toNanos(3);
    if (token == null || token.expiresAt() - world.history.now() < soon) {
      Duration life = persona.kind() == Kind.SHORT_LIVED ? SHORT_LIFE : LONG_LIFE;
      token = world.token(persona.user(), persona.shop(), persona.role(), life);
    }
    return token;
  }

  void pause(long millis) {
    long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    for (long left; open && (left = until - System.nanoTime()) > 0; ) {
      LockSupport.parkNanos(Math.min(left, TimeUnit.MILLISECONDS.toNanos(200)));
    }
  }

  /** Longer each time, with jitter, as whoever comes back to a server in trouble should. */
  void backOff(int failures) {
    int most = 250 << Math.min(failures, 4);
    pause(most / 2 + random.nextInt(most / 2));
  }

  /** Whether it has been shown everything up to there. */
  synchronized boolean reached(Map<Long, Long> heads) {
    return cursors.entrySet().stream()
        .allMatch(one -> one.getValue() >= heads.getOrDefault(one.getKey(), 0L));
  }

  /**
   * Everything from the beginning, once over each transport; for the end of a run. Tries again for
   * so long where it fails.
   */
  void readAll(Duration patience) {
    polling.readAll(System.nanoTime() + patience.toNanos());
    sockets.readAll(System.nanoTime() + patience.toNanos());
  }

  @Override
  public void close() {
    open = false;
    threads.forEach(LockSupport::unpark);
    sockets.end();
  }
}
