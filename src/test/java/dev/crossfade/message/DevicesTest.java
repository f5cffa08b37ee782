package dev.crossfade.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Role;
import dev.crossfade.store.DeviceStore;
import dev.crossfade.store.DeviceStore.Device;
import dev.crossfade.support.Stored;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Devices are noted without the store, and listed and signed out as if they were in it. */
class DevicesTest {

  @TempDir static Path folder;
  private static Stored stored;

  private final Devices devices =
      new Devices(new DeviceStore(stored.database), Hints.NONE, Clock.systemUTC());
  private final Caller anna =
      new Caller(
          UUID.randomUUID().toString(), "demo", Role.VISITOR, null, Instant.MIN, null, Instant.MAX);

  @BeforeAll
  static void open() {
    stored = new Stored(folder);
  }

  @AfterAll
  static void close() {
    stored.close();
  }

  @Test
  void who_signs_in_waits_for_no_database_and_is_written_when_it_is_back() throws Exception {
    try (AutoCloseable down = stored.unavailable()) {
      devices.introduced(anna, "phone", "Anna's", "mobile", "ios");
      devices.seen(anna, "tablet");
      assertThatThrownBy(devices::flush).isInstanceOf(ChatException.class);
    }
    devices.flush();
    assertThat(new DeviceStore(stored.database).list("demo", anna.userId(), 10))
        .extracting(Device::id)
        .containsExactlyInAnyOrder("phone", "tablet");
  }

  @Test
  void what_a_device_does_not_say_again_stays_as_it_was() {
    devices.introduced(anna, "phone", "Anna's", "mobile", "ios");
    devices.flush();
    devices.introduced(anna, "phone", null, null, "android");
    devices.introduced(anna, "phone", "New", null, null);
    Device device = devices.list(anna).get(0);
    assertThat(List.of(device.name(), device.type(), device.platform()))
        .containsExactly("New", "mobile", "android");
  }

  @Test
  void a_device_that_was_just_seen_can_be_signed_out_and_an_unknown_one_cannot() {
    List<String> ended = new ArrayList<>();
    List<String> revoked = new ArrayList<>();
    devices.watchSignOut((caller, clientId) -> ended.add(clientId));
    devices.seen(anna, "phone");
    devices.signOut(anna, "phone", revoked::add);
    assertThat(ended).containsExactly("phone");
    assertThat(devices.list(anna)).isEmpty();
    assertThatThrownBy(() -> devices.signOut(anna, "phone", revoked::add)).hasMessage("not_found");
  }

  @Test
  void a_user_who_makes_up_client_ids_keeps_a_bounded_number_of_devices() {
    for (int i = 0; i < 3 * DeviceStore.MAX_LISTED; i++) {
      devices.introduced(anna, "made-up-" + i, null, null, null);
    }
    devices.flush();
    assertThat(rows()).isEqualTo(DeviceStore.MAX_LISTED);
    devices.introduced(anna, "one-more", null, null, null);
    devices.flush();
    assertThat(rows()).isEqualTo(DeviceStore.MAX_LISTED);
    assertThat(devices.list(anna)).extracting(Device::id).contains("one-more");
  }

  private long rows() {
    return stored.database.read(
        session ->
            session
                .createSelectionQuery(
                    "select count(*) from DeviceRow where userId = :user", Long.class)
                .setParameter("user", anna.userId())
                .getSingleResult());
  }

  @Test
  void two_nodes_that_see_one_device_first_both_note_it() {
    Devices elsewhere =
        new Devices(new DeviceStore(stored.database), Hints.NONE, Clock.systemUTC());
    devices.introduced(anna, "phone", "Anna's", null, null);
    elsewhere.introduced(anna, "phone", null, "mobile", null);
    List.of(devices, elsewhere).parallelStream().forEach(Devices::flush);
    assertThat(devices.list(anna)).extracting(Device::name, Device::type).hasSize(1);
  }
}
