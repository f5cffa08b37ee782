package dev.crossfade;

import java.util.concurrent.atomic.AtomicInteger;

class AgentApiPostgresIT extends AgentApi {

  private static final AtomicInteger DATABASES = new AtomicInteger();

  @Override
  void configure(CrossfadeServer made) throws Exception {
    made.onPostgres(PostgreSql.create("agent" + DATABASES.incrementAndGet()));
  }
}
