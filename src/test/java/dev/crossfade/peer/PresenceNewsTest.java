package dev.crossfade.peer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossfade.support.Stored;
import dev.crossfade.wire.Reply;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What staff hear of who comes and goes, round by round. */
class PresenceNewsTest {

  @TempDir static Path folder;
  private static Stored stored;
  private Node node;
  private Line agent;

  @BeforeAll
  static void openStore() {
    stored = new Stored(folder);
  }

  @AfterAll
  static void closeStore() {
    stored.close();
  }

  @BeforeEach
  void open() {
    node = new Node(stored, folder);
    agent = node.socket(node.agent("bob"), "desk");
    node.population.tellPresence();
    agent.heard.clear();
  }

  @AfterEach
  void close() {
    node.close();
  }

  @Test
  void staff_hear_who_came_and_visitors_do_not() {
    Line anna = node.socket(node.visitor("anna"), "phone");
    Line berta = node.held(node.visitor("berta"), "phone");
    node.population.tellPresence();
    assertThat(agent.heard)
        .containsExactly(new Reply.Presence("anna", true), new Reply.Presence("berta", true));
    assertThat(anna.heard(Reply.Presence.class)).isEmpty();
    assertThat(berta.heard).isEmpty();
  }

  @Test
  void who_came_and_left_between_two_rounds_has_left() {
    Line anna = node.socket(node.visitor("anna"), "phone");
    anna.peer.gone(false);
    node.population.tellPresence();
    node.population.tellPresence();
    assertThat(agent.heard).containsExactly(new Reply.Presence("anna", false));
  }

  @Test
  void staff_hear_of_colleagues_and_not_of_themselves() {
    Line second = node.socket(node.agent("carla"), "desk");
    node.population.tellPresence();
    assertThat(agent.heard).containsExactly(new Reply.Presence("carla", true));
    assertThat(second.heard(Reply.Presence.class)).isEmpty();
  }

  @Test
  void up_to_twenty_are_named_and_more_are_a_count() {
    come(PresenceNews.MAX_NAMED);
    node.population.tellPresence();
    assertThat(agent.heard(Reply.Presence.class)).hasSize(PresenceNews.MAX_NAMED);
    agent.heard.clear();

    come(PresenceNews.MAX_NAMED + 1);
    node.population.tellPresence();
    assertThat(agent.heard).containsExactly(new Reply.PresenceCount(42));
  }

  /** Nobody is closed for not keeping up with it, and nothing piles up for them. */
  @Test
  void whose_line_is_busy_hears_the_newest_state_when_it_is_idle_again() {
    agent.room = false;
    Line anna = node.socket(node.visitor("anna"), "phone");
    node.population.tellPresence();
    anna.peer.gone(false);
    node.population.tellPresence();
    assertThat(agent.heard).isEmpty();
    agent.room = true;
    node.population.tellPresence();
    assertThat(agent.heard).containsExactly(new Reply.Presence("anna", false));
  }

  @Test
  void who_has_gone_is_told_nothing_any_more() {
    agent.peer.gone(false);
    come(1);
    node.population.tellPresence();
    assertThat(agent.heard).isEmpty();
  }

  private List<Line> come(int many) {
    List<Line> came = new ArrayList<>();
    int base = node.population.streams();
    for (int i = 0; i < many; i++) {
      came.add(node.socket(node.visitor("visitor-" + (base + i)), "c"));
    }
    return came;
  }
}
