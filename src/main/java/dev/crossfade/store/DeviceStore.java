package dev.crossfade.store;

import dev.crossfade.model.Caller;
import dev.crossfade.model.Text;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.hibernate.exception.ConstraintViolationException;

/** The devices of each user. Every call blocks for a round trip or two. Safe for many threads. */
public final class DeviceStore {

  /** Maximum number of devices of a user: the most recently seen. */
  public static final int MAX_LISTED = 100;

  /** {@code name}, {@code type} and {@code platform} may be null. */
  public record Device(String id, String name, String type, String platform, Instant lastSeen) {}

  /** {@code tokenId} is of the token that it was last seen with; null for one without. */
  public record Known(String tokenId) {}

  /**
   * A device was here.
   *
   * @param name null where it did not say it; so are {@code type} and {@code platform}
   */
  public record Sighting(
      Caller caller, String clientId, String name, String type, String platform, Instant at) {

    /** This and a later one of the same device in one. */
    public Sighting and(Sighting later) {
      return new Sighting(
          later.caller,
          clientId,
          later.name == null ? name : later.name,
          later.type == null ? type : later.type,
          later.platform == null ? platform : later.platform,
          later.at);
    }
  }

  /** The parameters of both are in one order. */
  private static final String UPDATE =
      "update device set name = coalesce(?, name), type = coalesce(?, type),"
          + " platform = coalesce(?, platform), last_seen = ?, token_id = coalesce(?, token_id)"
          + " where shop_id = ? and user_id = ? and client_id = ?";

  private static final String INSERT =
      "insert into device (name, type, platform, last_seen, token_id, shop_id, user_id,"
          + " client_id) values (?, ?, ?, ?, ?, ?, ?, ?)";

  private static final String FORGET =
      "delete from device where shop_id = ? and user_id = ? and client_id not in ("
          + "select client_id from device where shop_id = ? and user_id = ?"
          + " order by last_seen desc, client_id limit ?)";

  private final Database database;

  public DeviceStore(Database database) {
    this.database = database;
  }

  /**
   * Notes that devices were here, each at most once in the list; what one did not say of itself
   * stays as it was. One transaction for all of them.
   */
  public void seen(List<Sighting> sightings) {
    // In one order on all nodes, so that none locks another out.
    List<Sighting> ordered =
        sightings.stream().sorted(Comparator.comparing(DeviceStore::order)).toList();
    try {
      write(ordered);
    } catch (ConstraintViolationException notedMeanwhile) {
      // Another node has inserted one of them: now it is found.
      write(ordered);
    }
  }

  private void write(List<Sighting> sightings) {
    database.inTransaction(
        session -> {
          session.doWork(
              connection -> {
                List<Sighting> fresh = update(connection, sightings);
                insert(connection, fresh);
                forgetOldest(connection, fresh);
              });
          return null;
        });
  }

  /** Answers those that are not there yet. */
  private static List<Sighting> update(Connection connection, List<Sighting> sightings)
      throws SQLException {
    List<Sighting> fresh = new ArrayList<>();
    try (PreparedStatement update = connection.prepareStatement(UPDATE)) {
      for (Sighting one : sightings) {
        fill(update, one);
        update.addBatch();
      }
      int[] found = update.executeBatch();
      for (int i = 0; i < found.length; i++) {
        if (found[i] == 0) {
          fresh.add(sightings.get(i));
        }
      }
    }
    return fresh;
  }

  private static void insert(Connection connection, List<Sighting> fresh) throws SQLException {
    if (fresh.isEmpty()) {
      return;
    }
    try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
      for (Sighting one : fresh) {
        fill(insert, one);
        insert.addBatch();
      }
      insert.executeBatch();
    }
  }

  /** A client chooses its id, so a user may make up any number of devices. */
  private static void forgetOldest(Connection connection, List<Sighting> fresh)
      throws SQLException {
    try (PreparedStatement forget = connection.prepareStatement(FORGET)) {
      for (Caller user : fresh.stream().map(Sighting::caller).distinct().toList()) {
        for (int i = 0; i < 2; i++) {
          forget.setString(2 * i + 1, user.shopId());
          forget.setString(2 * i + 2, user.userId());
        }
        forget.setInt(5, MAX_LISTED);
        forget.executeUpdate();
      }
    }
  }

  private static void fill(PreparedStatement statement, Sighting one) throws SQLException {
    statement.setString(1, one.name());
    statement.setString(2, one.type());
    statement.setString(3, one.platform());
    statement.setObject(4, OffsetDateTime.ofInstant(one.at(), ZoneOffset.UTC));
    statement.setString(5, tokenId(one.caller()));
    statement.setString(6, one.caller().shopId());
    statement.setString(7, one.caller().userId());
    statement.setString(8, one.clientId());
  }

  /** Whoever else signs tokens may give them any id; one that cannot be kept cannot be revoked. */
  private static String tokenId(Caller caller) {
    String id = caller.tokenId();
    return id != null && Text.isIdentifier(id) ? id : null;
  }

  private static String order(Sighting one) {
    return one.caller().key() + "/" + one.clientId();
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

  /** Null if there is none. */
  public Known find(Caller caller, String clientId) {
    var key = new DeviceRow.Key(caller.shopId(), caller.userId(), clientId);
    return database.read(
        session -> {
          DeviceRow row = session.find(DeviceRow.class, key);
          return row == null ? null : new Known(row.tokenId);
        });
  }

  /** Removes a device, if it is there. */
  public void remove(Caller caller, String clientId) {
    var key = new DeviceRow.Key(caller.shopId(), caller.userId(), clientId);
    database.inTransaction(
        session -> {
          DeviceRow row = session.find(DeviceRow.class, key);
          if (row != null) {
            session.remove(row);
          }
          return null;
        });
  }
}
