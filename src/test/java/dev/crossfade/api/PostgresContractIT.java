package dev.crossfade.api;

import dev.crossfade.support.Api;
import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.Line;
import dev.crossfade.support.PostgreSql;
import dev.crossfade.support.SocketLine;

/** The same promises on the other store. */
class PostgresContractIT extends TransportContract {

  @Override
  void configure(CrossfadeServer server) throws Exception {
    server.onPostgres(PostgreSql.create("contract"));
  }

  @Override
  Line line(Api who) {
    return new SocketLine(who);
  }
}
