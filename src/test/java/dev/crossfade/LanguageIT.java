package dev.crossfade;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Refusals in the language of who is refused, on a server that speaks that of Taiwan. */
class LanguageIT {

  @TempDir static Path home;
  static CrossfadeServer server;

  @BeforeAll
  static void start() throws Exception {
    server = new CrossfadeServer(home).with("language", "zh-TW").start();
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

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
