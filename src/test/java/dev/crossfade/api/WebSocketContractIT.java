package dev.crossfade.api;

import dev.crossfade.support.Api;
import dev.crossfade.support.Line;
import dev.crossfade.support.SocketLine;

class WebSocketContractIT extends TransportContract {

  @Override
  Line line(Api who) {
    return new SocketLine(who);
  }
}
