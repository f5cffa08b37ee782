package dev.crossfade;

class AgentApiH2IT extends AgentApi {

  @Override
  void configure(CrossfadeServer made) {}
}
