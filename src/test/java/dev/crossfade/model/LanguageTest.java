package dev.crossfade.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossfade.support.Sentences;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** In which language somebody is refused. */
class LanguageTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "zh | ZH",
        "zh-CN | ZH",
        "zh-SG | ZH",
        "zh-Hans | ZH",
        "zh-Hans-TW | ZH",
        "zh-TW | ZH_TW",
        "zh-HK | ZH_TW",
        "zh-MO | ZH_TW",
        "zh-Hant | ZH_TW",
        "zh-Hant-HK | ZH_TW",
        "ZH-tw | ZH_TW",
        "zh_TW | ZH_TW",
        "en | EN",
        "en-GB | EN"
      })
  void a_tag_is_the_language_it_means(String tag, Language language) {
    assertThat(Language.of(tag)).isEqualTo(language);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "de", "english", "*", "en,zh", "zh-"})
  void a_setting_that_names_none_is_refused(String tag) {
    assertThatThrownBy(() -> Language.of(tag)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "zh-TW,zh;q=0.9,en;q=0.8 | ZH_TW",
        "zh-HK | ZH_TW",
        "zh;q=0.1,zh-TW;q=0.9 | ZH_TW",
        "zh-CN,zh;q=0.9,zh-TW;q=0.8 | ZH",
        "zh | ZH",
        "de,en;q=0.5,zh-TW;q=0.4 | EN",
        "de | EN",
        "* | EN",
        ";q=x,,- | EN"
      })
  void a_header_is_the_first_it_names_that_there_is(String header, Language language) {
    assertThat(Language.preferred(header, Language.EN)).isEqualTo(language);
  }

  @Test
  void no_header_is_the_setting() {
    assertThat(Language.preferred(null, Language.ZH_TW)).isEqualTo(Language.ZH_TW);
    assertThat(Language.preferred("zh,".repeat(200), Language.EN)).isEqualTo(Language.EN);
  }

  @ParameterizedTest
  @EnumSource(Problem.class)
  void every_refusal_is_there_in_every_language(Problem problem) {
    Sentences.assertComplete(problem.sentence());
    for (Language language : Language.values()) {
      assertThat(problem.sentence().in(language)).isNotBlank();
    }
  }

  @Test
  void what_names_a_field_is_there_too() {
    Sentences.assertComplete(ChatException.missing("content").sentence());
    Sentences.assertComplete(ChatException.badType("content").sentence());
    Sentences.assertComplete(ChatException.badParameter("limit").sentence());
  }
}
