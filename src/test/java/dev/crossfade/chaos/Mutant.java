package dev.crossfade.chaos;

import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/**
 * A switch that only tests have: a real bug, put into the real WAR. A few words of a source file
 * are replaced and the class is compiled anew; nothing of it is in the product.
 */
enum Mutant {
  /** Not a bug: the application reads a clock that a test may move. */
  MOVABLE_CLOCK(
      "app/AppListener",
      "Clock.systemUTC()",
      """
      new Clock() {
        private final java.nio.file.Path file =
            java.nio.file.Path.of(System.getProperty("crossfade.test.clock"));
        private volatile long offset;
        private volatile long readAt;
        public java.time.ZoneId getZone() { return java.time.ZoneOffset.UTC; }
        public Clock withZone(java.time.ZoneId zone) { return this; }
        public java.time.Instant instant() {
          if (System.nanoTime() - readAt > 50_000_000) {
            try {
              offset = Long.parseLong(java.nio.file.Files.readString(file).trim());
            } catch (java.io.IOException | NumberFormatException keep) {
              // The last offset stands.
            }
            readAt = System.nanoTime();
          }
          return java.time.Instant.now().plusSeconds(offset);
        }
      }
      """),
  /** H2's own default: a killed process loses what was committed in the last half second. */
  H2_DEFAULT_URL("app/Pools", ";WRITE_DELAY=0;", ";"),
  /** The same, second half: without it the server sees the default and does not start. */
  H2_UNCHECKED("store/H2Session", "!\"0\".equals(setting(connection, \"WRITE_DELAY\"))", "false"),
  /** seq is a number that a sequence gave, as an identity column gives it: with holes. */
  SEQ_FROM_SEQUENCE(
      "store/MessageStore",
      "conversation.head() + 1, (head, first) -> head + 1",
      "conversation.head() + 1 + id % 2, (head, first) -> head + 1 + id % 2"),
  /** The sender hears of it before the database has it. */
  ACK_BEFORE_COMMIT(
      "store/Journal",
      "outcomes = database.inTransaction(work);",
      """
      List<Outcome<R>>[] written = new List[1];
      outcomes =
          database.inTransaction(
              session -> {
                written[0] = writer.write(session, entries);
                for (int i = 0; i < batch.size(); i++) {
                  Outcome<R> early = written[0].get(i);
                  settle(batch.get(i), early);
                }
                java.util.concurrent.locks.LockSupport.parkNanos(200_000_000);
                return written[0];
              });
      """),
  /** Looks first and registers then; and nothing sweeps up what falls between. */
  LOST_WAKE_UP(
      "message/MessageService",
      """
          Subscription subscription =
              subscriptions.register(place.conversation(), subscriber, batchLimit);
          try {
            Known conversation = visible(caller, place.conversation());
            boolean resumed = place.after() == null;
            long from = resumed ? resumeFrom(caller, place, conversation) : place.after();
            long head = reach(place.epoch(), from, conversation);
      """,
      """
      Known conversation = visible(caller, place.conversation());
      boolean resumed = place.after() == null;
      long from = resumed ? resumeFrom(caller, place, conversation) : place.after();
      long head = reach(place.epoch(), from, conversation);
      java.util.concurrent.locks.LockSupport.parkNanos(300_000_000);
      Subscription subscription =
          subscriptions.register(place.conversation(), subscriber, batchLimit);
      try {
      """),
  NO_SWEEP("message/Subscriptions", "heads.forEach(this::signal);", "heads.size();"),
  /** A socket resumes one further than it was asked to. */
  RESUME_OFF_BY_ONE(
      "message/MessageService",
      "subscriptions.start(subscription, from, head);",
      "subscriptions.start(subscription, Math.min(from + 1, head), head);"),
  /** Who knows the number of a conversation may read it. */
  NO_TENANT_FILTER(
      "model/Conversation",
      "return shopId.equals(caller.shopId())\n        && (",
      "return true || (shopId.isEmpty()\n        || "),
  /** A parked poll is held to its end whatever becomes of the identity. */
  EXPIRY_UNCHECKED("peer/Peer", "who != null && who.expired(time)", "false");

  private static final String PACKAGE = "dev/crossfade/";

  private final String source;
  private final String original;
  private final String replacement;

  Mutant(String source, String original, String replacement) {
    this.source = source;
    this.original = original;
    this.replacement = replacement;
  }

  /** The built WAR with these mutations, in {@code folder}. */
  static Path war(Path folder, Mutant... mutants) throws IOException {
    Path war = folder.resolve("mutant.war");
    Files.createDirectories(folder);
    Files.copy(
        Path.of(System.getProperty("crossfade.war")), war, StandardCopyOption.REPLACE_EXISTING);
    try (FileSystem zip =
        FileSystems.newFileSystem(URI.create("jar:" + war.toUri()), java.util.Map.of())) {
      for (Mutant mutant : mutants) {
        Path classes = mutant.compile(folder.resolve(mutant.name()));
        try (Stream<Path> files = Files.walk(classes)) {
          for (Path file : files.filter(Files::isRegularFile).toList()) {
            Path to = zip.getPath("/WEB-INF/classes/" + classes.relativize(file));
            Files.copy(file, to, StandardCopyOption.REPLACE_EXISTING);
          }
        }
      }
    }
    return war;
  }

  Path compile(Path folder) throws IOException {
    Path from = Path.of("src/main/java", PACKAGE + source + ".java");
    String text = Files.readString(from);
    int at = text.indexOf(original);
    if (at < 0 || text.indexOf(original, at + 1) >= 0) {
      throw new IllegalStateException(this + ": " + from + " must hold once: " + original);
    }
    Path mutated = folder.resolve("source").resolve(PACKAGE + source + ".java");
    Path classes = folder.resolve("classes");
    Files.createDirectories(mutated.getParent());
    Files.createDirectories(classes);
    Files.writeString(mutated, text.replace(original, replacement));
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "-proc:none",
                "-nowarn",
                "--release",
                "17",
                "-cp",
                System.getProperty("java.class.path"),
                "-d",
                classes.toString(),
                mutated.toString()));
    int result =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, arguments.toArray(String[]::new));
    if (result != 0) {
      throw new IllegalStateException(this + " does not compile");
    }
    return classes;
  }
}
