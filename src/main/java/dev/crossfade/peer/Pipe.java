package dev.crossfade.peer;

import dev.crossfade.message.Batch;
import dev.crossfade.model.CloseReason;
import dev.crossfade.model.Transport;
import dev.crossfade.wire.Reply;

/**
 * What a carrier gives to a peer: a way to the client. Called from any thread, by many at once.
 * Nothing here blocks or throws; a pipe that breaks tells {@link Peer#gone}.
 */
public interface Pipe {

  /** For figures and for whoever asks how somebody is connected. */
  Transport transport();

  /**
   * Whether it takes one batch and is over, as the answer to a held request does. Such a pipe knows
   * neither heartbeat nor events; what it has no word for it drops.
   */
  boolean once();

  /**
   * Reserves room for one batch of messages. After true comes exactly one {@link #deliver} or
   * {@link #cancel}. After false, {@link Peer#roomAgain} is called when there is room.
   */
  boolean reserve();

  /** How many characters of JSON the next batch may have; one message may have more. */
  default int maxChars() {
    return Batch.MAX_CHARS;
  }

  /** Gives back what was reserved. */
  void cancel();

  /**
   * Puts a batch into the room that was reserved. False if the pipe was over before and the batch
   * reached nobody.
   */
  boolean deliver(Reply.Messages batch);

  /** Says it after all that was said before; anything but a batch. */
  void send(Reply reply);

  /** Ends it after all that was said before; twice is harmless. */
  void close(CloseReason why);

  /** Ends it at once, for a client that takes nothing any more. */
  void abort(CloseReason why);
}
