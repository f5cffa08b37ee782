package dev.crossfade.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossfade.model.Role;
import dev.crossfade.store.RevocationStore;
import dev.crossfade.store.ShopStore;
import dev.crossfade.store.TicketStore;
import dev.crossfade.support.HandClock;
import dev.crossfade.support.Stored;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TicketsTest {

  private final HandClock clock = new HandClock(Instant.parse("2026-11-27T12:00:00Z"));

  @TempDir Path folder;
  private Stored stored;
  private Tickets tickets;
  private String token;

  @BeforeEach
  void open() {
    stored = new Stored(folder);
    Shops shops = new Shops(new ShopStore(stored.database, clock));
    shops.save("demo", null, List.of());
    Tokens tokens =
        new Tokens(
            List.of("0123456789abcdef0123456789abcdef"), null, "crossfade", "crossfade", clock);
    Revocations revocations = new Revocations(new RevocationStore(stored.database), clock);
    tickets =
        new Tickets(
            new TicketStore(stored.database), new Authenticator(tokens, shops, revocations), clock);
    token = tokens.issue("u1", "demo", Role.VISITOR, "王", Duration.ofHours(1)).token();
  }

  @AfterEach
  void close() {
    stored.close();
  }

  @Test
  void it_is_redeemed_once_and_in_time() {
    String id = tickets.issue(token).id();
    assertThat(tickets.redeem(id).userId()).isEqualTo("u1");
    assertRefused(id);
    String late = tickets.issue(token).id();
    clock.forward(Tickets.LIFE);
    assertRefused(late);
    assertRefused("made-up");
  }

  @Test
  void who_reads_the_database_can_use_neither_the_ticket_nor_the_token() {
    String id = tickets.issue(token).id();
    Object[] row =
        stored.database.read(
            session ->
                session
                    .createNativeQuery("select id, token from ticket", Object[].class)
                    .getSingleResult());
    String all = Arrays.stream(row).map(String::valueOf).collect(Collectors.joining(" "));
    assertThat(all).doesNotContain(id).doesNotContain(token).doesNotContain(token.split("\\.")[2]);
    assertRefused(row[0].toString());
    assertThat(tickets.redeem(id).name()).isEqualTo("王");
  }

  private void assertRefused(String id) {
    assertThatThrownBy(() -> tickets.redeem(id)).hasMessage("not_authenticated");
  }
}
