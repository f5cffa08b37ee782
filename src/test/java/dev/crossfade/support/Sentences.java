package dev.crossfade.support;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossfade.model.Sentence;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** What holds of every sentence for people, wherever it was made. */
public final class Sentences {

  /** Characters that nobody in Taiwan would write here; the tests of the pages read them too. */
  private static final String SIMPLIFIED = "/simplified.txt";

  private Sentences() {}

  /** That it is there in each language, and that none stands in the place of another. */
  public static void assertComplete(Sentence sentence) {
    assertThat(sentence.zh()).isNotBlank();
    assertThat(sentence.zhTw()).isNotBlank();
    assertThat(sentence.en()).isNotBlank().doesNotContainPattern("\\p{IsHan}");
    String simplified = simplified();
    assertThat(sentence.zhTw().chars().mapToObj(Character::toString))
        .as(sentence.zhTw())
        .noneMatch(simplified::contains);
  }

  private static String simplified() {
    try (InputStream file = Sentences.class.getResourceAsStream(SIMPLIFIED)) {
      return new String(file.readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
