package dev.crossfade.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EntityTagTest {

  private static final String OURS = "\"6f-1\"";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"6f-1\"",
        "W/\"6f-1\"",
        "\"6f-1-gzip\"",
        "W/\"6f-1-br\"",
        "\"other\", \"6f-1\"",
        "\"other\",W/\"6f-1\" , \"third\"",
        "\"with, comma\", \"6f-1\"",
        "*",
        " * "
      })
  void the_version_that_a_client_has_is_known_however_a_proxy_wrote_its_tag(String condition) {
    assertThat(EntityTag.matches(condition, OURS)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\"6f\"",
        "\"6f-1-\"",
        "\"6f-1-zip\"",
        "\"6F-1\"",
        "6f-1",
        "W/\"\"",
        "\"*\"",
        "\"6f-1",
        "\"a\", \"b\""
      })
  void another_version_is_another(String condition) {
    assertThat(EntityTag.matches(condition, OURS)).isFalse();
  }

  @Test
  void a_client_that_says_nothing_has_nothing() {
    assertThat(EntityTag.matches(null, OURS)).isFalse();
  }
}
