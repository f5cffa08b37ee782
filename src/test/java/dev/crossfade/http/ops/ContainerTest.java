package dev.crossfade.http.ops;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContainerTest {

  @ParameterizedTest
  @CsvSource({
    "Apache Tomcat/10.1.60, true",
    "Apache Tomcat/10.1.61 (Debian), true",
    "Apache Tomcat/10.1.59, false",
    "Apache Tomcat/10.1.9, false",
    "Apache Tomcat/11.0.25, false",
    "Apache Tomcat/11.0.26, true",
    "Apache Tomcat/11.0.100-dev, true",
    "Apache Tomcat/9.0.120, false",
    "jetty/12.0.1, true",
  })
  void a_release_below_the_floor_of_its_line_is_not_safe(String serverInfo, boolean safe) {
    assertThat(Container.of(serverInfo)).isEqualTo(new Container(serverInfo, safe));
  }
}
