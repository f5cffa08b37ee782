package dev.crossfade.peer;

import dev.crossfade.model.Caller;
import dev.crossfade.model.CloseReason;
import dev.crossfade.model.Role;
import dev.crossfade.model.Transport;
import dev.crossfade.wire.Frame;
import dev.crossfade.wire.Reply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A carrier that keeps what a peer says, and has room when the test says so. */
final class Line implements Pipe {

  static final String ADDRESS = "192.0.2.1";

  final List<Reply> heard = new ArrayList<>();
  final Peer peer;

  /** What it was closed with, or null. */
  CloseReason closed;

  CloseReason aborted;
  boolean room = true;

  /** Whether a batch cannot be written. */
  boolean broken;

  /** Whether nothing can. */
  boolean failing;

  private final Node node;
  private final boolean once;
  private boolean reserved;

  Line(Node node, boolean once, Caller caller, String clientId) {
    this.node = node;
    this.once = once;
    Visit visit = new Visit(caller, null, null, clientId, null, null, ADDRESS);
    peer = node.population.connect(this, visit, bound -> {});
    if (once) {
      peer.identify(caller, clientId, null);
      peer.takeOver();
    } else {
      peer.greet();
    }
  }

  /** Says who it is, with a token that is good for an hour. */
  void says(String user, Role role, String clientId, String instance) {
    String token = node.token(user, role, Duration.ofHours(1)).token();
    peer.heard(Node.said(new Frame.Auth(token, null, clientId, instance, null, null)));
  }

  void says(Frame frame) {
    peer.heard(Node.said(frame));
  }

  <R extends Reply> List<R> heard(Class<R> kind) {
    return heard.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  @Override
  public Transport transport() {
    return once ? Transport.POLLING : Transport.WEBSOCKET;
  }

  @Override
  public boolean once() {
    return once;
  }

  @Override
  public boolean reserve() {
    reserved = room;
    return reserved;
  }

  @Override
  public void cancel() {
    reserved = false;
  }

  @Override
  public boolean deliver(Reply.Messages batch) {
    if (broken) {
      throw new IllegalStateException("broken");
    }
    reserved = false;
    return closed == null && heard.add(batch);
  }

  @Override
  public void send(Reply reply) {
    if (failing) {
      throw new IllegalStateException("failing");
    }
    heard.add(reply);
  }

  @Override
  public void close(CloseReason why) {
    closed = closed == null ? why : closed;
  }

  @Override
  public void abort(CloseReason why) {
    aborted = why;
  }
}
