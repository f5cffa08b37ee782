package dev.crossfade.rollout.toggle;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;

/**
 * Takes one node off WebSocket with everything else down: by a file, by a system property, or by
 * JMX; any of them is enough. Safe for many threads.
 */
public final class LocalKill implements LocalKillMXBean {

  /** In the data folder; what is in it does not matter. */
  public static final String FILE = "ws.kill";

  private final Path file;
  private final BooleanSupplier property;
  private volatile boolean byJmx;
  private volatile boolean on;

  /** {@code property} tells whether the system property is set. */
  public LocalKill(Path folder, BooleanSupplier property) {
    this.file = folder.resolve(FILE);
    this.property = property;
  }

  public boolean on() {
    return on;
  }

  /** Looks at all three; whether that changed something. Blocks for a look at the disk. */
  public boolean look() {
    boolean before = on;
    on = byJmx || property.getAsBoolean() || Files.exists(file);
    return on != before;
  }

  @Override
  public boolean isKilled() {
    return on;
  }

  @Override
  public String getFile() {
    return file.toString();
  }

  @Override
  public void setKilled(boolean killed) {
    byJmx = killed;
  }
}
