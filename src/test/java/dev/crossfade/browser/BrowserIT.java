package dev.crossfade.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.WaitForSelectorState;
import dev.crossfade.support.ChaosProxy;
import dev.crossfade.support.ChaosProxy.Mode;
import dev.crossfade.support.Chromium;
import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.Stage;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The pages in a real Chromium, behind the kinds of middlebox that break WebSocket. */
@Tag("alone")
class BrowserIT {

  private static final double FALL_BACK_WITHIN_MS = 10_000;

  /** The background re-try of a minute and more, in half a second. */
  private static final String IMPATIENT =
      "globalThis.crossfadeOptions = {provenWithinMs: 3000, probe: {firstMs: 500, maxMs: 1000}}";

  @RegisterExtension static final Stage STAGE = Stage.plain();

  private final CrossfadeServer server = STAGE.server();
  private final Chromium chromium = STAGE.chromium();
  private final ChaosProxy proxy = STAGE.proxy();
  private BrowserContext visitors;

  @BeforeEach
  void open() throws Exception {
    visitors = chromium.context("zh-CN");
    visitors.addInitScript(IMPATIENT);
    server.api().admin().percentage("100");
  }

  @Test
  void ops_lay_a_plan_in_start_it_and_see_what_the_gate_waits_for() {
    server.api().admin().percentage("0");
    Page ops = login("ops/", "admin");
    ops.fill("#reason", "the winter rollout");
    ops.click("#lay");
    ops.waitForSelector("[data-move=start]:visible");
    assertThat(ops.locator("#stages li").count()).isEqualTo(8);
    ops.fill("#reason", "Monday morning");
    ops.click("[data-move=start]");
    ops.waitForSelector("#stages li[aria-current=step]");
    assertThat(ops.locator("#stages li[aria-current=step]").textContent()).isEqualTo("1 %");
    assertThat(ops.inputValue("#percentage")).isEqualTo("1");
    ops.waitForSelector("#gate[data-verdict=hold]");
    assertThat(ops.locator("#signals tr").count()).isEqualTo(8);
    assertThat(ops.textContent("#truth")).startsWith("1 % of the clients").contains("Running: ");
    ops.waitForSelector("#node-list tr");
    ops.waitForSelector("#container:not(.error):text('Tomcat')");
    ops.waitForFunction(
        "() => globalThis.Chart?.getChart('chart-delivery')?.data.datasets.length === 4");
    for (String language : List.of("en", "zh-CN")) {
      Page shown = language.equals("en") ? ops : login("ops/", "admin", language);
      shown.waitForSelector("#gate[data-verdict=hold]");
      Chromium.picture(shown, "ops-" + language);
      Chromium.accessible(shown);
    }
    ops.fill("#reason", "fair in town");
    ops.click("[data-move=pause]");
    ops.waitForSelector("[data-move=resume]:visible");
    assertThat(ops.locator("[data-move=start]").isVisible()).isFalse();
    ops.fill("#reason", "enough");
    ops.click("[data-move=step_back]");
    ops.waitForSelector("#stages:not(:has([aria-current]))");
    assertThat(ops.inputValue("#percentage")).isEqualTo("0");
  }

  @Test
  void one_click_kills_and_a_reason_may_follow_later() {
    Page ops = login("ops/", "admin");
    ops.click("#kill");
    ops.waitForSelector("#truth.killed");
    JsonNode rule = server.api().admin().get("api/rollout").body();
    assertThat(rule.get("killed").asBoolean()).isTrue();
    assertThat(rule.get("reason").asText()).isEqualTo("killed with one click, no reason given");
    ops.fill("#percentage", "5");
    ops.click("#unkill");
    assertThat(server.api().admin().get("api/rollout").body().get("killed").asBoolean())
        .as("lifting it wants a reason")
        .isTrue();
    ops.fill("#reason", "it was the proxy");
    ops.click("#unkill");
    ops.waitForSelector("#truth:not(.killed)");
    assertThat(server.api().admin().get("api/rollout").body().get("percentage").asDouble())
        .isEqualTo(5);
  }

  @Test
  void the_ops_page_says_when_the_server_is_away_and_goes_on_by_itself() {
    Page ops = login("ops/", "admin");
    ops.waitForSelector("#node-list tr");
    proxy.mode(Mode.REFUSE).cut();
    ops.waitForSelector("#problem:visible");
    proxy.mode(Mode.PASS);
    ops.waitForSelector(
        "#problem", new Page.WaitForSelectorOptions().setState(WaitForSelectorState.HIDDEN));
    assertThat(chromium.complaints()).isEmpty();
  }

  @Test
  void a_visitor_and_an_agent_talk_while_ops_move_the_percentage_up_and_down() {
    server.api().admin().percentage("0");
    Page visitor = visitor();
    visitor.waitForSelector("#state[data-transport=polling][data-state=connected]");
    say(visitor, "你好");
    Page agent = login("agent/", "agent");
    agent.click("#conversations [data-session-id]");
    agent.waitForSelector("#chat [data-seq='1']");

    Page ops = login("ops/", "admin");
    ops.fill("#percentage", "100");
    ops.fill("#reason", "test");
    ops.click("#save");
    visitor.waitForSelector("#state[data-transport=websocket]");
    agent.waitForSelector("#state[data-transport=websocket]");
    for (int i = 0; i < 5; i++) {
      say(visitor, "v" + i);
      say(agent, "a" + i);
    }
    ops.fill("#reason", "back");
    ops.fill("#percentage", "0");
    ops.click("#save");
    for (int i = 5; i < 10; i++) {
      say(visitor, "v" + i);
      say(agent, "a" + i);
    }
    visitor.waitForSelector("#state[data-transport=polling]");
    agent.waitForSelector("#state[data-transport=polling]");
    say(visitor, "v10");

    for (Page page : List.of(visitor, agent)) {
      page.waitForSelector("#chat [data-seq='22']");
      assertThat(seqs(page))
          .containsExactlyElementsOf(
              IntStream.rangeClosed(1, 22).mapToObj(Integer::toString).toList());
      List<String> texts = texts(page);
      assertThat(texts.stream().filter(t -> t.startsWith("v")))
          .containsExactlyElementsOf(IntStream.rangeClosed(0, 10).mapToObj(i -> "v" + i).toList());
      assertThat(texts.stream().filter(t -> t.startsWith("a")))
          .containsExactlyElementsOf(IntStream.rangeClosed(0, 9).mapToObj(i -> "a" + i).toList());
    }
    assertThat(chromium.complaints()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      value = Mode.class,
      names = {"STRIP_UPGRADE", "SILENT_101"})
  void behind_a_proxy_that_breaks_websocket_it_polls_says_so_and_comes_back_by_itself(Mode mode) {
    proxy.mode(mode);
    Page visitor = visitor();
    say(visitor, "can you hear me?");
    visitor.waitForSelector(
        "#state[data-transport=polling][data-state=connected][data-reason=fallback]",
        new Page.WaitForSelectorOptions().setTimeout(FALL_BACK_WITHIN_MS));
    assertThat(visitor.textContent("#state")).contains("当前网络无法使用 WebSocket");
    answer(visitor, "loud and clear");
    visitor.waitForSelector("#chat [data-seq='2']");

    proxy.mode(Mode.PASS);
    visitor.waitForSelector("#state[data-transport=websocket]");
    say(visitor, "better now");
    visitor.waitForSelector("#chat [data-seq='3']");
    assertThat(texts(visitor)).containsExactly("can you hear me?", "loud and clear", "better now");
    assertThat(visitor.textContent("#state")).contains("WebSocket").doesNotContain("无法");
  }

  @Test
  void a_server_that_is_gone_is_no_reason_to_blame_the_path() {
    Page visitor = visitor();
    visitor.waitForSelector("#state[data-transport=websocket]");
    proxy.mode(Mode.REFUSE).cut();
    visitor.waitForSelector("#state[data-state=reconnecting]");
    visitor.fill("#composer textarea", "written in the dark");
    visitor.press("#composer textarea", "Enter");
    visitor.waitForSelector("#chat .pending");
    proxy.mode(Mode.PASS);
    visitor.waitForSelector("#state[data-transport=websocket][data-state=connected]");
    visitor.waitForSelector("#chat [data-seq='1']");
    assertThat(texts(visitor)).containsExactly("written in the dark");
    assertThat(visitor.getAttribute("#state", "data-reason")).isEmpty();
  }

  @Test
  void a_reload_shows_every_message_once_and_sends_what_was_unsent() {
    Page visitor = visitor();
    visitor.waitForSelector("#state[data-transport=websocket]");
    say(visitor, "one");
    proxy.mode(Mode.REFUSE).cut();
    visitor.fill("#composer textarea", "two");
    visitor.press("#composer textarea", "Enter");
    visitor.waitForSelector("#chat .pending");
    proxy.mode(Mode.PASS);
    visitor.reload();
    visitor.waitForSelector("#chat [data-seq='2']");
    assertThat(texts(visitor)).containsExactly("one", "two");
  }

  @Test
  void hostile_text_stays_text() {
    Page visitor = visitor();
    String hostile = "<img src=x onerror=\"document.title='owned'\"><script>alert(1)</script>";
    say(visitor, hostile);
    visitor.waitForSelector("#chat [data-seq='1']");
    assertThat(texts(visitor)).containsExactly(hostile);
    assertThat(visitor.querySelectorAll("#chat img, #chat script")).isEmpty();
    assertThat(visitor.title()).doesNotContain("owned");
    assertThat(chromium.complaints()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Legacy.class)
  void the_frozen_widgets_still_work(Legacy widget) {
    Page page = chromium.page(visitors);
    // It has a conversation only when it polls; what is written earlier it loses.
    page.waitForRequest("**/api/messages?*", () -> page.navigate(proxy.url() + widget.path));
    page.fill("#chat-widget input", "from 2019");
    page.press("#chat-widget input", "Enter");
    page.waitForSelector("#chat-widget [data-seq='1']");
    assertThat(page.textContent("#chat-widget li")).isEqualTo("> from 2019");
  }

  private enum Legacy {
    SHORT("legacy/"),
    LONG("legacy/longpoll.html");

    final String path;

    Legacy(String path) {
      this.path = path;
    }
  }

  private Page visitor() {
    Page page = chromium.page(visitors);
    page.navigate(proxy.url() + "chat.html");
    page.waitForSelector("#composer textarea:enabled");
    return page;
  }

  private Page login(String path, String who) {
    return login(path, who, "en");
  }

  private Page login(String path, String who, String language) {
    Page page = chromium.login(proxy.url() + path, who, language);
    page.waitForSelector(
        who.equals("admin") ? "#truth:not(:empty)" : "#conversations [data-session-id]");
    return page;
  }

  private static void say(Page page, String text) {
    int before = page.querySelectorAll("#chat .mine[data-seq]").size();
    page.fill("#composer textarea", text);
    page.press("#composer textarea", "Enter");
    page.waitForFunction(
        "n => document.querySelectorAll('#chat .mine[data-seq]').length > n", before);
  }

  /** An agent answers by HTTP, past the proxy. */
  private void answer(Page visitor, String text) {
    String token = (String) visitor.evaluate("localStorage.getItem('crossfade.visitor.demo')");
    long conversation = server.api().as(token).open();
    server.api().agent().say(conversation, text, null);
  }

  private static List<String> seqs(Page page) {
    return page.querySelectorAll("#chat [data-seq]").stream()
        .map(item -> item.getAttribute("data-seq"))
        .toList();
  }

  private static List<String> texts(Page page) {
    return page.querySelectorAll("#chat [data-seq] p").stream().map(p -> p.textContent()).toList();
  }
}
