package dev.crossfade.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import com.sun.net.httpserver.HttpServer;
import dev.crossfade.support.Api;
import dev.crossfade.support.Chromium;
import dev.crossfade.support.CrossfadeServer;
import dev.crossfade.support.Stage;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The examples of the client package in a real Chromium, under the pages' own policy. */
@Tag("alone")
class ClientPackageIT {

  @RegisterExtension static final Stage STAGE = Stage.plain();

  private final CrossfadeServer server = STAGE.server();
  private final Chromium chromium = STAGE.chromium();

  @ParameterizedTest
  @CsvSource({
    "plain,websocket",
    "plain,polling",
    "module,websocket",
    "module,polling",
    "vue,websocket",
    "vue,polling"
  })
  void a_visitor_writes_and_is_answered(String example, String transport) {
    server.api().admin().percentage(transport.equals("websocket") ? "100" : "0");
    Page page = open(example, "en");
    page.waitForSelector("#state[data-transport=" + transport + "][data-state=connected]");

    page.fill("#composer textarea", "  ");
    page.click("#composer button");
    page.fill("#composer textarea", "<b>hello</b>");
    page.click("#composer button");
    page.waitForSelector("#chat .mine[data-seq='1']");
    assertThat(page.inputValue("#composer textarea")).isEmpty();
    String token = (String) page.evaluate("localStorage.getItem('crossfade.visitor.demo')");
    long conversation = server.api().as(token).open();
    server.api().agent().say(conversation, "good morning", null);
    page.waitForSelector("#chat .theirs[data-seq='2']");

    assertThat(page.locator("#chat [data-seq] p").allTextContents())
        .containsExactly("<b>hello</b>", "good morning");
    page.reload();
    page.waitForSelector("#chat [data-seq='2']");
    assertThat(page.locator("#chat [data-seq]").count()).isEqualTo(2);
    assertThat(chromium.complaints()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "module", "vue"})
  void it_is_readable_in_every_language_and_says_what_was_refused(String example) {
    server.api().admin().percentage("100");
    for (String language : List.of("en", "zh-CN", "zh-TW")) {
      Page page = open(example, language);
      page.waitForSelector("#state[data-state=connected]");
      page.fill("#composer textarea", "訊息 ".repeat(60));
      page.click("#composer button");
      page.waitForSelector("#chat [data-seq='1']");
      // Fits the box, but not the 4,096 bytes.
      page.fill("#composer textarea", "長".repeat(2_000));
      page.click("#composer button");
      page.waitForSelector("#chat .note");
      Chromium.picture(page, "example-" + example + "-" + language);
      Chromium.accessible(page);
      assertThat(page.getAttribute("html", "lang")).isEqualTo(language);
    }
    assertThat(chromium.complaints()).isEmpty();
  }

  @Test
  void the_first_example_works_in_a_page_of_another_origin() throws Exception {
    String words = Files.readString(Path.of("src/site/own-pages.md"));
    String code =
        words
            .substring(
                words.indexOf("```js\n") + 6, words.indexOf("```", words.indexOf("```js") + 5))
            .replace("https://chat.example/crossfade/", server.url());
    HttpServer shop = HttpServer.create(new InetSocketAddress("localhost", 0), 0);
    serve(shop, "/", "text/html", "<script type=module src=page.js></script>");
    serve(shop, "/page.js", "text/javascript", code);
    shop.start();
    try {
      String origin = "http://localhost:" + shop.getAddress().getPort();
      server.api().admin().put("api/shops/my-shop", "{\"origins\":[\"" + origin + "\"]}");
      Api agent = server.api().as("a-1", "my-shop", "agent");
      chromium.page(chromium.context("en")).navigate(origin + "/");
      await()
          .untilAsserted(
              () ->
                  assertThat(agent.get("api/sessions?status=open").raw().body()).contains("Hello"));
      assertThat(chromium.complaints()).isEmpty();
    } finally {
      shop.stop(0);
    }
  }

  @Test
  void nothing_but_the_package_and_the_widget_is_for_other_origins() {
    for (String file :
        List.of(
            "js/chat/index.js", "js/chat/transports/websocket.js", "i18n/en.json", "widget.js")) {
      assertThat(server.api().get(file).header("Access-Control-Allow-Origin")).isEqualTo("*");
    }
    for (String file :
        List.of("js/agent.js", "i18n/agent/en.json", "js/chat", "examples/view.js")) {
      assertThat(server.api().get(file).header("Access-Control-Allow-Origin")).isNull();
    }
  }

  private static void serve(HttpServer shop, String path, String type, String body) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    shop.createContext(
        path,
        exchange -> {
          exchange.getResponseHeaders().set("Content-Type", type);
          exchange.sendResponseHeaders(200, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
  }

  private Page open(String example, String language) {
    BrowserContext visitor = chromium.context(language);
    Page page = chromium.page(visitor);
    page.navigate(server.url() + "examples/" + example + ".html");
    return page;
  }
}
