package dev.crossfade.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import dev.crossfade.support.Api;
import dev.crossfade.support.Chromium;
import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.Socket;
import dev.crossfade.support.Stage;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Refusals in the language of who is refused, on a server that speaks that of Taiwan. */
@Tag("alone")
class LanguageIT {

  @RegisterExtension static final Stage STAGE = Stage.plain().with("language", "zh-TW");

  private final CrossfadeServer server = STAGE.server();

  @ParameterizedTest
  @CsvSource({
    "zh-HK,尚未驗證身分",
    "zh,未认证",
    "zh-CN,未认证",
    "'en-GB,zh-TW;q=0.5',You are not signed in",
    "de,尚未驗證身分"
  })
  void a_header_that_names_a_language_is_answered_in_it(String header, String words) {
    Api.Answer answer =
        server
            .api()
            .send(server.api().request("api/sessions").setHeader("Accept-Language", header).GET());
    assertThat(answer.code()).isEqualTo("not_authenticated");
    assertThat(answer.body().get("error").asText()).startsWith(words);
  }

  @Test
  void a_socket_speaks_the_language_of_the_setting() {
    try (Socket socket = Socket.open(server.url(), "")) {
      socket.expect("connected");
      socket.send("{\"type\":\"join_session\",\"session_id\":1}");
      assertThat(socket.expect("error").get("error").asText()).isEqualTo("尚未驗證身分");
    }
  }

  @Test
  void every_page_is_shown_in_it_to_who_reads_it() {
    Chromium chromium = STAGE.chromium();
    Api visitor = server.api().visitor();
    long conversation = visitor.open();
    visitor.say(conversation, "請問有現貨嗎？", null);
    Page shop = chromium.page(chromium.context("zh-HK"));
    shop.navigate(server.url());
    shop.click("#launcher[aria-label=開啟客服視窗]");
    shop.waitForSelector("#title:text('線上客服')");
    assertShown(shop, "visitor", "示範商店");
    Page login = chromium.page(chromium.context("en"));
    login.navigate(server.url() + "agent/?lang=zh-TW");
    assertShown(login, "login", "使用者名稱");
    Page agent = chromium.login(server.url() + "agent/", "agent", "zh-TW");
    agent.click("[data-session-id='" + conversation + "']");
    agent.waitForSelector("#chat [data-seq='1']");
    assertShown(agent, "agent", "客服工作台");
    Page ops = chromium.login(server.url() + "ops/", "admin", "zh-Hant");
    ops.waitForSelector("#truth:not(:empty)");
    assertShown(ops, "ops", "漸進式發布");
    assertThat(chromium.complaints()).isEmpty();
  }

  private static void assertShown(Page page, String name, String words) {
    page.waitForSelector("text=" + words);
    assertThat(page.getAttribute("html", "lang")).isEqualTo("zh-TW");
    Chromium.picture(page, name + "-zh-TW");
  }

  @Test
  void why_a_client_polls_is_told_in_it_too() {
    String sentence =
        server
            .api()
            .admin()
            .send(
                server
                    .api()
                    .admin()
                    .request("api/rollout/clients/c-1")
                    .setHeader("Accept-Language", "zh-TW")
                    .GET())
            .body()
            .get("sentence")
            .asText();
    assertThat(sentence).startsWith("c-1 使用輪詢：桶 ").contains(" 不小於 ");
  }
}
