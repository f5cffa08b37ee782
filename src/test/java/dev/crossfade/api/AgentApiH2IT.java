package dev.crossfade.api;

import dev.crossfade.support.CrossfadeServer;

class AgentApiH2IT extends AgentApi {

  @Override
  void configure(CrossfadeServer made) {}
}
