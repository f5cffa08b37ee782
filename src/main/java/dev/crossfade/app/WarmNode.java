package dev.crossfade.app;

import dev.crossfade.http.Routes;
import dev.crossfade.metrics.Meters;
import dev.crossfade.model.Role;
import dev.crossfade.peer.Time;
import dev.crossfade.rollout.Fallbacks;
import dev.crossfade.rollout.Rollout;
import dev.crossfade.rollout.toggle.LocalKill;
import dev.crossfade.store.ToggleTable;
import dev.crossfade.wire.RuleJson;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the {@link WarmUp} talks to: the hot paths of a node once more, over a database of its own,
 * so that nothing of it is stored, counted or seen elsewhere. Without timers.
 */
final class WarmNode implements AutoCloseable {

  private static final String SHOP = "warm-up";
  private static final Duration LIFE = Duration.ofHours(1);

  private static final Logger LOG = LoggerFactory.getLogger(WarmNode.class);

  final Carriers carriers;
  final Routes routes;
  private final Closing closing = new Closing();
  private final Callers callers;
  private final Path folder;

  /**
   * Blocks for the making of a database in {@code folder}, which is emptied before, and deleted by
   * {@link #close}. Throws what a node throws that cannot start.
   */
  WarmNode(Settings of, Path folder, Clock clock, LongSupplier nanos) {
    this.folder = folder;
    try {
      delete();
      Files.createDirectories(folder);
      Settings settings = of.forWarmUp(folder, secret());
      Meters meters = closing.keep(new Meters());
      Stores stores = new Stores(settings, null, clock, closing);
      Threads threads = new Threads(closing, meters);
      stores.openJournal(settings, nanos, closing);
      Time time = new Time(clock, nanos, threads.scheduler(), new SecureRandom());
      Messaging messaging = new Messaging(stores, threads, meters, time);
      callers = new Callers(settings, stores, threads, time.scheduler(), closing);
      Rollout rollout =
          new Rollout(
              new ToggleTable(stores.database),
              new Fallbacks(clock),
              new LocalKill(folder, () -> false),
              clock,
              nanos,
              shop -> true,
              RuleJson::text,
              rule -> {});
      rollout.refresh();
      carriers = new Carriers(settings, messaging, callers, rollout, meters, threads, time);
      Api api = new Api();
      api.messages(messaging, callers, carriers, rollout, meters);
      api.chat(settings, stores, callers, messaging, carriers, time);
      api.transport(settings, rollout, meters);
      routes = api.routes();
      callers.shops.save(SHOP, SHOP, List.of());
    } catch (RuntimeException failed) {
      close();
      throw failed;
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /** A token of a user who exists nowhere else. */
  String token(String user, Role role) {
    return callers.tokens.issue(user, SHOP, role, user, LIFE).token();
  }

  @Override
  public void close() {
    closing.close();
    try {
      delete();
    } catch (IOException left) {
      LOG.warn("warm-up: {} was not deleted: {}", folder, left.toString());
    }
  }

  private void delete() throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      } catch (UncheckedIOException unreadable) {
        throw unreadable.getCause();
      }
    }
  }

  /** Longer than a key for tokens must be. */
  static String secret() {
    return UUID.randomUUID() + "." + UUID.randomUUID();
  }
}
