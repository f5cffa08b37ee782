package dev.crossfade.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import dev.crossfade.support.Api;
import dev.crossfade.support.ChaosProxy;
import dev.crossfade.support.Chromium;
import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.Stage;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The agents' page in a real Chromium: {@code agent} and {@code admin} are two agents of a shop.
 */
@Tag("alone")
class AgentConsoleIT {

  private static final String BOX = "#composer textarea";

  /** Counts what would be heard and shown; a headless browser has no speaker and no desktop. */
  private static final String LISTENING =
      """
      globalThis.beeps = 0;
      const start = OscillatorNode.prototype.start;
      OscillatorNode.prototype.start = function (...when) {
        globalThis.beeps++;
        return start.apply(this, when);
      };
      globalThis.shown = [];
      globalThis.Notification = class {
        static permission = 'default';
        static async requestPermission() { return Notification.permission = 'granted'; }
        constructor(title, { body }) { globalThis.shown.push(title + ': ' + body); }
        close() {}
      };
      """;

  @RegisterExtension static final Stage STAGE = Stage.plain();

  private final CrossfadeServer server = STAGE.server();
  private final Chromium chromium = STAGE.chromium();

  private Api agentApi;

  @BeforeEach
  void everybody_on_websocket() {
    server.api().admin().percentage("100");
    agentApi = server.api().agent();
  }

  @AfterEach
  void leave() {
    for (var session : agentApi.get("api/sessions?status=open").body().get("sessions")) {
      agentApi.post("api/sessions/" + session.get("session_id") + "/close", "{}");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"100", "0"})
  void an_agent_accepts_transfers_closes_and_reopens_and_both_inboxes_follow(String percentage) {
    server.api().admin().percentage(percentage);
    Visitor visitor = new Visitor("Ada", "where is my order?");
    Page agent = login("agent");
    Page colleague = login("admin");
    count(agent, "mine", 0);
    count(agent, "unassigned", 1);
    agent.click("[data-view=unassigned]");
    open(agent, visitor);
    agent.click("#accept");
    count(agent, "mine", 1);
    count(agent, "unassigned", 0);
    count(colleague, "unassigned", 0);
    assertThat(agent.locator("#conversations [data-session-id]").count()).isZero();
    agent.waitForSelector("#accept:disabled");

    agent.click("#assign");
    agent.click("#online button:has-text('admin')");
    count(colleague, "mine", 1);
    count(agent, "mine", 0);
    open(colleague, visitor);
    colleague.click("#close");
    count(agent, "all", 0);
    // The one who was not asked sees it, too: the conversation is still open on that page.
    agent.waitForSelector("#close:has-text('Reopen')");
    assertThat(agent.inputValue(BOX)).isEmpty();
    assertThat(agent.getAttribute("#note", "aria-pressed")).isEqualTo("true");
    agent.click("[data-view=closed]");
    agent.waitForSelector(item(visitor));
    agent.click("#close");
    agent.waitForSelector("#close:has-text('Close')");
    agent.waitForCondition(() -> agent.locator(item(visitor)).count() == 0);
    count(colleague, "mine", 1);
    assertThat(visitor.status()).isEqualTo("open");
    assertThat(chromium.complaints()).isEmpty();
  }

  @Test
  void unread_counts_and_order_follow_what_visitors_write() {
    Visitor first = new Visitor("First", "one");
    Visitor second = new Visitor("Second", "two");
    Page agent = login("agent");
    assertThat(order(agent)).containsExactly(second.id(), first.id());
    first.say("three");
    agent.waitForSelector(item(first) + " em:text-is('2')");
    assertThat(order(agent)).containsExactly(first.id(), second.id());
    title(agent, "(3) Crossfade · Agent");
    open(agent, first);
    agent.waitForSelector("#chat [data-seq='2']");
    title(agent, "(1) Crossfade · Agent");
    open(agent, second);
    title(agent, "Crossfade · Agent");
  }

  @ParameterizedTest
  @ValueSource(strings = {"100", "0"})
  void two_agents_see_each_others_replies_and_notes_and_over_websocket_who_types(
      String percentage) {
    boolean websocket = percentage.equals("100");
    server.api().admin().percentage(percentage);
    Visitor visitor = new Visitor("Ada", "help");
    Page agent = login("agent");
    Page colleague = login("admin");
    open(agent, visitor);
    open(colleague, visitor);
    String transport = websocket ? "websocket" : "polling";
    for (Page page : List.of(agent, colleague)) {
      page.waitForSelector("#state[data-state=connected][data-transport=" + transport + "]");
    }
    agent.locator(BOX).pressSequentially("I am on");
    if (websocket) {
      colleague.waitForSelector("#typing:has-text('Agent agent is typing…')");
    }
    say(agent, "I am on it");
    colleague.waitForSelector("#chat .theirs[data-role=agent]:has-text('I am on it')");
    assertThat(colleague.textContent("#chat .theirs[data-role=agent] b")).isEqualTo("agent");
    colleague.waitForCondition(() -> colleague.textContent("#typing").isEmpty());
    visitor.say("thanks");
    say(colleague, "me too");
    agent.waitForSelector("#chat [data-role=admin]:has-text('me too')");

    note(agent, "calls every week");
    colleague.waitForSelector("#chat .private:has-text('calls every week')");
    visitor.say("bye");
    colleague.waitForSelector("#chat [data-seq='5']");
    Chromium.picture(colleague, "agent-talk-" + transport);
    List<String> log = List.of("help", "I am on it", "thanks", "me too", "calls every week", "bye");
    assertThat(colleague.locator("#chat .message p").allTextContents()).isEqualTo(log);
    colleague.reload();
    colleague.waitForSelector("#chat [data-seq='5']");
    colleague.waitForSelector("#chat .private");
    assertThat(colleague.locator("#chat .message p").allTextContents()).isEqualTo(log);
    assertThat(visitor.all()).doesNotContain("calls every week");
  }

  @Test
  void keys_do_what_the_help_says_and_only_when_nobody_types() {
    Visitor older = new Visitor("Older", "one");
    Visitor newer = new Visitor("Newer", "two");
    Page agent = login("agent");
    agent.keyboard().press("j");
    agent.waitForSelector(item(newer) + "[aria-current]");
    agent.keyboard().press("j");
    agent.waitForSelector(item(older) + "[aria-current]");
    agent.keyboard().press("k");
    agent.waitForSelector(item(newer) + "[aria-current]");
    agent.keyboard().press("a");
    count(agent, "mine", 1);
    agent.keyboard().press("r");
    agent.keyboard().type("jkea");
    assertThat(agent.inputValue(BOX)).isEqualTo("jkea");
    assertThat(newer.status()).isEqualTo("open");
    agent.keyboard().press("Escape");
    agent.keyboard().press("j");
    agent.waitForSelector(item(older) + "[aria-current]");
    // What was written for one visitor must not go to another.
    assertThat(agent.inputValue(BOX)).isEmpty();
    agent.keyboard().press("n");
    agent.keyboard().type("careful");
    agent.keyboard().press("Escape");
    agent.keyboard().press("k");
    assertThat(agent.inputValue(BOX)).isEqualTo("jkea");
    assertThat(agent.getAttribute("#note", "aria-pressed")).isEqualTo("false");
    agent.keyboard().press("j");
    assertThat(agent.inputValue(BOX)).isEqualTo("careful");
    assertThat(agent.getAttribute("#note", "aria-pressed")).isEqualTo("true");
    agent.keyboard().press("e");
    agent.waitForSelector("#close:has-text('Reopen')");
    assertThat(older.status()).isEqualTo("closed");
    agent.keyboard().press("/");
    assertThat(focused(agent)).isEqualTo("query");
    agent.keyboard().press("Escape");
    agent.keyboard().press("?");
    agent.waitForSelector("#help[open] kbd");
    agent.keyboard().press("j");
    assertThat(agent.locator("#help[open]").count()).isEqualTo(1);
    agent.click("#use-keys");
    agent.keyboard().press("Escape");
    agent.keyboard().press("/");
    assertThat(focused(agent)).isNotEqualTo("query");
  }

  @Test
  void everything_can_be_reached_by_tab() {
    Visitor visitor = new Visitor("Ada", "hello");
    Page agent = login("agent");
    open(agent, visitor);
    agent.waitForSelector("#visitor:visible");
    agent.focus("#mute");
    var wanted =
        new java.util.HashSet<>(
            List.of("query", "accept", "assign", "close", "chat", "note", "show-help", "logout"));
    for (int i = 0; i < 40 && !wanted.isEmpty(); i++) {
      wanted.remove(focused(agent));
      agent.keyboard().press("Tab");
    }
    assertThat(wanted).isEmpty();
  }

  @Test
  void canned_replies_are_put_in_anywhere_in_the_text() {
    Visitor visitor = new Visitor("Ada", "hello");
    Page agent = login("agent");
    agent.click("#edit-canned");
    agent.fill("#new-canned [name=shortcut]", "thanks");
    agent.fill("#new-canned [name=text]", "Thank you for waiting.");
    agent.click("#new-canned [type=submit]");
    agent.waitForSelector("#replies li:has-text('/thanks')");
    agent.fill("#new-canned [name=shortcut]", "谢谢");
    agent.fill("#new-canned [name=text]", "谢谢您的耐心等待。");
    agent.click("#new-canned [type=submit]");
    agent.waitForSelector("#replies li:has-text('/谢谢')");
    Chromium.picture(agent, "agent-canned-en");
    agent.keyboard().press("Escape");
    open(agent, visitor);
    agent.fill(BOX, "Hi Ada!  It is 1/2 done.");
    agent.evaluate("document.querySelector('#composer textarea').setSelectionRange(8, 8)");
    agent.locator(BOX).focus();
    agent.keyboard().type("/tha");
    agent.waitForSelector("#suggestions li[aria-selected=true]:has-text('/thanks')");
    assertThat(agent.getAttribute(BOX, "aria-activedescendant")).isEqualTo("suggestions-0");
    Chromium.picture(agent, "agent-suggestions-en");
    Chromium.accessible(agent);
    agent.locator(BOX).focus();
    agent.keyboard().press("Backspace");
    agent.keyboard().press("Enter");
    assertThat(agent.inputValue(BOX)).isEqualTo("Hi Ada! Thank you for waiting. It is 1/2 done.");
    assertThat(agent.isVisible("#suggestions")).isFalse();
    // An address and a fraction are no shortcuts, and Enter sends again.
    agent.fill(BOX, "");
    agent.keyboard().type("see https://shop.example/tha 1/2 /谢");
    agent.waitForSelector("#suggestions li");
    assertThat(agent.locator("#suggestions li").count()).isEqualTo(1);
    agent.keyboard().press("Escape");
    assertThat(agent.isVisible("#suggestions")).isFalse();
    assertThat(focused(agent)).isEmpty();
    agent.keyboard().type("谢");
    agent.keyboard().press("Tab");
    agent.keyboard().press("Enter");
    visitor.waitFor("see https://shop.example/tha 1/2 谢谢您的耐心等待。");
    agent.click("#edit-canned");
    agent.click("#replies li:has-text('/thanks') button");
    agent.waitForCondition(() -> agent.locator("#replies li").count() == 1);
  }

  @Test
  void an_agent_is_called_for_mine_and_unassigned_but_not_for_what_is_open_or_a_colleagues() {
    Visitor mine = new Visitor("Mine", "one");
    Visitor colleagues = new Visitor("Colleagues", "two");
    agentApi.post("api/sessions/" + mine.id() + "/assign", "{\"agent_id\":\"agent\"}");
    agentApi.post("api/sessions/" + colleagues.id() + "/assign", "{\"agent_id\":\"admin\"}");
    BrowserContext context = chromium.context("en");
    context.addInitScript(LISTENING);
    Page agent = login(context, "agent", server.url());
    title(agent, "(1) Crossfade · Agent");
    assertThat(agent.evaluate("Notification.permission")).isEqualTo("default");
    agent.click("#notify");
    agent.waitForCondition(() -> !agent.isVisible("#notify"));

    mine.say("are you there?");
    title(agent, "(2) Crossfade · Agent");
    agent.waitForCondition(() -> beeps(agent) == 1);
    assertThat(agent.evaluate("shown")).isEqualTo(List.of("Mine: are you there?"));
    colleagues.say("hello?");
    Visitor unassigned = new Visitor("New", "anybody?");
    title(agent, "(3) Crossfade · Agent");
    agent.waitForCondition(() -> beeps(agent) == 2);
    open(agent, mine);
    agent.waitForSelector("#chat [data-seq='2']");
    mine.say("open and focused");
    agent.waitForSelector("#chat [data-seq='3']");
    // Whether to call is decided when the list comes, which is another request than the message's.
    agent.waitForSelector(item(mine) + ":has-text('open and focused')");
    agent.evaluate("document.hasFocus = () => false");
    mine.say("open behind another window");
    agent.waitForCondition(() -> beeps(agent) == 3);
    assertThat((List<?>) agent.evaluate("shown"))
        .map(Object::toString)
        .containsExactly(
            "Mine: are you there?", "New: anybody?", "Mine: open behind another window");
    agent.evaluate("delete document.hasFocus");
    agent.click("#mute");
    unassigned.say("still here");
    agent.waitForSelector(item(unassigned) + " em:text-is('2')");
    agent.waitForCondition(() -> ((List<?>) agent.evaluate("shown")).size() == 4);
    assertThat(beeps(agent)).isEqualTo(3);
    agent.reload();
    agent.waitForSelector("#mute[aria-pressed=true]");
  }

  @Test
  void search_opens_the_conversation_at_the_message() {
    Visitor visitor = new Visitor("Ada", "the parcel is BLUE");
    IntStream.range(0, 60).forEach(i -> visitor.say("line " + i));
    agentApi.post("api/sessions/" + visitor.id() + "/close", "{}");
    Page agent = login("agent");
    agent.fill("#query", "is blue");
    agent.press("#query", "Enter");
    agent.waitForSelector("#results [data-found='1']");
    Chromium.picture(agent, "agent-search-en");
    agent.click("#results [data-found='1']");
    agent.waitForSelector("#chat .looked-for[data-seq='1']");
    Locator found = agent.locator("#chat .looked-for");
    assertThat(found.evaluate("e => e.getBoundingClientRect().top < innerHeight")).isEqualTo(true);
    agent.waitForSelector("#close:has-text('Reopen')");
    agent.fill("#query", "no such words");
    agent.press("#query", "Enter");
    agent.waitForSelector("#none-found:has-text('Nothing was found.')");
    agent.click("#end-search");
    agent.waitForSelector("#views:visible");
  }

  @Test
  void hostile_and_long_text_stays_text_and_breaks_nothing() {
    String hostile = "<img src=x onerror=\"document.title='owned'\">";
    Visitor visitor = new Visitor(hostile + "\u202e" + "N".repeat(140), hostile);
    visitor.say("\u202egnp.exe " + "W".repeat(900));
    visitor.say("😀".repeat(1_024));
    visitor.page("https://shop.example/" + "p".repeat(900));
    for (String text : List.of(hostile, "\u202e" + "n".repeat(2_000))) {
      agentApi.post(
          "api/sessions/" + visitor.id() + "/notes",
          Api.JSON.createObjectNode().put("text", text).toString());
    }
    for (String language : List.of("en", "zh-CN")) {
      Page agent = login(chromium.context(language), "agent", server.url());
      open(agent, visitor);
      agent.waitForSelector("#chat [data-seq='3']");
      agent.waitForSelector("#chat .private");
      agent.waitForSelector("#facts a");
      Chromium.picture(agent, "agent-" + language);
      Chromium.accessible(agent);
      agent.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(ColorScheme.DARK));
      Chromium.picture(agent, "agent-dark-" + language);
      Chromium.accessible(agent);
      agent.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(ColorScheme.LIGHT));
      assertThat(agent.querySelectorAll("main img, main script")).isEmpty();
      assertThat(agent.title()).doesNotContain("owned");
      agent.fill("#query", "onerror");
      agent.press("#query", "Enter");
      agent.waitForSelector("#results [data-found='1']");
      assertThat(agent.querySelectorAll("main img, main script")).isEmpty();
      agent.click("#end-search");
      agent.click("#show-help");
      Chromium.picture(agent, "agent-help-" + language);
      Chromium.accessible(agent);
    }
    assertThat(chromium.complaints()).isEmpty();
  }

  @Test
  void who_logs_out_is_asked_for_a_name_again() {
    Page agent = login("agent");
    agent.click("#logout");
    agent.waitForSelector("[name=j_username]");
  }

  @Test
  void on_a_phone_list_and_conversation_are_two_views() {
    Visitor visitor = new Visitor("Ada", "hello");
    Page agent = login("agent");
    Chromium.picture(agent, "agent-list-en");
    agent.setViewportSize(Chromium.PHONE, 700);
    assertThat(agent.isVisible("#chat")).isFalse();
    Chromium.accessible(agent);
    open(agent, visitor);
    agent.waitForSelector("#chat [data-seq='1']");
    assertThat(agent.isVisible("#conversations")).isFalse();
    Chromium.accessible(agent);
    agent.click("#back");
    agent.waitForSelector("#conversations:visible");
    assertThat(agent.isVisible("#chat")).isFalse();
    // Whoever looks at the list has not read what comes.
    visitor.say("are you there?");
    agent.waitForSelector(item(visitor) + " em:text-is('1')");
  }

  @Test
  void a_restarted_server_brings_list_and_conversation_back_by_themselves() throws Exception {
    Visitor visitor = new Visitor("Ada", "before");
    Page agent = login("agent");
    open(agent, visitor);
    agent.waitForSelector("#state[data-transport=websocket]");
    say(agent, "answered");
    server.stop();
    agent.waitForSelector("#state[data-state=reconnecting]");
    agent.waitForSelector("#alert:not(:empty)");
    server.start();
    visitor.say("while you were away");
    Visitor other = new Visitor("Other", "new");
    agentApi.post("api/sessions/" + visitor.id() + "/assign", "{\"agent_id\":\"admin\"}");
    agent.waitForSelector("#chat [data-seq='3']");
    agent.waitForSelector(item(other));
    agent.waitForSelector("#assign:has-text('admin')");
    agent.waitForCondition(() -> agent.textContent("#alert").isEmpty());
    assertThat(agent.locator("#chat .message p").allTextContents())
        .containsExactly("before", "answered", "while you were away");
    say(agent, "back");
    visitor.waitFor("back");
  }

  @Test
  void what_was_written_without_a_connection_is_sent_though_the_agent_went_on() throws Exception {
    Visitor visitor = new Visitor("Ada", "hello");
    Visitor other = new Visitor("Other", "hello");
    try (ChaosProxy proxy = new ChaosProxy(server.port())) {
      Page agent = login(chromium.context("en"), "agent", proxy.url());
      open(agent, other);
      open(agent, visitor);
      agent.waitForSelector("#state[data-transport=websocket]");
      proxy.mode(ChaosProxy.Mode.REFUSE).cut();
      agent.waitForSelector("#state[data-state=reconnecting]");
      agent.fill(BOX, "written in the dark");
      agent.press(BOX, "Enter");
      agent.waitForSelector("#chat .pending");
      open(agent, other);
      proxy.mode(ChaosProxy.Mode.PASS);
      visitor.waitFor("written in the dark");
      agent.waitForSelector("#state[data-state=connected]");
      assertThat(agent.textContent("#chat")).doesNotContain("written in the dark");
      open(agent, visitor);
      agent.waitForSelector("#chat [data-seq='2']:has-text('written in the dark')");
      assertThat(agent.locator("#chat .message").count()).isEqualTo(2);
    }
  }

  @Test
  void three_hundred_conversations_stay_usable() {
    List<Visitor> many =
        IntStream.range(0, 300).mapToObj(i -> new Visitor("Visitor " + i, "hello " + i)).toList();
    Page agent = login("agent");
    count(agent, "unassigned", 300);
    assertThat(agent.isVisible("#cut")).isTrue();
    Visitor last = many.get(0);
    agent.focus(item(many.get(150)));
    last.say("I am first now");
    agent.waitForCondition(() -> order(agent).get(0) == last.id());
    // Focus and place stay where they were, whatever moves.
    assertThat(agent.evaluate("document.activeElement.dataset.sessionId"))
        .isEqualTo(Long.toString(many.get(150).id()));
    long started = System.nanoTime();
    for (int i = 0; i < 20; i++) {
      agent.keyboard().press("j");
    }
    agent.waitForSelector("#conversations li:nth-child(20) [aria-current]");
    agent.waitForSelector("#chat [data-seq='1']");
    assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(20));
  }

  /** Somebody with a name in the demo shop, who has written something. */
  private final class Visitor {
    private final Api api;
    private final long id;
    private int said;

    Visitor(String name, String text) {
      String body = Api.JSON.createObjectNode().put("shop_id", "demo").put("name", name).toString();
      Api nobody = server.api();
      api = nobody.as(nobody.post("api/visitors", body).body().get("token").asText());
      id = api.open();
      say(text);
    }

    long id() {
      return id;
    }

    void say(String text) {
      api.say(id, text, "m" + said++);
    }

    void page(String page) {
      api.post("api/sessions", Api.JSON.createObjectNode().put("page", page).toString());
    }

    String status() {
      return api.get("api/sessions/" + id).body().get("status").asText();
    }

    String all() {
      return api.poll(id, 0, 0).raw().body();
    }

    void waitFor(String text) {
      org.awaitility.Awaitility.await().until(() -> all().contains(text));
    }
  }

  private Page login(String who) {
    return login(chromium.context("en"), who, server.url());
  }

  private Page login(BrowserContext context, String who, String url) {
    Page page = chromium.page(context);
    page.navigate(url + "agent/");
    page.fill("[name=j_username]", who);
    page.fill("[name=j_password]", who);
    page.click("button[type=submit]");
    page.waitForSelector("#views b:not(:empty)");
    return page;
  }

  private static String item(Visitor visitor) {
    return "#conversations [data-session-id='" + visitor.id() + "']";
  }

  private static void open(Page page, Visitor visitor) {
    // The list may be sorted anew under the pointer; a person clicks again.
    page.waitForCondition(
        () -> {
          page.click(item(visitor));
          return page.url().endsWith("#" + visitor.id());
        });
    page.waitForSelector("#composer textarea:enabled");
  }

  private static void count(Page page, String view, int conversations) {
    page.waitForSelector("[data-view=" + view + "] b:text-is('" + conversations + "')");
  }

  private static void title(Page page, String title) {
    page.waitForCondition(() -> page.title().equals(title));
  }

  private static void say(Page page, String text) {
    page.fill(BOX, text);
    page.press(BOX, "Enter");
    page.waitForSelector("#chat .mine[data-seq]:has-text('" + text + "')");
  }

  private static void note(Page page, String text) {
    page.click("#note");
    page.fill(BOX, text);
    page.press(BOX, "Enter");
    page.waitForSelector("#chat .private:has-text('" + text + "')");
    page.click("#note");
  }

  private static List<Long> order(Page page) {
    return page.querySelectorAll("#conversations [data-session-id]").stream()
        .map(item -> Long.valueOf(item.getAttribute("data-session-id")))
        .toList();
  }

  private static int beeps(Page page) {
    return (int) page.evaluate("beeps");
  }

  private static String focused(Page page) {
    return (String) page.evaluate("document.activeElement.id");
  }
}
