package dev.crossfade.websocket;

import dev.crossfade.message.Encoded;
import dev.crossfade.message.Event;
import dev.crossfade.message.MessageService;
import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Posted;
import dev.crossfade.model.Problem;
import dev.crossfade.model.Transport;
import dev.crossfade.rollout.rule.Client;
import dev.crossfade.rollout.rule.TransportChoice;
import dev.crossfade.wire.Fields;
import dev.crossfade.wire.Frame;
import dev.crossfade.wire.FrameCodec;
import dev.crossfade.wire.Json;
import dev.crossfade.wire.ProblemJson;
import jakarta.websocket.Session;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One socket: what it says, who it is, what it has joined. Frames come in on one Tomcat thread at a
 * time and may block it for a round trip to the database; that is what slows down who sends too
 * fast.
 */
final class Connection implements Outbox.Owner {

  /** Conversations that one socket may have joined. */
  static final int MAX_JOINED = 500;

  /** So many malformed frames in a minute, and it is not our client. */
  static final int MAX_BAD_FRAMES = 10;

  private static final long MINUTE_NANOS = 60_000_000_000L;

  private final String id;
  private final Session session;
  private final Visit visit;
  private final Connections at;
  private final Outbox outbox;
  private final StringBuilder frame = new StringBuilder();
  private final Map<Long, Feed> feeds = new ConcurrentHashMap<>();
  private final AtomicBoolean gone = new AtomicBoolean();
  private final long openedNanos;
  private volatile long heardNanos;
  private volatile long pingAtNanos;
  private volatile Caller caller;
  private volatile String clientId;
  private volatile String instance;
  private volatile Transport told;
  private volatile boolean batchText;
  private volatile boolean batchBinary;
  private volatile Long leaveByNanos;
  private volatile boolean useful;
  private volatile boolean fellSilent;
  private Long lastJoined;
  private int badFrames;
  private long badSinceNanos;

  Connection(String id, Session session, Visit visit, Connections at, long nowNanos) {
    this.id = id;
    this.session = session;
    this.visit = visit;
    this.at = at;
    this.openedNanos = nowNanos;
    this.heardNanos = nowNanos;
    this.pingAtNanos = nowNanos + at.pingGapNanos();
    this.clientId = visit.clientId();
    this.outbox = new Outbox(session.getAsyncRemote(), this);
  }

  // ---- what comes in

  void opened() {
    outbox.text(FrameCodec.connected(id, Connections.PING_EVERY.toMillis()));
    if (visit.caller() != null) {
      identify(visit.caller(), visit.clientId(), null);
    }
  }

  void heard(String part, boolean last) {
    heardNanos = at.nanos();
    if (frame.length() + part.length() > Json.MAX_CHARS) {
      outbox.close(CloseCode.TOO_BIG, "frame too large");
      frame.setLength(0);
      return;
    }
    frame.append(part);
    if (last) {
      String whole = frame.toString();
      frame.setLength(0);
      if (frame.capacity() > Connections.KEPT_BUFFER_CHARS) {
        frame.trimToSize();
      }
      onFrame(whole);
    }
  }

  void heardBinary() {
    outbox.close(CloseCode.NOT_TEXT, "text frames only");
  }

  void heardPong() {
    heardNanos = at.nanos();
    useful |= caller != null;
    flooded();
  }

  private void onFrame(String text) {
    String ref = null;
    try {
      if (flooded()) {
        return;
      }
      useful |= caller != null;
      Fields fields = Json.parse(text);
      ref = FrameCodec.ref(fields);
      on(FrameCodec.decode(fields), ref);
    } catch (ChatException refusal) {
      refuse(refusal, ref);
    } catch (RuntimeException unexpected) {
      at.failed(unexpected);
      refuse(new ChatException(Problem.INTERNAL), ref);
    }
  }

  private void on(Frame said, String ref) {
    if (said instanceof Frame.Ping) {
      outbox.text(FrameCodec.pong());
    } else if (said instanceof Frame.Auth auth) {
      on(auth);
    } else {
      requireIdentity();
      if (said instanceof Frame.Send send) {
        on(send, ref);
      } else if (said instanceof Frame.Join join) {
        on(join);
      } else if (said instanceof Frame.Leave leave) {
        on(leave);
      } else if (said instanceof Frame.Mark mark) {
        on(mark);
      } else if (said instanceof Frame.Typing typing) {
        at.service().typing(caller, typing.conversation(), typing.active());
      }
    }
  }

  /** A wrong identity ends the socket; no identity at all may still come. */
  private void on(Frame.Auth auth) {
    try {
      authenticate(auth);
    } catch (ChatException refusal) {
      refuse(refusal, null);
      if (refusal.problem() == Problem.NOT_AUTHENTICATED) {
        outbox.close(CloseCode.NO_IDENTITY, "no valid identity");
      } else if (refusal.problem() == Problem.FORBIDDEN) {
        outbox.close(CloseCode.NOT_ALLOWED, "another identity");
      }
    }
  }

  private void authenticate(Frame.Auth auth) {
    Caller fresh = auth.token() == null ? caller : at.verify(auth.token());
    if (fresh == null) {
      throw new ChatException(Problem.MISSING_FIELD, "缺少用户ID", "缺少使用者ID", "The token is missing.");
    }
    boolean another = caller != null && !caller.samePerson(fresh);
    boolean claimsAnother = auth.userId() != null && !auth.userId().equals(fresh.userId());
    if (another || claimsAnother || !at.welcome(visit, fresh)) {
      throw new ChatException(Problem.FORBIDDEN);
    }
    batchText = auth.batchText();
    batchBinary = auth.batchBinary();
    identify(
        fresh,
        auth.clientId() == null ? clientId : auth.clientId(),
        auth.instance() == null ? instance : auth.instance());
    outbox.text(FrameCodec.authSuccess(fresh));
    at.introduce(this, auth.device());
  }

  private void on(Frame.Send send, String ref) {
    at.sendLimits().take(caller, visit.address());
    at.service()
        .post(caller, send.draft(), this::acknowledge)
        .whenComplete(
            (posted, failure) -> {
              if (failure != null) {
                refuse(at.refusal(failure), ref);
              }
            });
  }

  /** On the journal's thread, before any listener hears of the message. */
  private void acknowledge(Posted posted) {
    outbox.text(FrameCodec.ack(posted));
    if (!posted.duplicate()) {
      at.accepted(posted.message());
    }
  }

  private void on(Frame.Join join) {
    Feed older = feeds.get(join.conversation());
    if (older == null && feeds.size() >= MAX_JOINED) {
      throw new ChatException(Problem.RATE_LIMITED);
    }
    Feed feed = new Feed(this);
    var place = new MessageService.Place(join.conversation(), join.after(), join.epoch(), clientId);
    var subscription =
        at.service()
            .subscribe(
                caller,
                place,
                MessageService.MAX_BATCH,
                feed,
                joined -> {
                  // From here on the older place is void: a message of its must not follow.
                  if (older != null) {
                    older.end();
                  }
                  feed.missedUpTo(joined.resumed() ? joined.head() : 0);
                  boolean fromStart = join.after() != null && join.after() == 0;
                  feed.historyUpTo(fromStart ? joined.head() : 0);
                  outbox.text(
                      FrameCodec.joined(
                          joined.conversation(), joined.head(), at.service().epoch()));
                });
    feed.subscribed(subscription);
    feeds.put(join.conversation(), feed);
    lastJoined = join.conversation();
    if (gone.get()) {
      feed.end();
    }
  }

  private void on(Frame.Leave leave) {
    Long conversation = leave.conversation() == null ? lastJoined : leave.conversation();
    Feed feed = conversation == null ? null : feeds.remove(conversation);
    if (feed != null) {
      feed.end();
    }
    outbox.text(FrameCodec.left(conversation));
  }

  private void on(Frame.Mark mark) {
    long seq =
        mark.seq() != null
            ? mark.seq()
            : at.service().seqOf(caller, mark.conversation(), mark.messageId());
    at.service()
        .mark(caller, mark.conversation(), clientId, mark.read() ? 0 : seq, mark.read() ? seq : 0);
  }

  private void requireIdentity() {
    if (caller == null) {
      throw new ChatException(Problem.NOT_AUTHENTICATED);
    }
    if (at.over(caller)) {
      expire();
      throw new ChatException(Problem.NOT_AUTHENTICATED);
    }
  }

  /** An error leaves the socket as it is, but noise ends it. */
  private void refuse(ChatException refusal, String ref) {
    outbox.text(ProblemJson.frame(refusal, at.language(), ref));
    if (refusal.problem().badForm()) {
      countBadFrame();
    }
  }

  private boolean flooded() {
    try {
      at.frames().take(id);
      return false;
    } catch (ChatException flood) {
      refuse(flood, null);
      outbox.close(CloseCode.TOO_MANY, "too many frames");
      return true;
    }
  }

  private void countBadFrame() {
    long now = at.nanos();
    if (now - badSinceNanos > MINUTE_NANOS) {
      badSinceNanos = now;
      badFrames = 0;
    }
    badFrames++;
    if (badFrames >= MAX_BAD_FRAMES) {
      outbox.close(CloseCode.BAD_FRAMES, "too many bad frames");
    }
  }

  // ---- who it is

  Caller caller() {
    return caller;
  }

  /** The client as the rollout knows it. */
  Client client() {
    return client(caller, clientId);
  }

  private Client client(Caller who, String id) {
    return new Client(
        id == null ? who.userId() : id, who.shopId(), visit.version(), visit.platform());
  }

  String clientId() {
    return clientId;
  }

  String instance() {
    return instance;
  }

  private void identify(Caller who, String client, String newInstance) {
    boolean first = caller == null;
    String clientBefore = clientId;
    told = at.choose(client(who, client)).transport();
    clientId = client;
    instance = newInstance;
    caller = who;
    at.identified(this, first, clientBefore);
    // The rule may have changed while this connection could not be told yet.
    reconsider(Connections.CHANGE_WITHIN);
  }

  // ---- what goes out

  boolean ready() {
    return outbox.ready();
  }

  /**
   * @param missedUpTo messages up to here came while the reader was away
   * @param historyUpTo messages up to here were asked for again from the start
   */
  void deliver(long conversation, List<Encoded> batch, long missedUpTo, long historyUpTo) {
    if (batch.size() > 1 && (batchText || batchBinary)) {
      boolean missed = batch.get(batch.size() - 1).seq() <= missedUpTo;
      String frame = FrameCodec.messages(conversation, batch, missed);
      if (batchBinary) {
        outbox.binary(frame.getBytes(StandardCharsets.UTF_8));
      } else {
        outbox.text(frame);
      }
    } else {
      for (Encoded encoded : batch) {
        outbox.text(FrameCodec.newMessage(encoded, encoded.seq() <= missedUpTo));
      }
    }
    at.delivered(client(), batch, batch.get(0).seq() > historyUpTo);
  }

  void hear(Event event) {
    outbox.text(FrameCodec.event(event));
  }

  void tell(String text) {
    outbox.text(text);
  }

  /** Whether the rule moves it. Only who named a client is: the others may have no other way. */
  boolean moved() {
    return caller != null && clientId != null && at.choose(client()).transport() != told;
  }

  /**
   * Tells it to change where the rule moves it. Whoever is told to poll has the time it was told,
   * and some more; being told WebSocket again takes that back.
   */
  void reconsider(Duration within) {
    if (!moved()) {
      return;
    }
    TransportChoice choice = at.choose(client());
    told = choice.transport();
    leaveByNanos =
        told == Transport.POLLING
            ? at.nanosFromNow(
                within.plus(Connections.LEAVE_GRACE),
                within.plus(Connections.LEAVE_GRACE.multipliedBy(2)))
            : null;
    outbox.text(FrameCodec.transport(told, within.toMillis(), choice.reason().text()));
  }

  /** It is let go then, unless it is to go sooner already. */
  void leaveBy(long nanos) {
    Long sooner = leaveByNanos;
    if (sooner == null || nanos - sooner < 0) {
      leaveByNanos = nanos;
    }
  }

  /** A kill is over: whoever was not told to poll may stay. */
  void stayUnlessTold() {
    if (told != Transport.POLLING || clientId == null) {
      leaveByNanos = null;
    }
  }

  boolean leaving() {
    return leaveByNanos != null;
  }

  void close(int code, String reason) {
    outbox.close(code, reason);
  }

  // ---- time

  /** Called a few times a second; never blocks for long. */
  void tick(long nowNanos) {
    Long leaveBy = leaveByNanos;
    if (leaveBy != null && nowNanos - leaveBy >= 0) {
      close(CloseCode.USE_POLLING, "use polling");
    }
    if (caller == null) {
      if (nowNanos - openedNanos > Connections.AUTH_WITHIN.toNanos()) {
        outbox.text(
            ProblemJson.frame(new ChatException(Problem.NOT_AUTHENTICATED), at.language(), null));
        outbox.close(CloseCode.NO_IDENTITY, "no identity in time");
      }
    } else if (at.over(caller)) {
      expire();
    }
    if (nowNanos - heardNanos > Connections.SILENT_FOR.toNanos()) {
      fellSilent = true;
      at.closeSession(session, CloseCode.GOING_AWAY, "silent");
    } else if (nowNanos - pingAtNanos >= 0) {
      pingAtNanos = nowNanos + at.pingGapNanos();
      outbox.ping();
    }
  }

  /** Whether anything came from the client after it had said who it is. */
  boolean useful() {
    return useful;
  }

  boolean fellSilent() {
    return fellSilent;
  }

  long openedNanos() {
    return openedNanos;
  }

  long silentSinceNanos() {
    return heardNanos;
  }

  private void expire() {
    feeds.values().forEach(Feed::end);
    outbox.close(CloseCode.NO_IDENTITY, "identity expired");
  }

  // ---- the end

  void closed(int code) {
    if (gone.compareAndSet(false, true)) {
      feeds.values().forEach(Feed::end);
      feeds.clear();
      at.gone(this, code);
    }
  }

  @Override
  public void idle() {
    feeds.values().forEach(Feed::signal);
  }

  @Override
  public void broken() {
    feeds.values().forEach(Feed::end);
    at.closeSession(session, CloseCode.GOING_AWAY, "write failed");
  }

  @Override
  public void closeNow(int code, String reason) {
    feeds.values().forEach(Feed::end);
    at.closeSession(session, code, reason);
  }

  String id() {
    return id;
  }

  String address() {
    return visit.address();
  }
}
