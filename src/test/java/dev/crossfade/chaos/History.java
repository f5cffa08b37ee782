package dev.crossfade.chaos;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;
import java.util.stream.Stream;

/** What happened, in the order it happened; one JSON object a line. Safe for many threads. */
final class History implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final long begin = System.nanoTime();
  private final List<Event> events = new ArrayList<>();
  private final BufferedWriter file;
  private boolean closed;

  History(Path path) throws IOException {
    file = Files.newBufferedWriter(path);
  }

  /** Nanoseconds since the run began. */
  long now() {
    return System.nanoTime() - begin;
  }

  /** Takes the time and the place in the order at once, so that the order is that of the times. */
  synchronized void add(LongFunction<Event> event) {
    if (closed) {
      return;
    }
    Event made = event.apply(now());
    events.add(made);
    try {
      file.write(JSON.writeValueAsString(made));
      file.newLine();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  synchronized List<Event> events() {
    return List.copyOf(events);
  }

  /** Writes the last line; what comes later is dropped. */
  @Override
  public synchronized void close() throws IOException {
    if (!closed) {
      int count = events.size();
      add(at -> new Event.Ended(at, count));
      closed = true;
      file.close();
    }
  }

  static List<Event> read(Path path) throws IOException {
    try (Stream<String> lines = Files.lines(path)) {
      return lines.map(History::parse).toList();
    }
  }

  private static Event parse(String line) {
    try {
      return JSON.readValue(line, Event.class);
    } catch (IOException e) {
      throw new UncheckedIOException("not a line of a history: " + line, e);
    }
  }
}
