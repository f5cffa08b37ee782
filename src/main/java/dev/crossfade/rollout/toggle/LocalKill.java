package dev.crossfade.rollout.toggle;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;

/**
 * Takes one node off WebSocket even if everything else is down. A file, a system property or JMX is
 * each enough. Thread-safe.
 */
public final class LocalKill implements LocalKillMXBean {

  /** Name of the file in the data directory; its content does not matter. */
  public static final String FILE = "ws.kill";

  private final Path file;
  private final BooleanSupplier property;
  private volatile boolean byJmx;
  private volatile boolean on;

  /** {@code property} returns whether the system property is set. */
  public LocalKill(Path folder, BooleanSupplier property) {
    this.file = folder.resolve(FILE);
    this.property = property;
  }

  public boolean on() {
    return on;
  }

  /** Checks all three; returns whether the state changed. Blocks for disk access. */
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
