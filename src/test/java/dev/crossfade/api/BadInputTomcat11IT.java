package dev.crossfade.api;

import dev.crossfade.run.RealTomcat;
import org.junit.jupiter.api.BeforeAll;

class BadInputTomcat11IT extends BadInputCatalogue {

  @BeforeAll
  static void start() throws Exception {
    start(RealTomcat.TOMCAT_11);
  }
}
