package dev.crossfade.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crossfade.support.Api;
import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.Line;
import dev.crossfade.support.Line.Outcome;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * What protocol section 6 promises whichever transport carries it. The visitor is on the transport
 * under test; the agent talks by plain calls.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class TransportContract {

  /** 1,024 times four bytes: the longest content. */
  private static final String LONGEST = "\uD83D\uDE42".repeat(1024);

  @TempDir static Path home;
  private CrossfadeServer server;
  private Api visitor;
  private Api agent;
  private long conversation;

  /** A client on the transport under test. */
  abstract Line line(Api who);

  /** On another store than H2, where an implementation says so. */
  void configure(CrossfadeServer configured) throws Exception {}

  @BeforeAll
  void start() throws Exception {
    server = new CrossfadeServer(home);
    configure(server);
    server.start();
    agent = server.api().agent();
  }

  @AfterAll
  void stop() throws Exception {
    server.close();
  }

  @BeforeEach
  void a_visitor_with_an_open_conversation() {
    visitor = server.api().visitor();
    conversation = visitor.open();
  }

  @Test
  void every_message_comes_once_and_in_order() {
    try (Line line = line(visitor)) {
      line.follow(conversation, 0);
      for (int i = 1; i <= 100; i++) {
        if (i % 2 == 0) {
          agent.say(conversation, "m" + i, "m" + i);
        } else {
          line.send(conversation, "m" + i, "m" + i);
        }
      }
      arrived(line, 100);
      assertThat(line.contents(conversation)).isEqualTo(texts(1, 100));
      assertThat(seqs(line)).isEqualTo(numbers(1, 100));
    }
  }

  @Test
  void who_comes_late_gets_all_of_it_through_as_many_pages_as_it_takes() {
    say(1, 250);
    try (Line line = line(visitor)) {
      line.follow(conversation, 0);
      arrived(line, 250);
      assertThat(line.contents(conversation)).isEqualTo(texts(1, 250));
    }
  }

  @Test
  void who_comes_back_with_a_cursor_gets_what_is_after_it_and_then_what_is_new() {
    say(1, 20);
    try (Line line = line(visitor)) {
      line.follow(conversation, 15);
      arrived(line, 5);
      say(21, 22);
      arrived(line, 7);
      assertThat(seqs(line)).isEqualTo(numbers(16, 22));
    }
  }

  @Test
  void a_cut_connection_loses_nothing_for_who_resumes() {
    Line first = line(visitor);
    first.follow(conversation, 0);
    say(1, 10);
    arrived(first, 10);
    first.cut();
    say(11, 30);
    try (Line second = line(visitor)) {
      second.follow(conversation, 10);
      arrived(second, 20);
      assertThat(seqs(second)).isEqualTo(numbers(11, 30));
    }
  }

  @Test
  void messages_that_are_sent_while_it_joins_are_neither_skipped_nor_doubled() {
    for (int round = 0; round < 10; round++) {
      long fresh = conversation;
      long from = visitor.poll(fresh, 0, 0).body().get("head").asLong();
      var sending =
          CompletableFuture.runAsync(
              () -> IntStream.range(0, 20).forEach(i -> agent.say(fresh, "x" + i, null)));
      try (Line line = line(visitor)) {
        line.follow(fresh, from);
        sending.join();
        arrived(line, 20);
        assertThat(seqs(line)).isEqualTo(numbers((int) from + 1, (int) from + 20));
      }
    }
  }

  @Test
  void concurrent_senders_get_dense_numbers_and_everyone_sees_one_order() {
    try (Line one = line(visitor);
        Line two = line(agent)) {
      one.follow(conversation, 0);
      two.follow(conversation, 0);
      var senders = new ArrayList<CompletableFuture<Void>>();
      for (Line sender : List.of(one, two)) {
        senders.add(
            CompletableFuture.runAsync(
                () ->
                    IntStream.range(0, 40)
                        .forEach(i -> sender.send(conversation, "l" + i, "l" + i))));
      }
      for (Api sender : List.of(visitor, agent)) {
        senders.add(
            CompletableFuture.runAsync(
                () ->
                    IntStream.range(0, 40)
                        .forEach(i -> sender.say(conversation, "a" + i, "a" + i))));
      }
      CompletableFuture.allOf(senders.toArray(CompletableFuture[]::new)).join();
      arrived(one, 160);
      arrived(two, 160);
      assertThat(seqs(one)).isEqualTo(numbers(1, 160));
      assertThat(ids(one)).isEqualTo(ids(two)).doesNotHaveDuplicates();
    }
  }

  @Test
  void a_repeated_send_is_stored_once_and_said_to_be_a_duplicate() {
    try (Line line = line(visitor)) {
      Outcome first = line.send(conversation, "once", "same");
      Outcome again = line.send(conversation, "once", "same");
      assertThat(first.duplicate()).isFalse();
      assertThat(again.duplicate()).isTrue();
      assertThat(again.seq()).isEqualTo(first.seq()).isEqualTo(1);
      assertThat(visitor.trySay(conversation, "once", "same").status()).isEqualTo(200);
      assertThat(agent.trySay(conversation, "my own id", "same").status()).isEqualTo(201);
      assertThat(stored()).containsExactly("once", "my own id");
    }
  }

  @Test
  void the_same_id_with_other_content_is_a_conflict() {
    try (Line line = line(visitor)) {
      line.send(conversation, "first", "id");
      assertThat(line.send(conversation, "second", "id").code()).isEqualTo("id_conflict");
      assertThat(stored()).containsExactly("first");
    }
  }

  @Test
  void a_closed_conversation_takes_nothing_but_can_be_read() {
    try (Line line = line(visitor)) {
      line.send(conversation, "before", "b");
      agent.post("api/sessions/" + conversation + "/close", "{}");
      assertThat(line.send(conversation, "after", "a").code()).isEqualTo("session_closed");
      assertThat(line.send(conversation, "before", "b").duplicate()).isTrue();
      line.follow(conversation, 0);
      arrived(line, 1);
      assertThat(stored()).containsExactly("before");
    }
  }

  @Test
  void what_belongs_to_another_shop_or_another_visitor_does_not_exist() {
    say(1, 1);
    for (Api stranger :
        List.of(server.api().as("agent", "elsewhere", "agent"), server.api().visitor())) {
      try (Line line = line(stranger)) {
        assertThat(line.follow(conversation, 0).code()).isEqualTo("not_found");
        assertThat(line.send(conversation, "hello?", "h").code()).isEqualTo("not_found");
        assertThat(line.messages(conversation)).isEmpty();
      }
    }
    assertThat(stored()).containsExactly("m1");
  }

  @Test
  void a_cursor_ahead_or_of_another_epoch_is_told_its_fate() {
    say(1, 3);
    try (Line line = line(visitor)) {
      Outcome ahead = line.follow(conversation, 4);
      assertThat(ahead.code()).isEqualTo("cursor_ahead");
      assertThat(ahead.body().get("head").asLong()).isEqualTo(3);
      Outcome rewound = line.follow(conversation, 4, "another");
      assertThat(rewound.code()).isEqualTo("epoch_changed");
      String epoch = rewound.body().get("epoch").asText();
      assertThat(line.follow(conversation, 3, epoch).refused()).isFalse();
      say(4, 4);
      arrived(line, 1);
    }
  }

  @Test
  void a_mark_covers_all_up_to_it_and_never_goes_back() {
    try (Line line = line(visitor)) {
      say(1, 3);
      assertThat(statuses()).containsExactly("sent", "sent", "sent");
      line.read(conversation, 2);
      await().untilAsserted(() -> assertThat(statuses()).containsExactly("read", "read", "sent"));
      line.read(conversation, 1);
      visitor.post("api/receipts", "{\"session_id\":" + conversation + ",\"delivered\":3}");
      await()
          .untilAsserted(() -> assertThat(statuses()).containsExactly("read", "read", "delivered"));
    }
  }

  @Test
  void the_longest_content_comes_back_byte_for_byte() {
    List<String> hard =
        List.of(
            LONGEST,
            "\u2028\uFEFF\uFFFE \u202Eabc\u202C e\u0301",
            "\uD83D\uDC68\u200D\uD83D\uDC69\u200D\uD83D\uDC67",
            "<script>alert(1)</script>&amp;\"'${jndi:x}%n\r\n\t\\",
            " white space around stays ");
    try (Line line = line(visitor)) {
      line.follow(conversation, 0);
      for (String content : hard) {
        String id = "hard-" + hard.indexOf(content);
        assertThat(line.send(conversation, content, id).refused()).isFalse();
        agent.say(conversation, content, null);
      }
      arrived(line, 2 * hard.size());
      for (int i = 0; i < hard.size(); i++) {
        assertThat(line.contents(conversation).subList(2 * i, 2 * i + 2)).containsOnly(hard.get(i));
      }
      assertThat(line.send(conversation, LONGEST + "x", "long").code()).isEqualTo("too_long");
    }
  }

  @Test
  void broken_unicode_is_refused_and_disturbs_no_reader() {
    try (Line line = line(visitor);
        Line reader = line(agent)) {
      reader.follow(conversation, 0);
      for (String broken : List.of("\uD800", "a\uDC00b", "\uDE42\uD83D", "a\u0000b", "\uD83D\n")) {
        assertThat(line.send(conversation, broken, "bad").code()).isEqualTo("bad_unicode");
      }
      line.send(conversation, "whole", "good");
      arrived(reader, 1);
      assertThat(stored()).containsExactly("whole");
    }
  }

  /** At least so many; exactly as many is for the test to say. */
  private void arrived(Line line, int count) {
    await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(10))
        .until(() -> line.messages(conversation).size() >= count);
  }

  private void say(int from, int to) {
    for (int i = from; i <= to; i++) {
      agent.say(conversation, "m" + i, null);
    }
  }

  private List<String> stored() {
    JsonNode messages = agent.poll(conversation, 0, 0).body().get("messages");
    return messages.findValuesAsText("content");
  }

  private List<String> statuses() {
    JsonNode messages = agent.poll(conversation, 0, 0).body().get("messages");
    return messages.findValuesAsText("status");
  }

  private List<Long> seqs(Line line) {
    return line.messages(conversation).stream().map(m -> m.get("seq").asLong()).toList();
  }

  private List<Long> ids(Line line) {
    return line.messages(conversation).stream().map(m -> m.get("id").asLong()).toList();
  }

  private static List<String> texts(int from, int to) {
    return IntStream.rangeClosed(from, to).mapToObj(i -> "m" + i).toList();
  }

  private static List<Long> numbers(int from, int to) {
    return LongStream.rangeClosed(from, to).boxed().toList();
  }
}
