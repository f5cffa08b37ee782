package dev.crossfade.api;

import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.PostgreSql;
import java.util.concurrent.atomic.AtomicInteger;

class AgentApiPostgresIT extends AgentApi {

  private static final AtomicInteger DATABASES = new AtomicInteger();

  @Override
  void configure(CrossfadeServer made) throws Exception {
    made.onPostgres(PostgreSql.create("agent" + DATABASES.incrementAndGet()));
  }
}
