package dev.crossfade.peer;

import dev.crossfade.message.MessageService;
import dev.crossfade.message.Place;
import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.CloseReason;
import dev.crossfade.model.Message;
import dev.crossfade.model.Posted;
import dev.crossfade.model.Problem;
import dev.crossfade.wire.Frame;
import dev.crossfade.wire.Reply;
import dev.crossfade.wire.Said;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What one peer asks for by frames, and what becomes of it. Used by one thread at a time. */
final class FrameHandler {

  /** This many malformed frames within a minute, and it is not our client. */
  static final int MAX_BAD_FRAMES = 10;

  private static final long MINUTE_NANOS = Duration.ofMinutes(1).toNanos();

  private static final Logger LOG = LoggerFactory.getLogger("crossfade.socket");
  private static final Logger MESSAGES = LoggerFactory.getLogger("crossfade.message");

  private final Peer peer;
  private final Services at;
  private int badFrames;
  private long badSinceNanos;

  FrameHandler(Peer peer, Services at) {
    this.peer = peer;
    this.at = at;
  }

  void on(Said said) {
    if (flooded()) {
      return;
    }
    try {
      if (said.refusal() != null) {
        throw said.refusal();
      }
      on(said.frame(), said.ref());
    } catch (ChatException refusal) {
      refuse(refusal, said.ref());
    } catch (RuntimeException unexpected) {
      refuse(refusal(unexpected), said.ref());
    }
  }

  /** Whether it said too much; it is closed then. */
  boolean flooded() {
    try {
      at.access().frames().take(peer.id);
      return false;
    } catch (ChatException flood) {
      refuse(flood, null);
      peer.close(CloseReason.TOO_MANY);
      return true;
    }
  }

  private void on(Frame said, String ref) {
    if (said instanceof Frame.Ping) {
      peer.pipe().send(new Reply.Pong());
      return;
    }
    if (said instanceof Frame.Auth auth) {
      on(auth);
      return;
    }
    Caller caller = requireIdentity();
    if (said instanceof Frame.Send send) {
      on(caller, send, ref);
    } else if (said instanceof Frame.Join join) {
      peer.join(
          new Place(join.conversation(), join.after(), join.epoch(), peer.clientId()),
          MessageService.MAX_BATCH);
    } else if (said instanceof Frame.Leave leave) {
      peer.pipe().send(new Reply.Left(peer.feeds.leave(leave.conversation())));
    } else if (said instanceof Frame.Mark mark) {
      on(caller, mark);
    } else if (said instanceof Frame.Typing typing) {
      at.messages().typing(caller, typing.conversation(), typing.active());
    }
  }

  /** A wrong identity ends the connection; no identity at all may still come. */
  private void on(Frame.Auth auth) {
    try {
      authenticate(auth);
    } catch (ChatException refusal) {
      refuse(refusal, null);
      if (refusal.problem() == Problem.NOT_AUTHENTICATED) {
        peer.close(CloseReason.NO_IDENTITY);
      } else if (refusal.problem() == Problem.FORBIDDEN) {
        peer.close(CloseReason.NOT_ALLOWED);
      }
    }
  }

  private void authenticate(Frame.Auth auth) {
    Caller before = peer.caller();
    Caller fresh = auth.token() == null ? before : at.access().authenticator().verify(auth.token());
    if (fresh == null) {
      throw new ChatException(Problem.MISSING_FIELD, "缺少用户ID", "缺少使用者ID", "The token is missing.");
    }
    boolean another = before != null && !before.samePerson(fresh);
    boolean claimsAnother = auth.userId() != null && !auth.userId().equals(fresh.userId());
    if (another || claimsAnother || !welcome(fresh)) {
      throw new ChatException(Problem.FORBIDDEN);
    }
    Reader reader = auth.instance() == null ? peer.reader() : new Reader(auth.instance(), 1);
    String clientId = auth.clientId() == null ? peer.clientId() : auth.clientId();
    if (peer.identify(fresh, clientId, reader)) {
      peer.pipe().send(new Reply.Authenticated(fresh, auth.batch()));
      introduce(fresh, clientId, auth.device());
    }
  }

  private boolean welcome(Caller caller) {
    Visit visit = peer.visit;
    return visit.origin() == null
        || at.access().authenticator().welcome(visit.origin(), visit.self(), caller);
  }

  private void introduce(Caller caller, String clientId, Frame.Device device) {
    if (clientId == null) {
      return;
    }
    if (device == null) {
      at.devices().seen(caller, clientId);
    } else {
      at.devices().introduced(caller, clientId, device.name(), device.type(), device.platform());
    }
  }

  private void on(Caller caller, Frame.Send send, String ref) {
    at.access().sends().take(caller, peer.visit.address());
    at.messages()
        .post(caller, send.draft(), this::acknowledge)
        .whenComplete(
            (posted, failure) -> {
              if (failure != null) {
                refuse(refusal(failure), ref);
              }
            });
  }

  /** On the journal's thread, before any listener hears of the message. */
  private void acknowledge(Posted posted) {
    peer.pipe().send(new Reply.Acknowledged(posted));
    if (!posted.duplicate()) {
      Message message = posted.message();
      at.meters().accepted(peer.pipe().transport());
      MESSAGES.debug(
          "message: conversation {} seq {} from {} over {}",
          message.conversation(),
          message.seq(),
          message.senderId(),
          peer.pipe().transport().text());
    }
  }

  private void on(Caller caller, Frame.Mark mark) {
    long seq =
        mark.seq() != null
            ? mark.seq()
            : at.messages().seqOf(caller, mark.conversation(), mark.messageId());
    at.messages()
        .mark(
            caller,
            mark.conversation(),
            peer.clientId(),
            mark.read() ? 0 : seq,
            mark.read() ? seq : 0);
  }

  private Caller requireIdentity() {
    Caller caller = peer.caller();
    if (caller == null) {
      throw new ChatException(Problem.NOT_AUTHENTICATED);
    }
    if (at.access().authenticator().over(caller, at.time().clock().instant())) {
      peer.close(CloseReason.EXPIRED);
      throw new ChatException(Problem.NOT_AUTHENTICATED);
    }
    return caller;
  }

  /** An error leaves the connection as it is, but noise ends it. */
  private void refuse(ChatException refusal, String ref) {
    peer.pipe().send(new Reply.Refused(refusal, ref));
    if (refusal.problem().badForm()) {
      countBadFrame();
    }
  }

  private void countBadFrame() {
    long now = at.time().now();
    if (now - badSinceNanos > MINUTE_NANOS) {
      badSinceNanos = now;
      badFrames = 0;
    }
    badFrames++;
    if (badFrames >= MAX_BAD_FRAMES) {
      peer.close(CloseReason.BAD_FRAMES);
    }
  }

  private static ChatException refusal(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (cause instanceof ChatException refusal) {
      return refusal;
    }
    LOG.error("a frame failed unexpectedly", cause);
    return new ChatException(Problem.INTERNAL);
  }
}
