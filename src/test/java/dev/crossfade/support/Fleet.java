package dev.crossfade.support;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Many scripted clients on one node, over real sockets and requests, each with a conversation of
 * its own in which an agent now and then writes. They do as they are told which transport to use,
 * report what became of it, and keep account of what they are shown.
 */
public final class Fleet implements AutoCloseable {

  /** What a client's way to the server does to a WebSocket. */
  public enum Kind {
    /** Nothing. */
    HEALTHY,
    /** Refuses it. */
    BLOCKED,
    /** Answers 101, passes nothing, and drops the connection. */
    SILENT,
    /** Lets it prove itself, and drops it a moment later. */
    FLAPPING
  }

  /** A client does something so often; more of them less often, for there are two cores. */
  private static final long STEP_MILLIS = 4_000;

  private static final int STEP_MILLIS_PER_CLIENT = 4;
  private static final int WORKERS = 8;

  /** As the browser client says of itself on every way but in its reports. */
  private static final String OF = "&version=4.2&platform=web";

  /** Longer than a story, by a clock that runs fast. */
  private static final Duration LONG = Duration.ofDays(2);

  /** Somebody looks at one page for so many steps on average. */
  private static final int STEPS_A_PAGE = 8;

  private final CrossfadeServer server;
  private final HttpClient http = HttpClient.newHttpClient();
  private final ExecutorService workers = Executors.newFixedThreadPool(WORKERS);
  private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
  private final List<Member> members = new ArrayList<>();
  private volatile Function<Member, Kind> kinds = member -> Kind.HEALTHY;
  private volatile boolean over;
  private final Random random;

  /** Opens a conversation for each; {@code shops} take turns and must exist. */
  public Fleet(CrossfadeServer server, int size, List<String> shops, long seed) throws Exception {
    this.server = server;
    random = new Random(seed);
    for (int i = 0; i < size; i++) {
      members.add(new Member("m-" + seed + "-" + i, shops.get(i % shops.size())));
    }
    for (var opened : workers.invokeAll(members.stream().map(Member::opening).toList())) {
      opened.get();
    }
    long step = Math.max(STEP_MILLIS, (long) size * STEP_MILLIS_PER_CLIENT);
    for (Member member : members) {
      scheduler.scheduleWithFixedDelay(
          () -> workers.execute(member::step), random.nextLong(step), step, TimeUnit.MILLISECONDS);
    }
  }

  /** From now on a new socket of this member fares like that. */
  public void fate(Function<Member, Kind> fate) {
    kinds = fate;
  }

  public long onWebSocket() {
    return members.stream().filter(member -> member.socket != null).count();
  }

  /** An agent writes to every n-th; answers how many were written and acknowledged. */
  public int write(int every) {
    int written = 0;
    for (int i = 0; i < members.size(); i += every) {
      Member member = members.get(i);
      Api agent = server.api().as(Api.token("agent-" + member.shop, member.shop, "agent", LONG));
      member.head = agent.say(member.conversation, "hello", null).get("seq").asLong();
      written++;
    }
    return written;
  }

  /** Those who were not shown all that was acknowledged. */
  public long behind() {
    return members.stream().filter(member -> member.cursor < member.head).count();
  }

  /** How often somebody was shown a message before the one ahead of it. */
  public int gaps() {
    return members.stream().mapToInt(member -> member.gaps).sum();
  }

  @Override
  public void close() throws InterruptedException {
    over = true;
    scheduler.shutdownNow();
    workers.shutdown();
    workers.awaitTermination(30, TimeUnit.SECONDS);
    for (Member member : members) {
      WebSocket open = member.socket;
      if (open != null) {
        open.abort();
      }
    }
  }

  /** One client. */
  public final class Member implements WebSocket.Listener {
    private final String id;
    public final String shop;
    private final Api api;
    private final StringBuilder part = new StringBuilder();
    private long conversation;
    private volatile long cursor;
    private volatile long head;
    private volatile int gaps;
    private volatile boolean wanted;
    private volatile WebSocket socket;
    private volatile long startedNanos;
    private int steps;

    Member(String id, String shop) {
      this.id = id;
      this.shop = shop;
      this.api = server.api().as(Api.token(id, shop, "visitor", LONG));
    }

    private Callable<Void> opening() {
      return () -> {
        conversation = api.open();
        ask();
        return null;
      };
    }

    private synchronized void step() {
      if (over) {
        return;
      }
      steps++;
      WebSocket open = socket;
      if (steps % 3 == 0) {
        ask();
      }
      if (open == null || !wanted) {
        poll();
      }
      if (open != null && !wanted) {
        socket = null;
        open.sendClose(WebSocket.NORMAL_CLOSURE, "");
      } else if (open != null && random.nextInt(STEPS_A_PAGE) == 0) {
        // Another page of the shop: the socket goes with the old one.
        socket = null;
        open.sendClose(WebSocket.NORMAL_CLOSURE, "");
      } else if (open != null) {
        open.sendText("{\"type\":\"ping\"}", true);
      } else if (wanted) {
        connect();
      }
    }

    private void ask() {
      Api.Answer answer = api.get("api/transport?client_id=" + id + OF);
      if (answer.status() == 200) {
        wanted = answer.body().get("transport").asText().equals("websocket");
      }
    }

    private void poll() {
      Api.Answer answer =
          api.get(
              "api/messages?session_id="
                  + conversation
                  + "&after="
                  + cursor
                  + "&client_id="
                  + id
                  + OF);
      if (answer.status() == 200) {
        answer.body().get("messages").forEach(message -> shown(message.get("seq").asLong()));
        wanted = "websocket".equals(answer.header("X-Crossfade-Transport"));
      }
    }

    private synchronized void shown(long seq) {
      if (seq == cursor + 1) {
        cursor = seq;
      } else if (seq > cursor) {
        gaps++;
      }
    }

    private void connect() {
      Kind kind = kinds.apply(this);
      startedNanos = System.nanoTime();
      switch (kind) {
        case BLOCKED -> fellBack("blocked");
        case SILENT -> {
          String auth = "Authorization: Bearer " + api.token() + "\r\n";
          RawSocket silent =
              RawSocket.open(server.port(), "/crossfade/ws?client_id=" + id + OF, auth).greeted();
          silent.close();
          fellBack("unproven");
        }
        case HEALTHY, FLAPPING ->
            http.newWebSocketBuilder()
                .header("Authorization", "Bearer " + api.token())
                .buildAsync(
                    URI.create(server.url().replaceFirst("http", "ws") + "ws?client_id=" + id + OF),
                    this)
                .whenComplete(
                    (open, failure) -> {
                      if (failure == null && kind == Kind.FLAPPING) {
                        scheduler.schedule(open::abort, 500, TimeUnit.MILLISECONDS);
                      }
                    });
      }
    }

    private void fellBack(String reason) {
      wanted = false;
      report("fallback", reason, sinceStart());
    }

    private long sinceStart() {
      return Duration.ofNanos(System.nanoTime() - startedNanos).toMillis();
    }

    private void report(String event, String reason, long millis) {
      server
          .api()
          .post(
              "api/transport/reports",
              "{\"client_id\":\"%s\",\"event\":\"%s\",\"reason\":\"%s\",\"ms\":%d}"
                  .formatted(id, event, reason, millis));
    }

    @Override
    public void onOpen(WebSocket opened) {
      opened.request(1);
      opened.sendText(
          "{\"type\":\"join_session\",\"session_id\":%d,\"after\":%d}"
              .formatted(conversation, cursor),
          true);
    }

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      part.append(data);
      if (last) {
        JsonNode frame = Api.parse(part.toString());
        part.setLength(0);
        switch (frame.path("type").asText()) {
          case "joined_session" -> {
            socket = from;
            long millis = sinceStart();
            if (!over) {
              workers.execute(() -> report("proven", "-", millis));
            }
          }
          case "new_message" -> shown(frame.get("message").get("seq").asLong());
          case "transport" -> wanted = frame.get("use").asText().equals("websocket");
          default -> {
            // Nothing that matters here.
          }
        }
      }
      from.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
      gone(from);
      return null;
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
      gone(from);
    }

    private void gone(WebSocket from) {
      if (socket == from) {
        socket = null;
      }
    }
  }
}
