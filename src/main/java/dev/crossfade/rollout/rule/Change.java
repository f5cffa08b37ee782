package dev.crossfade.rollout.rule;

import dev.crossfade.model.ChatException;
import dev.crossfade.model.Text;
import java.util.Set;
import java.util.TreeSet;

/**
 * A change to the rule; fields that are not set keep their values. Each setter returns this object.
 */
public final class Change {
  final String reason;
  Boolean enabled;
  Boolean killed;
  Integer basisPoints;
  String salt;
  String bucketBy;
  Set<String> allowShops;
  Set<String> allowClients;
  Set<String> denyShops;
  Set<String> denyClients;
  Cohort cohort;
  Integer ceiling;
  Boolean watchOnly;
  Plan plan;
  Progress.Move move;
  boolean machine;

  private Change(String reason) {
    this.reason = reason;
  }

  /**
   * A change with its reason for the audit log. Throws {@code missing_field} or {@code
   * bad_parameter} if there is none.
   */
  public static Change because(String reason) {
    if (reason == null) {
      throw ChatException.missing("reason");
    }
    if (Text.label("reason", reason, Rule.MAX_REASON_CHARS) == null) {
      throw ChatException.badParameter("reason");
    }
    return new Change(reason);
  }

  public Change enabled(Boolean flag) {
    enabled = flag;
    return this;
  }

  public Change killed(boolean flag) {
    killed = flag;
    return this;
  }

  /** See {@link Rule#basisPoints(java.math.BigDecimal)}; a lower ceiling takes precedence. */
  public Change basisPoints(Integer points) {
    basisPoints = points;
    return this;
  }

  public Change salt(String text) {
    salt = text == null ? null : Text.identifier("salt", text);
    return this;
  }

  public Change bucketBy(String by) {
    if (by != null && !by.equals(Rule.BY_CLIENT) && !by.equals(Rule.BY_SHOP)) {
      throw ChatException.badParameter("bucket_by");
    }
    bucketBy = by;
    return this;
  }

  public Change allow(Set<String> shops, Set<String> clients) {
    allowShops = checked("allow_shops", shops);
    allowClients = checked("allow_clients", clients);
    return this;
  }

  public Change deny(Set<String> shops, Set<String> clients) {
    denyShops = checked("deny_shops", shops);
    denyClients = checked("deny_clients", clients);
    return this;
  }

  /** See {@link Cohort#parse}; empty is everyone. */
  public Change cohort(String text) {
    cohort = text == null ? null : Cohort.parse(text);
    return this;
  }

  public Change ceiling(Integer points) {
    ceiling = points;
    return this;
  }

  public Change watchOnly(Boolean flag) {
    watchOnly = flag;
    return this;
  }

  /** Installs another plan; nothing moves until it is started. */
  public Change plan(Plan laidIn) {
    plan = laidIn;
    return this;
  }

  public Change move(Progress.Move made) {
    move = made;
    return this;
  }

  /** Marks the change as made by the gate, not by a person. */
  public Change byMachine() {
    machine = true;
    return this;
  }

  public String reason() {
    return reason;
  }

  public boolean machine() {
    return machine;
  }

  /** The ids of the shops that the change names. */
  public Set<String> shops() {
    Set<String> named = new TreeSet<>();
    if (allowShops != null) {
      named.addAll(allowShops);
    }
    if (denyShops != null) {
      named.addAll(denyShops);
    }
    return named;
  }

  private static Set<String> checked(String name, Set<String> ids) {
    if (ids != null
        && (ids.size() > Rule.MAX_LISTED || !ids.stream().allMatch(Text::isIdentifier))) {
      throw ChatException.badParameter(name);
    }
    return ids;
  }
}
