package dev.crossfade;

class LongPollContractIT extends TransportContract {

  @Override
  Line line(Api who) {
    return new PollingLine(who, 25);
  }
}
