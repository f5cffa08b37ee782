package dev.crossfade.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Says at once, not after ten minutes of other tests, that a bug no longer fits its source. */
class MutantTest {

  @ParameterizedTest
  @EnumSource
  void fits_the_source_of_today_and_compiles(Mutant mutant, @TempDir Path folder) throws Exception {
    assertThat(mutant.compile(folder)).isNotEmptyDirectory();
  }
}
