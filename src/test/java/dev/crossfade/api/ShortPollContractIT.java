package dev.crossfade.api;

import dev.crossfade.support.Api;
import dev.crossfade.support.Line;
import dev.crossfade.support.PollingLine;

class ShortPollContractIT extends TransportContract {

  @Override
  Line line(Api who) {
    return new PollingLine(who, 0);
  }
}
