package dev.crossfade.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NetworkTest {

  @ParameterizedTest
  @CsvSource({
    "192.0.2.7, 192.0.2.7",
    "2001:db8:1:2:3:4:5:6, 2001:db8:1:2:0:0:0:0",
    "2001:db8:1:2::ffff, 2001:db8:1:2:0:0:0:0",
    "2001:db8:1:3::1, 2001:db8:1:3:0:0:0:0",
    "fe80::1%eth0, fe80:0:0:0:0:0:0:0",
    "::ffff:192.0.2.7, 192.0.2.7",
    "not:an:address, not:an:address",
    "unknown, unknown"
  })
  void one_line_is_one_source_however_many_addresses_it_has(String address, String source) {
    assertThat(Network.source(address)).isEqualTo(source);
  }
}
