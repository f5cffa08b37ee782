package dev.crossfade.rollout.toggle;

import dev.crossfade.store.ToggleTable;
import dev.crossfade.store.ToggleTable.Audited;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** The hash chain of the audit log: altering an entry requires altering every later one. Pure. */
public final class AuditLog {

  private static final int PAGE = 500;

  private AuditLog() {}

  /** The entry with its hash: SHA-256 over its fields and the previous hash, one per line. */
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
            // Entries written before evidence existed keep their hash.
            entry.evidence() == null
                ? entry.prevHash()
                : entry.evidence() + "\n" + entry.prevHash());
    return new Audited(
        entry.seq(),
        entry.at(),
        entry.actor(),
        entry.action(),
        entry.from(),
        entry.to(),
        entry.reason(),
        entry.refused(),
        entry.evidence(),
        entry.prevHash(),
        sha256(text));
  }

  /** Whether {@code entry} is unaltered and follows {@code before} (null: is the first). */
  public static boolean holds(Audited entry, Audited before) {
    String previous = before == null ? ToggleTable.NO_HASH : before.hash();
    return entry.prevHash().equals(previous) && sealed(entry).hash().equals(entry.hash());
  }

  /**
   * The result of verifying the chain.
   *
   * @param entries number of valid entries from the start
   * @param head the hash of the last valid entry; a copy kept elsewhere reveals a truncated log
   * @param brokenAt the seq of the first invalid entry; null if all are valid
   */
  public record Chain(long entries, String head, Long brokenAt) {}

  /** Verifies the whole log. Blocks. */
  public static Chain verify(ToggleTable table) {
    Audited before = null;
    long entries = 0;
    while (true) {
      List<Audited> page = table.entriesAfter(before == null ? 0 : before.seq(), PAGE);
      for (Audited entry : page) {
        boolean next = entry.seq() == (before == null ? 1 : before.seq() + 1);
        if (!next || !holds(entry, before)) {
          return new Chain(entries, before == null ? null : before.hash(), entry.seq());
        }
        before = entry;
        entries++;
      }
      if (page.isEmpty()) {
        return new Chain(entries, before == null ? null : before.hash(), null);
      }
    }
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
