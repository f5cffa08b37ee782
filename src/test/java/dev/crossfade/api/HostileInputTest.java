package dev.crossfade.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.crossfade.identity.Shops;
import dev.crossfade.identity.Tokens;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import dev.crossfade.model.Role;
import dev.crossfade.store.Database;
import dev.crossfade.store.ShopStore;
import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.wire.Fields;
import dev.crossfade.wire.Frame;
import dev.crossfade.wire.FrameCodec;
import dev.crossfade.wire.Json;
import dev.crossfade.wire.Query;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a stranger's bytes reach first, for a fuzzer to break. In the build it plays what is in
 * {@code HostileInputTestInputs}; the profile {@code fuzz} looks for more.
 */
class HostileInputTest {

  private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");
  private static final String SELF = "https://chat.example";
  private static final long MAX_WHOLE = 1L << 53;

  /** Whatever a client sends, one of these is the answer: never one that blames the server. */
  private static final Set<Problem> SERVERS_OWN = Set.of(Problem.INTERNAL, Problem.UNAVAILABLE);

  @TempDir static Path folder;
  private static JdbcConnectionPool pool;
  private static Database database;
  private static Shops shops;
  private static Tokens tokens;
  private static String good;

  @BeforeAll
  static void open() {
    pool =
        JdbcConnectionPool.create("jdbc:h2:" + folder.resolve("db") + ";WRITE_DELAY=0", "sa", "");
    database = new Database(pool, true, null);
    shops = new Shops(new ShopStore(database, Clock.fixed(NOW, ZoneOffset.UTC)));
    shops.save("shop", null, List.of(Shops.SELF, "https://shop.example", "http://localhost:*"));
    tokens =
        new Tokens(
            List.of(CrossfadeServer.SECRET),
            null,
            "crossfade",
            "crossfade",
            Clock.fixed(NOW, ZoneOffset.UTC));
    good = tokens.issue("u1", "shop", Role.VISITOR, null, Duration.ofHours(1)).token();
  }

  @AfterAll
  static void close() {
    database.close();
    pool.dispose();
  }

  @FuzzTest(maxDuration = "10m")
  void a_frame_is_understood_or_refused(byte[] bytes) {
    try {
      Fields fields = Json.parse(Json.utf8(bytes));
      FrameCodec.ref(fields);
      if (FrameCodec.decode(fields) instanceof Frame.Send send) {
        byte[] content = send.draft().content().getBytes(StandardCharsets.UTF_8);
        assertThat(content.length).isBetween(1, 4_096);
        assertThat(new String(content, StandardCharsets.UTF_8)).isEqualTo(send.draft().content());
        assertThat(send.draft().content()).doesNotContain("\0");
      }
    } catch (ChatException refusal) {
      assertThat(SERVERS_OWN).doesNotContain(refusal.problem());
    }
  }

  @FuzzTest(maxDuration = "10m")
  void a_cursor_is_a_number_or_refused(byte[] bytes) {
    try {
      Query query = Query.of(new String(bytes, StandardCharsets.ISO_8859_1));
      Long cursor = query.cursor("after");
      if (cursor != null) {
        assertThat(cursor).isBetween(0L, MAX_WHOLE);
        assertThat(query.text("after")).matches("[0-9]+");
      }
      Long number = query.number("limit");
      assertThat(number == null ? 0 : number).isNotNegative();
      query.identifier("client_id");
    } catch (ChatException refusal) {
      assertThat(SERVERS_OWN).doesNotContain(refusal.problem());
    }
  }

  @FuzzTest(maxDuration = "10m")
  void an_origin_is_one_of_the_shops_to_the_letter(byte[] bytes) {
    String origin = new String(bytes, StandardCharsets.UTF_8);
    boolean ours =
        origin.equals(SELF)
            || origin.equals("https://shop.example")
            || origin.matches("http://localhost(:[0-9]{1,5})?");
    assertThat(shops.allows("shop", origin, SELF)).isEqualTo(ours);
    assertThat(shops.allows(null, origin, SELF)).isEqualTo(ours);
    assertThat(shops.allows(origin, "https://shop.example", SELF)).isEqualTo(origin.equals("shop"));
  }

  @FuzzTest(maxDuration = "10m")
  void no_token_but_the_one_that_was_signed_is_believed(byte[] bytes) {
    String token = new String(bytes, StandardCharsets.UTF_8).replace("GOOD", good);
    if (token.equals(good)) {
      assertThat(tokens.verify(token).userId()).isEqualTo("u1");
      return;
    }
    assertThatThrownBy(() -> tokens.verify(token))
        .isInstanceOfSatisfying(
            ChatException.class,
            refusal -> assertThat(refusal.problem()).isEqualTo(Problem.NOT_AUTHENTICATED));
  }
}
