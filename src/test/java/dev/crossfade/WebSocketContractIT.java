package dev.crossfade;

class WebSocketContractIT extends TransportContract {

  @Override
  Line line(Api who) {
    return new SocketLine(who);
  }
}
