package dev.crossfade;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Who may use whom: the floors of src/README.md. A line that is not here is not allowed. */
class ArchitectureTest {

  private static final Map<String, Set<String>> MAY_USE =
      Map.ofEntries(
          Map.entry("model", Set.of()),
          Map.entry("metrics", Set.of("model")),
          Map.entry("store", Set.of("model")),
          Map.entry("message", Set.of("model", "metrics", "store")),
          Map.entry("rollout", Set.of("model", "store")),
          Map.entry("identity", Set.of("model", "store")),
          Map.entry("wire", Set.of("model", "store", "message", "rollout")),
          Map.entry("peer", Set.of("model", "metrics", "message", "rollout", "identity", "wire")),
          Map.entry(
              "http",
              Set.of(
                  "model", "metrics", "store", "message", "rollout", "identity", "wire", "peer")),
          Map.entry("websocket", Set.of("model", "rollout", "identity", "wire", "peer")),
          Map.entry(
              "app",
              Set.of(
                  "model",
                  "metrics",
                  "store",
                  "message",
                  "rollout",
                  "identity",
                  "wire",
                  "peer",
                  "http",
                  "websocket")));

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.crossfade");

  @Test
  void every_package_uses_only_the_floors_below_it() {
    Set<String> broken = new TreeSet<>();
    for (JavaClass from : CLASSES) {
      for (Dependency use : from.getDirectDependenciesFromSelf()) {
        String to = packageOf(use.getTargetClass());
        String own = packageOf(from);
        if (to != null && !to.equals(own) && !MAY_USE.get(own).contains(to)) {
          broken.add(own + " uses " + to + ": " + use.getDescription());
        }
      }
    }
    assertThat(broken).isEmpty();
  }

  @Test
  void nothing_is_allowed_that_nobody_uses() {
    Map<String, Set<String>> used = new TreeMap<>();
    for (JavaClass from : CLASSES) {
      String own = packageOf(from);
      Set<String> uses = used.computeIfAbsent(own, name -> new TreeSet<>());
      for (Dependency use : from.getDirectDependenciesFromSelf()) {
        String to = packageOf(use.getTargetClass());
        if (to != null && !to.equals(own)) {
          uses.add(to);
        }
      }
    }
    assertThat(used).isEqualTo(new TreeMap<>(MAY_USE));
  }

  /** What a peer is carried by, it must not know. */
  @Test
  void peers_know_neither_sockets_nor_requests() {
    noClasses()
        .that()
        .resideInAPackage("dev.crossfade.peer..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("jakarta..", "org.glassfish..")
        .check(CLASSES);
  }

  @Test
  void only_the_store_knows_sql_and_hibernate() {
    Set<String> broken = new TreeSet<>();
    for (JavaClass from : CLASSES) {
      for (Dependency use : from.getDirectDependenciesFromSelf()) {
        String target = use.getTargetClass().getPackageName();
        boolean database =
            target.startsWith("org.hibernate") || target.startsWith("jakarta.persistence");
        if (database && !packageOf(from).equals("store")) {
          broken.add(use.getDescription());
        }
      }
    }
    assertThat(broken).isEmpty();
  }

  @Test
  void the_chaos_rig_knows_the_protocol_and_nothing_of_the_server() {
    Set<String> broken = new TreeSet<>();
    for (JavaClass from : new ClassFileImporter().importPackages("dev.crossfade.chaos")) {
      for (Dependency use : from.getDirectDependenciesFromSelf()) {
        if (CLASSES.contain(use.getTargetClass().getBaseComponentType().getFullName())) {
          broken.add(use.getDescription());
        }
      }
    }
    assertThat(broken).isEmpty();
  }

  @Test
  void no_package_uses_another_in_a_circle() {
    slices().matching("dev.crossfade.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void no_room_of_http_uses_another_in_a_circle() {
    slices().matching("dev.crossfade.http.(**)").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void what_all_rooms_of_http_share_knows_none_of_them() {
    noClasses()
        .that()
        .resideInAPackage("dev.crossfade.http")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("dev.crossfade.http.*")
        .check(CLASSES);
  }

  @Test
  void no_room_of_the_rollout_uses_another_in_a_circle() {
    slices().matching("dev.crossfade.rollout.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  /** The facade is above its rooms: none of them may know it. */
  @Test
  void no_room_of_the_rollout_knows_the_facade() {
    noClasses()
        .that()
        .resideInAPackage("dev.crossfade.rollout.*..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("dev.crossfade.rollout")
        .check(CLASSES);
  }

  private static String packageOf(JavaClass type) {
    String name = type.getPackageName();
    String root = "dev.crossfade.";
    return name.startsWith(root) ? name.substring(root.length()).split("\\.")[0] : null;
  }
}
