package dev.crossfade.app;

import dev.crossfade.identity.Tokens;
import dev.crossfade.model.Language;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Every setting, grouped by theme and checked as a whole. Immutable.
 *
 * @param webhook null if verdicts are not sent anywhere
 * @param shown name and value with source, secrets masked, for the log
 */
record Settings(
    Node node, Store store, Identity identity, Limits limits, Webhook webhook, List<String> shown) {

  private static final int MOST_PER_MINUTE = 10_000_000;
  private static final int MOST_CONNECTED = 1_000_000;

  /**
   * Settings of the node itself.
   *
   * @param home data directory for the embedded database and the demo's secret
   * @param language default language of refusals
   * @param drainGrace time between "not ready" and the first close, so that load balancers notice
   * @param warmUp how long it may serve itself before it is ready; zero for not at all
   */
  record Node(Path home, boolean demo, Language language, Duration drainGrace, Duration warmUp) {}

  /**
   * The database and its journal.
   *
   * @param url {@code h2} or a JDBC URL of PostgreSQL; ignored if there is a JNDI DataSource
   * @param user null for H2
   * @param password null for H2
   * @param h2Checkpoint whether H2 syncs its file before a message is acknowledged
   * @param journalCapacity maximum number of messages waiting to be written
   * @param journalBatch maximum number of messages per transaction
   */
  record Store(
      String url,
      String user,
      String password,
      boolean h2Checkpoint,
      int journalCapacity,
      int journalBatch) {

    boolean embedded() {
      return url.equals("h2");
    }
  }

  /**
   * How tokens are verified.
   *
   * @param secrets the first signs; empty only if {@code demo} will generate one
   * @param jwks a file or URL of public keys, or null
   */
  record Identity(List<String> secrets, String jwks, String issuer, String audience) {}

  /** The limits of one node. */
  record Limits(Connected polls, Connected sockets, PerMinute perMinute) {}

  /** Maximum number of connections: on this node, per user and per address. */
  record Connected(int all, int perUser, int perAddress) {}

  /**
   * Rate limits.
   *
   * @param frames per socket
   * @param requests per address
   * @param writes per user, beside messages
   * @param handshakes per address
   * @param visitors new visitors per address
   * @param reports transport reports per address
   */
  record PerMinute(
      int frames,
      Sends sends,
      int requests,
      int writes,
      int handshakes,
      int visitors,
      int reports) {}

  /** Messages sent per minute: by user, shop and address. */
  record Sends(int user, int shop, int address) {}

  /** Where the gate's verdicts are sent, and the key that signs them. */
  record Webhook(String url, String secret) {}

  /** A value and its source. */
  record Found(String value, String source) {}

  /**
   * Reads all settings by name; {@code source} returns null for one that is not set.
   *
   * @param jndi whether JNDI has a DataSource
   * @throws IllegalArgumentException with one line for operators per error
   */
  static Settings read(Function<String, Found> source, Path defaultHome, boolean jndi) {
    SettingsReader reader = new SettingsReader(source);
    Node node = node(reader, defaultHome);
    Settings settings =
        new Settings(
            node,
            store(reader, jndi),
            identity(reader, node.demo()),
            limits(reader, node.demo()),
            webhook(reader),
            reader.shown());
    reader.requireNothingWrong();
    return settings;
  }

  private static Node node(SettingsReader reader, Path defaultHome) {
    return new Node(
        Path.of(reader.text("home", defaultHome.toString())),
        reader.flag("demo", false),
        reader.language("language", "zh-CN"),
        Duration.ofSeconds(reader.number("drain_grace_seconds", 10, 0, 600)),
        Duration.ofSeconds(reader.number("warm_up_seconds", 0, 0, 300)));
  }

  private static Store store(SettingsReader reader, boolean jndi) {
    String url = reader.text("store", jndi ? "jndi" : null);
    if (url == null) {
      reader.wrong(
          "There is no database: define the JNDI resource jdbc/crossfade, or set crossfade.store"
              + " to h2 for the embedded one.");
    } else if (!jndi && !url.equals("h2") && !url.startsWith("jdbc:postgresql:")) {
      reader.wrong("crossfade.store must be h2 or a jdbc:postgresql: URL.");
    }
    return new Store(
        url,
        reader.text("store_user", null),
        reader.secret("store_password"),
        reader.flag("h2_checkpoint", true),
        reader.number("journal_capacity", 10_000, 1, 1_000_000),
        reader.number("journal_batch", 200, 1, 5_000));
  }

  private static Identity identity(SettingsReader reader, boolean demo) {
    String secret = reader.secret("secret");
    if (secret == null && !demo) {
      reader.wrong(
          "crossfade.secret is not set: set it to a random text of at least "
              + Tokens.MIN_SECRET_BYTES
              + " bytes, the same on every node (JNDI crossfade/secret, parameter or system"
              + " property crossfade.secret, or environment CROSSFADE_SECRET).");
    }
    List<String> secrets = new ArrayList<>();
    if (secret != null) {
      secrets.add(longEnough(reader, "secret", secret));
      String accepted = reader.secret("accepted_secrets");
      if (accepted != null) {
        for (String one : accepted.strip().split("\\s+")) {
          secrets.add(longEnough(reader, "accepted_secrets", one));
        }
      }
    }
    return new Identity(
        List.copyOf(secrets),
        reader.text("jwks", null),
        reader.text("issuer", "crossfade"),
        reader.text("audience", "crossfade"));
  }

  private static String longEnough(SettingsReader reader, String name, String secret) {
    if (secret.getBytes(StandardCharsets.UTF_8).length < Tokens.MIN_SECRET_BYTES) {
      reader.wrong(
          "crossfade.%s is too short: HS256 needs at least %d bytes."
              .formatted(name, Tokens.MIN_SECRET_BYTES));
    }
    return secret;
  }

  private static Limits limits(SettingsReader reader, boolean demo) {
    return new Limits(
        connected(reader, "polls", 20), connected(reader, "sockets", 10), rates(reader, demo));
  }

  private static Connected connected(SettingsReader reader, String what, int perUser) {
    return new Connected(
        reader.number("max_" + what, 20_000, 1, MOST_CONNECTED),
        reader.number("max_" + what + "_per_user", perUser, 1, 10_000),
        reader.number("max_" + what + "_per_address", 5_000, 1, MOST_CONNECTED));
  }

  private static PerMinute rates(SettingsReader reader, boolean demo) {
    // The demo must allow load tests from one address.
    int many = demo ? 100 : 1;
    return new PerMinute(
        reader.number("limit_frames_per_minute", 600 * many, 1, MOST_PER_MINUTE),
        new Sends(
            reader.number("limit_sends_per_minute", 120 * many, 1, MOST_PER_MINUTE),
            reader.number("limit_shop_sends_per_minute", 30_000 * many, 1, MOST_PER_MINUTE),
            reader.number("limit_address_sends_per_minute", 6_000 * many, 1, MOST_PER_MINUTE)),
        reader.number("limit_requests_per_minute", 60_000 * many, 1, MOST_PER_MINUTE),
        reader.number("limit_writes_per_minute", 600 * many, 1, MOST_PER_MINUTE),
        reader.number("limit_handshakes_per_minute", 6_000 * many, 1, MOST_PER_MINUTE),
        reader.number("limit_visitors_per_minute", 30 * many, 1, MOST_PER_MINUTE),
        reader.number("limit_reports_per_minute", 60 * many, 1, MOST_PER_MINUTE));
  }

  private static Webhook webhook(SettingsReader reader) {
    String url = reader.text("webhook", null);
    String secret = reader.secret("webhook_secret");
    if (url == null) {
      return null;
    }
    if (!url.matches("https?://[^ ]+")) {
      reader.wrong("crossfade.webhook must be an http or https URL.");
    }
    if (secret == null) {
      reader.wrong("crossfade.webhook_secret is not set: each verdict is signed with it.");
    }
    return new Webhook(url, secret);
  }

  Settings withSecret(String made) {
    Identity signed =
        new Identity(List.of(made), identity.jwks(), identity.issuer(), identity.audience());
    return new Settings(node, store, signed, limits, webhook, shown);
  }

  /** The same for a node that only talks to itself, on an embedded database in this folder. */
  Settings forWarmUp(Path folder, String secret) {
    int many = MOST_CONNECTED;
    return new Settings(
        new Node(folder, false, node.language(), Duration.ZERO, Duration.ZERO),
        new Store("h2", null, null, false, store.journalCapacity(), store.journalBatch()),
        new Identity(List.of(secret), null, identity.issuer(), identity.audience()),
        new Limits(
            new Connected(many, many, many),
            new Connected(many, many, many),
            new PerMinute(many, new Sends(many, many, many), many, many, many, many, many)),
        null,
        List.of());
  }

  /** Never the secrets. */
  @Override
  public String toString() {
    return String.join(", ", shown);
  }
}
