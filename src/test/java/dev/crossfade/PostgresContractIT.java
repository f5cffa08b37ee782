package dev.crossfade;

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
