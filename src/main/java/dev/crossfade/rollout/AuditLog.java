package dev.crossfade.rollout;

import dev.crossfade.store.ToggleTable;
import dev.crossfade.store.ToggleTable.Audited;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The chain of the audit log: whoever alters an entry must alter every later one. Pure. */
public final class AuditLog {

  private AuditLog() {}

  /** The entry with its hash: SHA-256 over its fields and the hash before, one to a line. */
  public static Audited sealed(Audited entry) {
    String text =
        String.join(
            "\n",
            Long.toString(entry.seq()),
            entry.at().toString(),
            entry.actor(),
            entry.action(),
            String.valueOf(entry.from()),
            String.valueOf(entry.to()),
            String.valueOf(entry.reason()),
            String.valueOf(entry.refused()),
            entry.prevHash());
    return new Audited(
        entry.seq(),
        entry.at(),
        entry.actor(),
        entry.action(),
        entry.from(),
        entry.to(),
        entry.reason(),
        entry.refused(),
        entry.prevHash(),
        sha256(text));
  }

  /**
   * Whether {@code entry} is as it was written, and follows on {@code before} (null: is the first).
   */
  public static boolean holds(Audited entry, Audited before) {
    String previous = before == null ? ToggleTable.NO_HASH : before.hash();
    return entry.prevHash().equals(previous) && sealed(entry).hash().equals(entry.hash());
  }

  private static String sha256(String text) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
