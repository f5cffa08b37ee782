package dev.crossfade.browser;

import static com.microsoft.playwright.options.WaitForSelectorState.HIDDEN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.gson.JsonObject;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.WaitForSelectorState;
import dev.crossfade.support.Api;
import dev.crossfade.support.ChaosProxy;
import dev.crossfade.support.ChaosProxy.Mode;
import dev.crossfade.support.Chromium;
import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.ShopPage;
import dev.crossfade.support.Stage;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The widget in a shop's page of another origin, in a real Chromium, on a bad network. */
@Tag("alone")
class WidgetIT {

  private static final int LOADER_BYTES = 5 * 1024;
  private static final int PANEL_BYTES = 35 * 1024;

  private static final String IMPATIENT =
      "globalThis.crossfadeOptions = {provenWithinMs: 3000, probe: {firstMs: 500, maxMs: 1000},"
          + " retry: {baseMs: 200, maxMs: 1000}}";

  @RegisterExtension static final Stage STAGE = Stage.plain();

  private final CrossfadeServer server = STAGE.server();
  private final Chromium chromium = STAGE.chromium();
  private final ChaosProxy proxy = STAGE.proxy();
  private ShopPage shop;
  private BrowserContext visitors;

  @BeforeEach
  void open() throws Exception {
    shop = new ShopPage(proxy.url(), "demo");
    visitors = chromium.context("zh-CN");
    visitors.addInitScript(IMPATIENT);
    server.api().admin().percentage("100");
  }

  @AfterEach
  void close() throws Exception {
    shop.close();
  }

  @Test
  void one_line_in_a_page_of_another_origin_and_neither_spoils_the_other() {
    List<String> requests = new CopyOnWriteArrayList<>();
    Page page = page();
    page.onRequest(request -> requests.add(request.url()));
    page.navigate(shop.url());
    page.waitForSelector("#launcher[aria-label=打开客服窗口]");
    assertThat(requests).as("who only looks costs nothing").noneMatch(u -> u.contains("/api/"));
    assertThat(requests).noneMatch(u -> u.contains("panel.js"));
    Object launcher = page.evalOnSelector("#launcher", "b => b.getBoundingClientRect().width");
    assertThat(launcher).isEqualTo(56);

    page.click("#launcher");
    assertThat(page.locator("#composer textarea").evaluate("t => t.matches(':focus')"))
        .isEqualTo(true);
    say(page, "你好");
    page.waitForSelector("#state[data-transport=websocket][data-state=connected]");
    server
        .api()
        .agent()
        .post("api/typing", "{\"session_id\":" + conversation() + ",\"active\":true}");
    page.waitForSelector("#typing:not(:empty)");
    answer("hello");
    page.waitForSelector("#chat .theirs[data-seq='2']");
    assertThat(page.textContent("#typing")).isEmpty();
    assertThat(page.getAttribute("#chat", "aria-live"))
        .as("new ones are read out")
        .isEqualTo("polite");
    String visitor = "api/sessions/" + conversation() + "/visitor";
    assertThat(server.api().agent().get(visitor).body().get("page").asText()).isEqualTo(shop.url());
    assertThat(page.evalOnSelector("#title", "e => getComputedStyle(e).fontSize"))
        .as("the shop's style stays outside")
        .isEqualTo("17px");
    assertThat(page.evalOnSelector("#shops-own", "e => getComputedStyle(e).display"))
        .isEqualTo("none");
    assertThat(page.evaluate("document.documentElement.scrollWidth <= innerWidth")).isEqualTo(true);
    assertThat(visitors.cookies()).as("no cookie, of anybody").isEmpty();
    page.press("#composer textarea", "Escape");
    assertThat(page.locator("#panel").isVisible()).isFalse();
    assertThat(page.locator("#launcher").evaluate("b => b.matches(':focus')")).isEqualTo(true);
    assertThat(chromium.complaints()).isEmpty();
  }

  @Test
  void the_loader_and_the_panel_keep_to_their_sizes_as_they_are_served() {
    Page page = page();
    page.navigate(server.url());
    page.click("#launcher");
    page.waitForSelector("#panel:visible");
    // Each file once: the shop's page reads the same dictionary, before or after the panel.
    String sizes =
        "pattern => [...new Map(performance.getEntriesByType('resource')"
            + ".filter(e => new RegExp(pattern).test(e.name))"
            + ".map(e => [e.name, e.encodedBodySize])).values()].reduce((sum, n) => sum + n, 0)";
    int loader = (int) page.evaluate(sizes, "/widget\\.js");
    int panel = (int) page.evaluate(sizes, "/js/(?!shop)|/css/widget|/i18n/");
    assertThat(loader).isBetween(1, LOADER_BYTES);
    assertThat(panel).isBetween(LOADER_BYTES, PANEL_BYTES);
  }

  @Test
  void history_comes_back_and_an_unread_message_loads_the_panel_and_shows_a_badge() {
    Page page = opened();
    say(page, "is it in stock?");
    page.close();
    answer("yes, three of them");
    Page later = page();
    later.navigate(shop.url());
    later.waitForSelector("#launcher span:text('1')");
    assertThat(later.getAttribute("#launcher", "aria-label")).isEqualTo("打开客服窗口，1 条未读");
    later.click("#launcher");
    later.waitForSelector("#launcher span:empty", attached());
    assertThat(texts(later)).containsExactly("is it in stock?", "yes, three of them");
    await().until(() -> lastMessage().get("status").asText().equals("read"));
    later.reload();
    later.waitForSelector("#launcher[aria-label=打开客服窗口]");
    later.click("#launcher");
    later.waitForSelector("#chat [data-seq='2']");
    assertThat(texts(later)).containsExactly("is it in stock?", "yes, three of them");
  }

  @Test
  void tabs_share_one_connection_and_one_unread_count_and_the_next_takes_over() {
    Page first = opened();
    say(first, "one");
    first.waitForSelector("#state[data-transport=websocket]");
    Page second = opened();
    second.waitForSelector("#chat [data-seq='1']");
    Page third = page();
    third.navigate(shop.url());
    await().until(() -> sockets() == 1);
    say(second, "two");
    first.waitForSelector("#chat [data-seq='2']");

    first.press("#composer textarea", "Escape");
    second.press("#composer textarea", "Escape");
    answer("three");
    for (Page page : List.of(first, second, third)) {
      page.waitForSelector("#launcher span:text('1')");
    }
    assertThat(sockets()).isEqualTo(1);
    second.click("#launcher");
    for (Page page : List.of(first, third)) {
      page.waitForSelector("#launcher span:empty", attached());
    }

    first.close();
    answer("four");
    second.waitForSelector("#chat [data-seq='4']");
    say(second, "five");
    assertThat(texts(second)).containsExactly("one", "two", "three", "four", "five");
    assertThat(chromium.complaints()).isEmpty();
  }

  /** Systems freeze tabs in the background, with the lock and the connection that they hold. */
  @Test
  void a_tab_that_is_frozen_loses_the_connection_to_one_that_is_looked_at() {
    Page first = opened();
    say(first, "one");
    first.waitForSelector("#state[data-transport=websocket]");
    Page second = opened();
    second.waitForSelector("#chat [data-seq='1']");
    JsonObject frozen = new JsonObject();
    frozen.addProperty("state", "frozen");
    visitors.newCDPSession(first).send("Page.setWebLifecycleState", frozen);
    write(second, "two");
    second.evaluate("() => window.dispatchEvent(new Event('pageshow'))");
    second.waitForSelector("#chat [data-seq='2']");
    answer("three");
    second.waitForSelector("#chat [data-seq='3']");
    JsonObject active = new JsonObject();
    active.addProperty("state", "active");
    visitors.newCDPSession(first).send("Page.setWebLifecycleState", active);
    first.waitForSelector("#chat [data-seq='3']");
    for (Page page : List.of(first, second)) {
      assertThat(texts(page)).containsExactly("one", "two", "three");
    }
  }

  @Test
  void a_message_sounds_in_one_tab_and_in_none_that_is_muted() {
    visitors.addInitScript(
        "window.tones = 0; const make = AudioContext.prototype.createOscillator;"
            + " AudioContext.prototype.createOscillator = function () { window.tones++; return"
            + " make.call(this); }");
    Page first = opened();
    say(first, "one");
    Page second = opened();
    second.waitForSelector("#chat [data-seq='1']");
    for (Page page : List.of(first, second)) {
      page.press("#composer textarea", "Escape");
    }
    answer("two");
    for (Page page : List.of(first, second)) {
      page.waitForSelector("#launcher span:text('1')");
    }
    assertThat(first.evaluate("tones")).isEqualTo(0);
    assertThat(second.evaluate("tones")).as("the one touched last").isEqualTo(1);
    first.click("#launcher");
    first.click("#mute");
    first.press("#composer textarea", "Escape");
    second.click("#launcher");
    second.press("#composer textarea", "Escape");
    answer("three");
    for (Page page : List.of(first, second)) {
      page.waitForSelector("#launcher span:text('1')");
    }
    assertThat(first.evaluate("tones")).isEqualTo(0);
    assertThat(second.evaluate("tones")).isEqualTo(1);
  }

  @Test
  void the_first_message_is_kept_while_the_server_is_down_and_the_page_reloaded() {
    Page page = opened();
    proxy.mode(Mode.REFUSE).cut();
    write(page, "written in the dark");
    page.waitForSelector("#chat .pending");
    page.waitForSelector("#state[data-state=reconnecting]");
    proxy.mode(Mode.PASS);
    page.waitForSelector("#chat [data-seq='1']");
    proxy.mode(Mode.REFUSE).cut();
    write(page, "and another");
    page.waitForSelector("#chat .pending");
    proxy.mode(Mode.PASS);
    page.reload();
    page.click("#launcher");
    page.waitForSelector("#chat [data-seq='2']");
    assertThat(texts(page)).containsExactly("written in the dark", "and another");
  }

  /** On a slow line the second comes while the conversation of the first is being opened. */
  @Test
  void two_first_messages_are_of_one_visitor_in_one_conversation() {
    Page page = opened();
    proxy.mode(Mode.LATENCY);
    write(page, "hello");
    write(page, "is anybody there?");
    page.waitForSelector("#chat [data-seq='2']");
    proxy.mode(Mode.PASS);
    assertThat(texts(page)).containsExactly("hello", "is anybody there?");
    JsonNode messages = server.api().agent().poll(conversation(), 0, 0).body().get("messages");
    assertThat(messages).hasSize(2);
    assertThat(messages.get(0).get("sender_id")).isEqualTo(messages.get(1).get("sender_id"));
  }

  @Test
  void the_network_goes_and_comes_back() {
    Page page = opened();
    say(page, "before the tunnel");
    page.waitForSelector("#state[data-transport=websocket]");
    proxy.mode(Mode.BLACK_HOLE);
    visitors.setOffline(true);
    write(page, "in the tunnel");
    answer("are you there?");
    page.waitForSelector(
        "#state[data-state=reconnecting]", new Page.WaitForSelectorOptions().setTimeout(40_000));
    proxy.mode(Mode.PASS).cut();
    visitors.setOffline(false);
    page.waitForSelector("#chat [data-seq='3']");
    assertThat(texts(page)).contains("before the tunnel", "in the tunnel", "are you there?");
    assertThat(page.querySelectorAll("#chat .pending")).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      value = Mode.class,
      names = {"STRIP_UPGRADE", "SILENT_101"})
  void where_websocket_is_blocked_it_polls_says_so_and_comes_back(Mode mode) {
    proxy.mode(mode);
    Page page = opened();
    say(page, "can you hear me?");
    page.waitForSelector("#state[data-transport=polling][data-reason=fallback]");
    answer("loud and clear");
    page.waitForSelector("#chat [data-seq='2']");
    proxy.mode(Mode.PASS);
    page.waitForSelector("#state[data-transport=websocket]");
    say(page, "better now");
    assertThat(texts(page)).containsExactly("can you hear me?", "loud and clear", "better now");
  }

  @Test
  void a_line_too_slow_to_say_who_it_is_in_time_costs_no_visitor_their_conversation() {
    proxy.mode(Mode.LATE_FRAMES);
    Page page = page();
    page.addInitScript("crossfadeOptions.provenWithinMs = 9000");
    page.navigate(shop.url());
    page.click("#launcher");
    say(page, "can you hear me?");
    String token = "localStorage.getItem('crossfade.visitor.demo')";
    Object before = page.evaluate(token);
    long first = conversation();
    page.waitForSelector("#state[data-transport=polling][data-reason=fallback]");
    say(page, "and now?");
    assertThat(page.evaluate(token)).as("the same visitor").isEqualTo(before);
    assertThat(conversation()).isEqualTo(first);
    assertThat(texts(page)).containsExactly("can you hear me?", "and now?");
  }

  @Test
  void a_closed_conversation_is_followed_by_a_new_one_with_what_was_written() {
    Page page = opened();
    say(page, "thank you");
    long first = conversation();
    server.api().agent().post("api/sessions/" + first + "/close", "{}");
    write(page, "one more thing");
    page.waitForSelector("#chat .note");
    await().until(() -> conversation() != first);
    await()
        .until(
            () ->
                lastMessage() != null
                    && lastMessage().get("content").asText().equals("one more thing"));
    await()
        .untilAsserted(
            () -> assertThat(texts(page)).containsExactly("thank you", "one more thing"));
  }

  @Test
  void what_waits_is_not_dropped_where_the_page_goes_and_the_agent_closes_meanwhile() {
    Page page = opened();
    say(page, "thank you");
    long first = conversation();
    proxy.mode(Mode.REFUSE).cut();
    write(page, "one more thing");
    write(page, "and another");
    page.waitForSelector("#chat .pending");
    page.navigate("about:blank");
    proxy.mode(Mode.PASS);
    server.api().agent().post("api/sessions/" + first + "/close", "{}");
    page.navigate(shop.url());
    page.click("#launcher");
    page.waitForSelector("#chat [data-seq='2']");
    assertThat(texts(page)).containsExactly("one more thing", "and another");
    assertThat(conversation()).isNotEqualTo(first);
    assertThat(server.api().agent().poll(first, 0, 0).body().get("messages")).hasSize(1);
  }

  @Test
  void what_one_person_wrote_is_not_sent_by_the_next_one_at_the_same_browser() {
    Page page = opened();
    String member = Api.token("member-a", "demo", "visitor", Duration.ofHours(1));
    String next = Api.token("member-b", "demo", "visitor", Duration.ofHours(1));
    page.evaluate("token => crossfade.setUser(token)", member);
    proxy.mode(Mode.REFUSE).cut();
    write(page, "for a's eyes only");
    page.waitForSelector("#chat .pending");
    page.evaluate("token => { crossfade.setUser(token) }", next);
    page.waitForSelector("#chat .pending", new Page.WaitForSelectorOptions().setState(HIDDEN));
    proxy.mode(Mode.PASS);
    say(page, "by b");
    assertThat(session(conversation()).get("visitor_id").asText()).isEqualTo("member-b");
    assertThat(texts(page)).containsExactly("by b");
    page.evaluate("token => crossfade.setUser(token)", member);
    page.waitForSelector("#chat [data-seq='1'] p:text(\"for a's eyes only\")");
    assertThat(session(conversation()).get("visitor_id").asText()).isEqualTo("member-a");
  }

  @Test
  void a_token_that_ended_is_renewed_and_one_of_a_person_signed_in_shows_theirs() {
    Page page = opened();
    say(page, "as a stranger");
    long anonymous = conversation();
    String member = Api.token("member-7", "demo", "visitor", Duration.ofHours(1));
    page.evaluate("token => crossfade.setUser(token)", member);
    page.waitForFunction(
        "() => !document.querySelector('crossfade-chat').shadowRoot.querySelector('[data-seq]')");
    say(page, "as a member");
    long own = conversation();
    assertThat(own).isNotEqualTo(anonymous);
    assertThat(session(own).get("visitor_id").asText()).isEqualTo("member-7");
    page.evaluate("() => crossfade.setUser(null)");
    page.waitForSelector("#chat [data-seq='1'] p:text('as a stranger')");
    String user = session(anonymous).get("visitor_id").asText();
    server
        .api()
        .admin()
        .post("api/tokens/revoke", "{\"user_id\":\"" + user + "\",\"reason\":\"lost\"}");
    write(page, "as a new stranger");
    await()
        .until(
            () ->
                lastMessage() != null
                    && lastMessage().get("content").asText().equals("as a new stranger"));
  }

  @Test
  void a_page_drives_it_by_its_interface_also_before_it_is_there() {
    Page page = page();
    page.addInitScript(
        "window.heard = []; window.crossfade = [['setLocale', 'en'], ['on', 'unread', n =>"
            + " heard.push('unread ' + n)], ['on', 'message', m => heard.push('message ' +"
            + " m.content)], ['on', 'state', s => heard.push(s.state)], ['on', 'close', () =>"
            + " heard.push('closed')], ['open']]");
    page.navigate(shop.url());
    page.waitForSelector("#panel:visible");
    assertThat(page.textContent("#title")).isEqualTo("Chat with us");
    say(page, "hello");
    page.waitForSelector("#state[data-transport=websocket]");
    page.evaluate("() => crossfade.close()");
    answer("hi");
    page.waitForFunction("() => heard.includes('unread 1')");
    assertThat((List<?>) page.evaluate("heard"))
        .map(Object::toString)
        .contains("connected", "closed", "message hi", "unread 1");
    page.evaluate("() => crossfade.open()");
    page.waitForFunction("() => heard.at(-1) === 'unread 0'");
    page.evaluate("() => crossfade.setLocale('zh-CN')");
    page.waitForSelector("#title:text('在线客服')");
    page.waitForSelector("#chat [data-seq='2']");
    assertThat(page.evaluate("() => { try { crossfade.on('x') } catch (e) { return e.message } }"))
        .asString()
        .contains("no event x");
  }

  @Test
  void who_comes_when_nobody_is_there_may_leave_a_name_and_an_address() throws Exception {
    String origins = "{\"name\":\"Quiet\",\"origins\":[\"http://127.0.0.1:*\"]}";
    assertThat(server.api().admin().put("api/shops/quiet", origins).status()).isEqualTo(200);
    try (ShopPage quiet = new ShopPage(proxy.url(), "quiet")) {
      Page page = page();
      page.navigate(quiet.url());
      page.click("#launcher");
      page.waitForSelector("#away:visible");
      Locator fields = page.locator("#contact input");
      fields.nth(0).fill("王小明");
      fields.nth(1).fill("ming@example.com");
      picture(page, "widget-away-zh-CN");
      say(page, "请给我回信");
      Api agent = server.api().as("somebody", "quiet", "agent");
      JsonNode session = agent.get("api/sessions?status=open").body().get("sessions").get(0);
      assertThat(session.get("visitor_name").asText()).isEqualTo("王小明");
      assertThat(session.get("subject").asText()).isEqualTo("ming@example.com");
      assertThat(page.locator("#contact").isVisible()).isFalse();
      page.press("#composer textarea", "Escape");
      page.click("#launcher");
      page.waitForSelector("#away", new Page.WaitForSelectorOptions().setState(HIDDEN));
    }
  }

  @Test
  void a_refused_message_says_why_and_may_be_tried_again() {
    Page page = opened();
    say(page, "fine");
    String tooLong = "字".repeat(1_400);
    write(page, tooLong);
    page.waitForSelector("#chat .failed");
    assertThat(page.textContent("#chat .failed small")).contains("消息过长");
    Chromium.picture(page, "widget-refused-zh-CN");
    page.click("#chat .failed .again");
    page.waitForSelector("#chat .failed");
    assertThat(page.querySelectorAll("#chat .failed")).hasSize(1);
    say(page, "short");
    assertThat(texts(page)).containsExactly("fine", "short");
  }

  @Test
  void it_is_readable_in_every_language_width_and_light_and_hostile_text_stays_text() {
    String hostile = "<img src=x onerror=\"document.title='owned'\">";
    String emoji = "👩‍👩‍👧‍👦".repeat(160);
    for (String language : List.of("en", "zh-CN")) {
      BrowserContext own = chromium.context(language);
      Page page = chromium.page(own);
      page.navigate(server.url() + "?lang=" + language);
      page.click("#launcher");
      page.waitForSelector(
          "#title:text('" + (language.equals("en") ? "Chat with us" : "在线客服") + "')");
      for (String text :
          List.of(hostile, "\u202Egnp.exe", emoji, "https://example.com/" + "a".repeat(300))) {
        say(page, text);
      }
      server.api().agent().say(conversation(), "您好！Hello, how can I help?", null);
      page.waitForSelector("#chat [data-seq='5']");
      assertThat(page.title()).doesNotContain("owned");
      assertThat(page.querySelectorAll("#chat img")).isEmpty();
      Chromium.accessible(page);
      picture(page, "widget-" + language);
      page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(ColorScheme.DARK));
      Chromium.accessible(page);
      picture(page, "widget-dark-" + language);
    }
    assertThat(chromium.complaints()).isEmpty();
  }

  private static void picture(Page page, String name) {
    page.evaluate("document.querySelector('crossfade-chat').shadowRoot.activeElement?.blur()");
    Chromium.picture(page, name);
  }

  private static Page.WaitForSelectorOptions attached() {
    return new Page.WaitForSelectorOptions().setState(WaitForSelectorState.ATTACHED);
  }

  private Page page() {
    return chromium.page(visitors);
  }

  private Page opened() {
    Page page = page();
    page.navigate(shop.url());
    page.click("#launcher");
    page.waitForSelector("#panel:visible");
    return page;
  }

  private static void write(Page page, String text) {
    page.fill("#composer textarea", text);
    page.press("#composer textarea", "Enter");
  }

  private static void say(Page page, String text) {
    int before = page.querySelectorAll("#chat .mine[data-seq]").size();
    write(page, text);
    page.locator("#chat .mine[data-seq]").nth(before).waitFor();
  }

  private static List<String> texts(Page page) {
    return page.querySelectorAll("#chat [data-seq] p").stream().map(p -> p.textContent()).toList();
  }

  /** The conversation that changed last. */
  private long conversation() {
    return newest().get("session_id").asLong();
  }

  private JsonNode newest() {
    JsonNode open = server.api().agent().get("api/sessions?status=open").body().get("sessions");
    return IntStream.range(0, open.size())
        .mapToObj(open::get)
        .max((a, b) -> Long.compare(a.get("session_id").asLong(), b.get("session_id").asLong()))
        .orElseThrow();
  }

  private JsonNode session(long id) {
    JsonNode open = server.api().agent().get("api/sessions?status=open").body().get("sessions");
    return IntStream.range(0, open.size())
        .mapToObj(open::get)
        .filter(s -> s.get("session_id").asLong() == id)
        .findFirst()
        .orElseThrow();
  }

  private JsonNode lastMessage() {
    JsonNode messages = server.api().agent().poll(conversation(), 0, 0).body().get("messages");
    return messages.isEmpty() ? null : messages.get(messages.size() - 1);
  }

  private void answer(String text) {
    server.api().agent().say(conversation(), text, null);
  }

  private int sockets() {
    return server.api().agent().get("api/stats/websocket").body().get("websocket").asInt();
  }
}
