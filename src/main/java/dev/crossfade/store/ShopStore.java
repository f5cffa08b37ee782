package dev.crossfade.store;

import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** The shops and the origins of their pages. Every call blocks for a round trip. */
public final class ShopStore {

  public record Shop(String id, String name, List<String> origins) {}

  private final Database database;
  private final Clock clock;

  public ShopStore(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  public List<Shop> all() {
    return database.read(
        session ->
            session
                .createSelectionQuery("from ShopRow order by id", ShopRow.class)
                .getResultList()
                .stream()
                .map(r -> new Shop(r.id, r.name, List.of(r.origins.split(" "))))
                .toList());
  }

  /** Adds or replaces a shop. */
  public void save(Shop shop) {
    database.inTransaction(
        session -> {
          ShopRow row = session.find(ShopRow.class, shop.id());
          boolean first = row == null;
          if (first) {
            row = new ShopRow();
            row.id = shop.id();
            row.createdAt = clock.instant().truncatedTo(ChronoUnit.MILLIS);
          }
          row.name = shop.name();
          row.origins = String.join(" ", shop.origins());
          if (first) {
            session.persist(row);
          }
          return null;
        });
  }
}
