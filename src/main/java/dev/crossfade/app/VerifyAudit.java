package dev.crossfade.app;

import dev.crossfade.rollout.toggle.AuditLog;
import dev.crossfade.store.Database;
import dev.crossfade.store.ToggleTable;
import java.nio.file.Path;

/**
 * Verifies the audit log independently of the application, with Tomcat stopped or from another
 * machine. Takes the settings as system properties: {@code crossfade.home} with {@code
 * crossfade.store=h2}, or {@code crossfade.store} as a URL with {@code store_user} and {@code
 * store_password}. Exits with status 1 if the chain is broken. Migrates the schema first, like a
 * start of the same version.
 */
final class VerifyAudit {

  private VerifyAudit() {}

  public static void main(String[] arguments) throws Exception {
    Settings settings =
        Settings.read(
            name -> {
              // This authenticates nobody, so it needs no secret.
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
