package dev.crossfade.app;

import dev.crossfade.identity.Tokens;
import dev.crossfade.model.Language;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Every setting, checked as a whole. Immutable.
 *
 * @param store {@code h2} or a JDBC URL of PostgreSQL; not asked where a JNDI DataSource is given
 * @param secret null only where {@code demo} will make one
 * @param jwks a file or URL of public keys, or null
 * @param shown name and value with source, secrets masked, for the log
 */
record Settings(
    Path home,
    String store,
    String storeUser,
    String storePassword,
    boolean h2Checkpoint,
    String secret,
    String jwks,
    String issuer,
    String audience,
    Language language,
    boolean demo,
    int journalCapacity,
    int journalBatch,
    int maxPolls,
    int maxSockets,
    int maxSocketsPerUser,
    Duration drainGrace,
    int framesPerMinute,
    int maxSocketsPerAddress,
    int maxPollsPerUser,
    int maxPollsPerAddress,
    int sendsPerMinute,
    int shopSendsPerMinute,
    int addressSendsPerMinute,
    int requestsPerMinute,
    int handshakesPerMinute,
    int visitorsPerMinute,
    int reportsPerMinute,
    String webhook,
    String webhookSecret,
    List<String> shown) {

  /** Where one value came from. */
  record Found(String value, String source) {}

  /**
   * Reads by name; {@code source} answers null for what is not set.
   *
   * @param jndi whether a DataSource is given by JNDI
   * @throws IllegalArgumentException with a sentence for ops, one line for each thing that is wrong
   */
  static Settings read(Function<String, Found> source, Path defaultHome, boolean jndi) {
    Reader reader = new Reader(source);
    boolean demo = reader.flag("demo", false);
    // The demo serves load tests and impatient people from one address.
    int many = demo ? 100 : 1;
    Settings settings =
        new Settings(
            Path.of(reader.text("home", defaultHome.toString())),
            reader.text("store", jndi ? "jndi" : null),
            reader.text("store_user", null),
            reader.secret("store_password"),
            reader.flag("h2_checkpoint", true),
            reader.secret("secret"),
            reader.text("jwks", null),
            reader.text("issuer", "crossfade"),
            reader.text("audience", "crossfade"),
            reader.language("language", "zh-CN"),
            demo,
            reader.number("journal_capacity", 10_000, 1, 1_000_000),
            reader.number("journal_batch", 200, 1, 5_000),
            reader.number("max_polls", 20_000, 1, 1_000_000),
            reader.number("max_sockets", 20_000, 1, 1_000_000),
            reader.number("max_sockets_per_user", 10, 1, 10_000),
            Duration.ofSeconds(reader.number("drain_grace_seconds", 10, 0, 600)),
            reader.number("limit_frames_per_minute", 600 * many, 1, 10_000_000),
            reader.number("max_sockets_per_address", 5_000, 1, 1_000_000),
            reader.number("max_polls_per_user", 20, 1, 10_000),
            reader.number("max_polls_per_address", 5_000, 1, 1_000_000),
            reader.number("limit_sends_per_minute", 120 * many, 1, 10_000_000),
            reader.number("limit_shop_sends_per_minute", 30_000 * many, 1, 10_000_000),
            reader.number("limit_address_sends_per_minute", 6_000 * many, 1, 10_000_000),
            reader.number("limit_requests_per_minute", 60_000 * many, 1, 10_000_000),
            reader.number("limit_handshakes_per_minute", 6_000 * many, 1, 10_000_000),
            reader.number("limit_visitors_per_minute", 30 * many, 1, 10_000_000),
            reader.number("limit_reports_per_minute", 60 * many, 1, 10_000_000),
            reader.text("webhook", null),
            reader.secret("webhook_secret"),
            reader.shown);
    settings.check(reader, jndi);
    if (!reader.wrong.isEmpty()) {
      throw new IllegalArgumentException(String.join("\n", reader.wrong));
    }
    return settings;
  }

  private void check(Reader reader, boolean jndi) {
    if (secret == null && !demo) {
      reader.wrong.add(
          "crossfade.secret is not set: set it to a random text of at least "
              + Tokens.MIN_SECRET_BYTES
              + " bytes, the same on every node (JNDI crossfade/secret, parameter or system"
              + " property crossfade.secret, or environment CROSSFADE_SECRET).");
    }
    if (secret != null
        && secret.getBytes(StandardCharsets.UTF_8).length < Tokens.MIN_SECRET_BYTES) {
      reader.wrong.add(
          "crossfade.secret is too short: HS256 needs at least "
              + Tokens.MIN_SECRET_BYTES
              + " bytes.");
    }
    if (webhook != null && !webhook.matches("https?://[^ ]+")) {
      reader.wrong.add("crossfade.webhook must be an http or https URL.");
    }
    if (webhook != null && webhookSecret == null) {
      reader.wrong.add("crossfade.webhook_secret is not set: each verdict is signed with it.");
    }
    if (store == null) {
      reader.wrong.add(
          "There is no database: define the JNDI resource jdbc/crossfade, or set crossfade.store"
              + " to h2 for the embedded one.");
    } else if (!jndi && !store.equals("h2") && !store.startsWith("jdbc:postgresql:")) {
      reader.wrong.add("crossfade.store must be h2 or a jdbc:postgresql: URL.");
    }
  }

  Settings withSecret(String made) {
    return new Settings(
        home,
        store,
        storeUser,
        storePassword,
        h2Checkpoint,
        made,
        jwks,
        issuer,
        audience,
        language,
        demo,
        journalCapacity,
        journalBatch,
        maxPolls,
        maxSockets,
        maxSocketsPerUser,
        drainGrace,
        framesPerMinute,
        maxSocketsPerAddress,
        maxPollsPerUser,
        maxPollsPerAddress,
        sendsPerMinute,
        shopSendsPerMinute,
        addressSendsPerMinute,
        requestsPerMinute,
        handshakesPerMinute,
        visitorsPerMinute,
        reportsPerMinute,
        webhook,
        webhookSecret,
        shown);
  }

  /** Never the secrets. */
  @Override
  public String toString() {
    return String.join(", ", shown);
  }

  private static final class Reader {
    private final Function<String, Found> source;
    private final List<String> shown = new ArrayList<>();
    private final List<String> wrong = new ArrayList<>();
    private final Map<String, Boolean> flags = new TreeMap<>(Map.of("true", true, "false", false));

    Reader(Function<String, Found> source) {
      this.source = source;
    }

    String text(String name, String otherwise) {
      return value(name, otherwise, false);
    }

    String secret(String name) {
      return value(name, null, true);
    }

    boolean flag(String name, boolean otherwise) {
      String value = text(name, Boolean.toString(otherwise));
      Boolean flag = flags.get(value);
      if (flag == null) {
        wrong.add("crossfade." + name + " must be true or false.");
        return otherwise;
      }
      return flag;
    }

    int number(String name, int otherwise, int min, int max) {
      String value = text(name, Integer.toString(otherwise));
      try {
        int number = Integer.parseInt(value);
        if (number >= min && number <= max) {
          return number;
        }
      } catch (NumberFormatException none) {
        // Said below, with the bounds.
      }
      wrong.add("crossfade." + name + " must be a whole number from " + min + " to " + max + ".");
      return otherwise;
    }

    Language language(String name, String otherwise) {
      try {
        return Language.of(text(name, otherwise));
      } catch (IllegalArgumentException none) {
        wrong.add("crossfade." + name + " must be zh-CN, zh-TW or en.");
        return Language.of(otherwise);
      }
    }

    private String value(String name, String otherwise, boolean masked) {
      Found found = source.apply(name);
      String value = found == null ? otherwise : found.value();
      if (value != null) {
        String from = found == null ? "default" : found.source();
        shown.add(name + "=" + (masked ? "***" : value) + " (" + from + ")");
      }
      return value;
    }
  }
}
