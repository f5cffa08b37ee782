package dev.crossfade.websocket;

import dev.crossfade.model.CloseReason;
import dev.crossfade.model.Transport;
import dev.crossfade.peer.Peer;
import dev.crossfade.peer.Pipe;
import dev.crossfade.wire.Frame;
import dev.crossfade.wire.Json;
import dev.crossfade.wire.Reply;
import jakarta.websocket.Session;
import java.util.List;

/** A WebSocket as a pipe: frames as text, in the dialect of the endpoint. */
final class SocketPipe implements Pipe, OutboxOwner {

  /** An assembly buffer that grew beyond this is given back after the frame. */
  private static final int KEPT_BUFFER_CHARS = 1024;

  private final Session session;
  private final Sockets sockets;
  private final Outbox outbox;
  private final StringBuilder frame = new StringBuilder();
  private volatile Frame.Batch batch = Frame.Batch.NONE;
  private volatile Peer peer;

  SocketPipe(Session session, Sockets sockets) {
    this.session = session;
    this.sockets = sockets;
    this.outbox = new Outbox(session.getAsyncRemote(), this, sockets.budget());
  }

  void serve(Peer connected) {
    peer = connected;
  }

  // ---- in, on one thread at a time

  void heard(String part, boolean last) {
    peer.stirred();
    if (frame.length() + part.length() > Json.MAX_CHARS) {
      peer.close(CloseReason.TOO_BIG);
      frame.setLength(0);
      return;
    }
    frame.append(part);
    if (last) {
      String whole = frame.toString();
      frame.setLength(0);
      if (frame.capacity() > KEPT_BUFFER_CHARS) {
        frame.trimToSize();
      }
      peer.heard(sockets.dialect().decode(whole));
    }
  }

  void heardBinary() {
    peer.close(CloseReason.NOT_TEXT);
  }

  void heardPong() {
    peer.knocked();
  }

  void gone(boolean brokenOff) {
    outbox.drop();
    Peer served = peer;
    if (served != null) {
      served.gone(brokenOff);
    }
  }

  // ---- out

  @Override
  public Transport transport() {
    return Transport.WEBSOCKET;
  }

  @Override
  public boolean once() {
    return false;
  }

  @Override
  public boolean reserve() {
    return outbox.reserve();
  }

  @Override
  public int maxChars() {
    return outbox.maxChars();
  }

  @Override
  public void cancel() {
    outbox.cancel();
  }

  @Override
  public boolean deliver(Reply.Messages messages) {
    // A single message is a text frame either way.
    boolean binary = batch == Frame.Batch.BINARY && messages.batch().size() > 1;
    return outbox.batch(encode(messages), binary);
  }

  @Override
  public void send(Reply reply) {
    if (reply instanceof Reply.Heartbeat) {
      outbox.ping();
      return;
    }
    List<String> frames = encode(reply);
    if (reply instanceof Reply.Pong) {
      frames.forEach(outbox::pong);
    } else {
      if (reply instanceof Reply.Authenticated authenticated) {
        batch = authenticated.batch();
      }
      frames.forEach(outbox::text);
    }
  }

  private List<String> encode(Reply reply) {
    return sockets.dialect().encode(reply, batch != Frame.Batch.NONE);
  }

  @Override
  public void close(CloseReason why) {
    outbox.close(why);
  }

  @Override
  public void abort(CloseReason why) {
    outbox.drop();
    sockets.cut(session, why);
  }

  // ---- what the outbox tells

  @Override
  public void roomAgain() {
    peer.roomAgain();
  }

  @Override
  public void pinged() {
    peer.pinged();
  }

  @Override
  public void apart(Runnable work) {
    sockets.apart(work);
  }

  @Override
  public void broken() {
    Peer served = peer;
    if (served != null) {
      served.close(CloseReason.WRITE_FAILED);
    }
    sockets.close(session, CloseReason.WRITE_FAILED);
  }

  @Override
  public void closeNow(CloseReason why) {
    peer.close(why);
    sockets.close(session, why);
  }
}
