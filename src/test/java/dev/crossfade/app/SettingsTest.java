package dev.crossfade.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingsTest {

  private static final String SECRET = "0123456789abcdef0123456789abcdef";

  private final Map<String, String> given = new HashMap<>(Map.of("store", "h2", "secret", SECRET));

  @Test
  void what_is_not_set_has_its_default() {
    Settings settings = read();

    assertThat(settings.node().drainGrace()).isEqualTo(Duration.ofSeconds(10));
    assertThat(settings.store().embedded()).isTrue();
    assertThat(settings.limits().polls()).isEqualTo(new Settings.Connected(20_000, 20, 5_000));
    assertThat(settings.limits().sockets()).isEqualTo(new Settings.Connected(20_000, 10, 5_000));
    assertThat(settings.limits().perMinute().sends())
        .isEqualTo(new Settings.Sends(120, 30_000, 6_000));
    assertThat(settings.webhook()).isNull();
  }

  @Test
  void each_setting_lands_in_its_place() {
    given.put("max_polls_per_user", "3");
    given.put("max_sockets_per_address", "4");
    given.put("limit_shop_sends_per_minute", "5");
    given.put("limit_reports_per_minute", "6");
    given.put("webhook", "https://ops.example/hook");
    given.put("webhook_secret", "hush");

    Settings settings = read();

    assertThat(settings.limits().polls().perUser()).isEqualTo(3);
    assertThat(settings.limits().sockets().perAddress()).isEqualTo(4);
    assertThat(settings.limits().perMinute().sends().shop()).isEqualTo(5);
    assertThat(settings.limits().perMinute().reports()).isEqualTo(6);
    assertThat(settings.webhook())
        .isEqualTo(new Settings.Webhook("https://ops.example/hook", "hush"));
  }

  @Test
  void everything_that_is_wrong_is_said_at_once() {
    given.put("secret", "short");
    given.put("store", "jdbc:mysql://db/chat");
    given.put("max_polls", "0");
    given.put("demo", "yes");
    given.put("webhook", "ftp://ops.example");

    assertThatThrownBy(this::read)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("crossfade.secret is too short")
        .hasMessageContaining("crossfade.store must be h2 or a jdbc:postgresql: URL.")
        .hasMessageContaining("crossfade.max_polls must be a whole number from 1 to 1000000.")
        .hasMessageContaining("crossfade.demo must be true or false.")
        .hasMessageContaining("crossfade.webhook must be an http or https URL.")
        .hasMessageContaining("crossfade.webhook_secret is not set");
  }

  @Test
  void only_the_demo_may_do_without_a_secret_until_it_has_made_one() {
    given.remove("secret");
    assertThatThrownBy(this::read).hasMessageContaining("crossfade.secret is not set");

    given.put("demo", "true");
    Settings settings = read();

    assertThat(settings.identity().secrets()).isEmpty();
    assertThat(settings.withSecret(SECRET).identity())
        .isEqualTo(new Settings.Identity(List.of(SECRET), null, "crossfade", "crossfade"));
  }

  @Test
  void further_secrets_are_accepted_and_each_is_long_enough() {
    given.put(
        "accepted_secrets",
        "another-secret-of-32-bytes-or-more\n  and-a-third-one-of-32-bytes-or-more");
    assertThat(read().identity().secrets())
        .containsExactly(
            SECRET, "another-secret-of-32-bytes-or-more", "and-a-third-one-of-32-bytes-or-more");
    given.put("accepted_secrets", "short");
    assertThatThrownBy(this::read).hasMessageContaining("crossfade.accepted_secrets is too short");
  }

  @Test
  void no_secret_is_shown() {
    given.put("accepted_secrets", "another-secret-of-32-bytes-or-more");
    given.put("store_password", "pass-phrase");
    given.put("webhook_secret", "hush-hush");

    assertThat(read().toString())
        .doesNotContain(SECRET, "another-secret", "pass-phrase", "hush-hush")
        .contains("secret=*** (test)", "store=h2 (test)", "journal_batch=200 (default)");
  }

  private Settings read() {
    return Settings.read(
        name -> given.containsKey(name) ? new Settings.Found(given.get(name), "test") : null,
        Path.of("home"),
        false);
  }
}
