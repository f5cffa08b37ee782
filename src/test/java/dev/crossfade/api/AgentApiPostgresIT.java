package dev.crossfade.api;

import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.PostgreSql;

class AgentApiPostgresIT extends AgentApi {

  @Override
  void configure(CrossfadeServer made) throws Exception {
    made.onPostgres(PostgreSql.create("agent"));
  }
}
