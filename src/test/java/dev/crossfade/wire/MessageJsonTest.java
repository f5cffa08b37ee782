package dev.crossfade.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.junit.jupiter.api.Test;

class MessageJsonTest {

  @Test
  void a_page_is_json_whatever_the_epoch_is_made_of() throws Exception {
    String epoch = "a \"quoted\" one\\ of\nours";

    String page =
        MessageJson.page(7, epoch, List.of("{\"seq\":1}", "{\"seq\":2}").iterator(), 2, 9);

    JsonNode read = new ObjectMapper().readTree(page);
    assertThat(read.get("epoch").asText()).isEqualTo(epoch);
    assertThat(read.get("session_id").asLong()).isEqualTo(7);
    assertThat(read.get("messages")).hasSize(2);
    assertThat(read.get("messages").get(1).get("seq").asLong()).isEqualTo(2);
    assertThat(read.get("cursor").asLong()).isEqualTo(2);
    assertThat(read.get("head").asLong()).isEqualTo(9);
  }
}
