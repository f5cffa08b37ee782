package dev.crossfade;

class ShortPollContractIT extends TransportContract {

  @Override
  Line line(Api who) {
    return new PollingLine(who, 0);
  }
}
