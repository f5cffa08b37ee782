package dev.crossfade.peer;

import dev.crossfade.message.Encoded;
import dev.crossfade.model.CloseReason;
import dev.crossfade.model.Transport;
import dev.crossfade.rollout.gate.Observations;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the log, the meters and the figures of the rollout learn of one peer. Does not block. */
final class Observed {

  private static final Logger LOG = LoggerFactory.getLogger("crossfade.socket");

  private final Peer peer;
  private final Services at;

  Observed(Peer peer, Services at) {
    this.peer = peer;
    this.at = at;
  }

  /** It said who it is, for the first time. */
  void opened() {
    observations().identified(peer.client(), peer.caller().userId(), peer.visit.address());
    if (isSocket()) {
      LOG.info("socket: {} connected from {}", peer.caller().userId(), peer.visit.address());
      observations().opened(peer.client());
    }
  }

  /** It is gone; {@code why} null where the server did not end it. */
  void closed(boolean abnormal, CloseReason why) {
    if (isSocket()) {
      Duration open = Duration.ofNanos(at.time().now() - peer.openedNanos);
      observations().closed(peer.client(), open, abnormal, peer.useful());
      LOG.info("socket: {} disconnected ({})", peer.caller().userId(), ending(abnormal, why));
    }
  }

  /** {@code awaited} where somebody waited for the messages, and did not ask for old ones. */
  void delivered(List<Encoded> batch, boolean awaited) {
    Transport transport = peer.pipe().transport();
    at.meters().delivered(transport, batch.size());
    if (awaited) {
      Instant committed = batch.get(0).message().createdAt();
      at.meters().waited(transport, observations().delivered(peer.client(), committed));
    }
  }

  private boolean isSocket() {
    return peer.pipe().transport() == Transport.WEBSOCKET;
  }

  private Observations observations() {
    return at.rollout().observations();
  }

  private static String ending(boolean abnormal, CloseReason why) {
    if (why != null) {
      return why.code() + " " + why.text();
    }
    return abnormal ? "broken off" : "by the client";
  }
}
