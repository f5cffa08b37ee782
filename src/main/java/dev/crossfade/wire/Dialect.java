package dev.crossfade.wire;

import java.util.List;

/**
 * How frames look on the wire. A dialect has no state and may be shared by all connections that
 * speak it. Does not block.
 */
public interface Dialect {

  /** Reads one frame; never throws. */
  Said decode(String text);

  /**
   * The frames that say this, in order; empty if the dialect has no word for it.
   *
   * @param batched whether several messages may travel in one frame
   */
  List<String> encode(Reply reply, boolean batched);
}
