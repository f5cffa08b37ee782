package dev.crossfade.store;

import dev.crossfade.model.Caller;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.hibernate.exception.ConstraintViolationException;

/** The devices of each user. Every call blocks for a round trip or two. */
public final class DeviceStore {

  /** The most devices listed for a user; the latest seen stand. */
  public static final int MAX_LISTED = 100;

  /** {@code name}, {@code type} and {@code platform} may be null. */
  public record Device(String id, String name, String type, String platform, Instant lastSeen) {}

  private final Database database;
  private final Clock clock;

  public DeviceStore(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  /** Notes that a device was here; what it did not say of itself stays as it was. */
  public void seen(Caller caller, String clientId, String name, String type, String platform) {
    var key = new DeviceRow.Key(caller.shopId(), caller.userId(), clientId);
    try {
      database.inTransaction(
          session -> {
            DeviceRow row = session.find(DeviceRow.class, key);
            boolean first = row == null;
            if (first) {
              row = new DeviceRow();
              row.shopId = key.shopId();
              row.userId = key.userId();
              row.clientId = key.clientId();
            }
            row.name = name == null ? row.name : name;
            row.type = type == null ? row.type : type;
            row.platform = platform == null ? row.platform : platform;
            row.lastSeen = clock.instant().truncatedTo(ChronoUnit.MILLIS);
            if (first) {
              session.persist(row);
            }
            return null;
          });
    } catch (ConstraintViolationException notedMeanwhile) {
      // Two connections of one device at once: either note will do.
      return;
    }
  }

  public List<Device> list(String shopId, String userId, int limit) {
    return database.read(
        session ->
            session
                .createSelectionQuery(
                    "from DeviceRow where shopId = :shop and userId = :user"
                        + " order by lastSeen desc",
                    DeviceRow.class)
                .setParameter("shop", shopId)
                .setParameter("user", userId)
                .setMaxResults(limit)
                .getResultList()
                .stream()
                .map(r -> new Device(r.clientId, r.name, r.type, r.platform, r.lastSeen))
                .toList());
  }

  /** Whether there was such a device. */
  public boolean remove(Caller caller, String clientId) {
    var key = new DeviceRow.Key(caller.shopId(), caller.userId(), clientId);
    return database.inTransaction(
        session -> {
          DeviceRow row = session.find(DeviceRow.class, key);
          if (row != null) {
            session.remove(row);
          }
          return row != null;
        });
  }
}
