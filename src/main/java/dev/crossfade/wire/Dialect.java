package dev.crossfade.wire;

import java.util.List;

/**
 * The wire format of frames. A dialect is stateless and shared by all connections that use it. Does
 * not block.
 */
public interface Dialect {

  /** Reads one frame; never throws. */
  Said decode(String text);

  /**
   * The frames for a reply, in order; empty if the dialect cannot express it.
   *
   * @param batched whether one frame may carry several messages
   */
  List<String> encode(Reply reply, boolean batched);
}
