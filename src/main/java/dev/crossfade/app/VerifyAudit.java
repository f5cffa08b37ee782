package dev.crossfade.app;

import dev.crossfade.rollout.toggle.AuditLog;
import dev.crossfade.store.Database;
import dev.crossfade.store.ToggleTable;
import java.nio.file.Path;

/**
 * Checks the chain of the audit log from outside, with Tomcat stopped or the database elsewhere:
 * for who does not want to ask the application about itself. Takes the settings as system
 * properties, {@code crossfade.home} with {@code crossfade.store=h2}, or {@code crossfade.store} as
 * a URL with {@code store_user} and {@code store_password}. Ends with status 1 where it is broken.
 * Brings the schema up to date first, as a start of the same version would.
 */
final class VerifyAudit {

  private VerifyAudit() {}

  public static void main(String[] arguments) throws Exception {
    Settings settings =
        Settings.read(
            name -> {
              // Nobody is let in by this, so no secret is asked for.
              String value = name.equals("demo") ? "true" : System.getProperty("crossfade." + name);
              return value == null ? null : new Settings.Found(value, "system property");
            },
            Path.of("."),
            false);
    AuditLog.Chain chain;
    try (Pools.Pool pool = Pools.open(settings, Thread::new);
        Database database = new Database(pool.dataSource(), false, null)) {
      chain = AuditLog.verify(new ToggleTable(database));
    }
    if (chain.brokenAt() != null) {
      System.err.println(
          "The audit log is broken at entry "
              + chain.brokenAt()
              + "; "
              + chain.entries()
              + " before it hold.");
      System.exit(1);
    }
    System.out.println(
        "The audit log holds: " + chain.entries() + " entries, the last is " + chain.head() + ".");
  }
}
