package dev.crossfade;

/** The same promises on the other store. */
class PostgresContractIT extends TransportContract {

  @Override
  void configure(CrossfadeServer server) throws Exception {
    server
        .with("store", PostgreSql.create("contract"))
        .with("store_user", "postgres")
        .with("store_password", "postgres");
  }

  @Override
  Line line(Api who) {
    return new SocketLine(who);
  }
}
