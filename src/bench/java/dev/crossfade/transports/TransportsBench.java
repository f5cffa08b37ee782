package dev.crossfade.transports;

import dev.crossfade.run.RealTomcat;
import dev.crossfade.support.Api;
import dev.crossfade.support.Socket;
import dev.crossfade.transports.Clients.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the documents claim for WebSocket, measured: a thousand visitors who get the same messages
 * by short polls, by long polls and by WebSocket, in turns, on one Tomcat in a process of its own.
 * Writes {@code target/transports.md} and {@code target/transports.svg}.
 */
@Tag("long")
class TransportsBench {

  private static final int VISITORS = 1_000;
  private static final int MESSAGES_PER_SECOND = 10;

  /** Longer than a held poll, and than the access log is written late: of the turn before. */
  private static final int SETTLE_SECONDS = 30;

  private static final int SECONDS = 20;

  /** The first is not counted: it warms the server. */
  private static final int ROUNDS = 3;

  private static final double TICKS_PER_SECOND = 100;
  private static final String PADDING = "x".repeat(80);

  /** One thing that is measured, and by how much the documents say that WebSocket lowers it. */
  private record Claim(String what, String unit, double lowersTo, ToDoubleFunction<Result> value) {}

  private static final List<Claim> CLAIMS =
      List.of(
          new Claim("requests and frames from clients", "/s", 0.20, Result::requests),
          new Claim("mean delay from send to delivery", "ms", 0.05, Result::delayMillis),
          new Claim("bytes on the wire, both ways", "kB/s", 0.30, Result::kilobytes),
          new Claim("lines in all logs", "/min", 0.005, Result::logLines),
          new Claim("CPU of the server", "% of a core", 0.40, Result::cpuPercent));

  /** What one kind of client cost in one turn, per second unless its name says otherwise. */
  private record Result(
      double requests,
      double delayMillis,
      double kilobytes,
      double logLines,
      double cpuPercent,
      double residentMegabytes,
      int deliveries) {}

  @TempDir Path folder;

  @Test
  void a_thousand_visitors_by_each_transport() throws Exception {
    Map<Kind, List<Result>> results = new EnumMap<>(Kind.class);
    try (RealTomcat server = new RealTomcat(RealTomcat.TOMCAT_10, folder)) {
      server.start("-Dcrossfade.max_sockets_per_address=5000");
      Api api = new Api(server.url());
      List<Clients.Person> people = new ArrayList<>();
      for (int i = 0; i < VISITORS; i++) {
        Api visitor = api.visitor();
        people.add(new Clients.Person(visitor.token(), visitor.open()));
      }
      for (int round = 0; round < ROUNDS; round++) {
        for (Kind kind : Kind.values()) {
          Result result = turn(server, api, kind, people);
          if (round > 0) {
            results.computeIfAbsent(kind, first -> new ArrayList<>()).add(result);
          }
        }
      }
    }
    String table = table(results);
    System.out.println(table);
    Files.writeString(Path.of("target", "transports.md"), table);
    Files.writeString(Path.of("target", "transports.svg"), svg(results));
  }

  private static Result turn(
      RealTomcat server, Api api, Kind kind, List<Clients.Person> people) throws Exception {
    try (Clients clients = Clients.open(kind, server.port(), people);
        Socket agent = Socket.as(api.agent(), null)) {
      talk(agent, people, SETTLE_SECONDS);
      Clients.Figures before = clients.figures();
      long lines = lines(server);
      double cpu = cpuSeconds(server.pid());
      long begin = System.nanoTime();
      talk(agent, people, SECONDS);
      double seconds = (System.nanoTime() - begin) / 1e9;
      double used = cpuSeconds(server.pid()) - cpu;
      double resident = residentMegabytes(server.pid());
      Clients.Figures after = clients.figures();
      // The access log is written with a delay.
      talk(agent, people, SETTLE_SECONDS);
      double logged = (lines(server) - lines) * SECONDS / (double) (SECONDS + SETTLE_SECONDS);
      double bytes = after.bytesUp() + after.bytesDown() - before.bytesUp() - before.bytesDown();
      return new Result(
          (after.requests() - before.requests()) / seconds,
          after.delays().stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN),
          bytes / 1e3 / seconds,
          logged * 60 / seconds,
          100 * used / seconds,
          resident,
          after.delays().size());
    }
  }

  /** An agent writes to visitors chosen at random, evenly in time. */
  private static void talk(Socket agent, List<Clients.Person> people, int seconds)
      throws InterruptedException {
    Random random = new Random(7);
    CountDownLatch left = new CountDownLatch(seconds * MESSAGES_PER_SECOND);
    ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    try {
      timer.scheduleAtFixedRate(
          () -> {
            long conversation = people.get(random.nextInt(people.size())).conversation();
            long now = System.nanoTime();
            agent.say(conversation, "~T" + now + "~" + PADDING, "t" + now);
            left.countDown();
          },
          0,
          1_000 / MESSAGES_PER_SECOND,
          TimeUnit.MILLISECONDS);
      left.await();
    } finally {
      timer.shutdown();
    }
  }

  private static long lines(RealTomcat server) throws IOException {
    return server.accessLog().size() + server.output().lines().count();
  }

  private static double cpuSeconds(long pid) throws IOException {
    String stat = Files.readString(Path.of("/proc", "" + pid, "stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
  }

  private static double residentMegabytes(long pid) throws IOException {
    return Files.readAllLines(Path.of("/proc", "" + pid, "status")).stream()
        .filter(line -> line.startsWith("VmRSS"))
        .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) / 1024)
        .findFirst()
        .orElse(Double.NaN);
  }

  private static double median(List<Result> results, ToDoubleFunction<Result> value) {
    double[] sorted = results.stream().mapToDouble(value).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  private static String table(Map<Kind, List<Result>> results) {
    StringBuilder out = new StringBuilder("| " + VISITORS + " visitors, ");
    out.append(MESSAGES_PER_SECOND).append(" messages/s in all | ");
    Arrays.stream(Kind.values()).forEach(kind -> out.append(kind.label).append(" | "));
    out.append("WebSocket / short poll | the documents say | |\n| --- |");
    out.append(" ---: |".repeat(Kind.values().length + 2)).append(" --- |\n");
    for (Claim claim : CLAIMS) {
      out.append("| ").append(claim.what()).append(", ").append(claim.unit()).append(" | ");
      for (Kind kind : Kind.values()) {
        out.append(number(median(results.get(kind), claim.value()))).append(" | ");
      }
      double ratio = ratio(results, claim, Kind.WEBSOCKET);
      out.append(String.format(Locale.ROOT, "%.3f | %.3f | ", ratio, claim.lowersTo()));
      out.append(ratio <= claim.lowersTo() / 2 ? "exceeded" : "");
      out.append(ratio > claim.lowersTo() / 2 && ratio <= claim.lowersTo() ? "reached" : "");
      out.append(ratio <= claim.lowersTo() ? " |\n" : "missed |\n");
    }
    out.append("| memory of the server, MB | ");
    for (Kind kind : Kind.values()) {
      out.append(number(median(results.get(kind), Result::residentMegabytes))).append(" | ");
    }
    return out.append(" | | |\n").toString();
  }

  private static double ratio(Map<Kind, List<Result>> results, Claim claim, Kind kind) {
    return median(results.get(kind), claim.value())
        / median(results.get(Kind.SHORT_POLL), claim.value());
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value < 10 ? "%,.1f" : "%,.0f", value);
  }

  /** Bars: each transport's share of what short polls cost. */
  private static String svg(Map<Kind, List<Result>> results) {
    int height = 90 + CLAIMS.size() * 92;
    StringBuilder out = new StringBuilder();
    out.append("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 ").append(height);
    out.append("\" font-family=\"sans-serif\" font-size=\"14\">\n");
    out.append("<rect width=\"720\" height=\"").append(height).append("\" fill=\"#fff\"/>\n");
    text(out, 20, 30, "What a thousand visitors cost; short polls are 100 %");
    String[] colours = {"#8a8f98", "#c98a1b", "#1668b8"};
    int[] y = {60};
    for (Claim claim : CLAIMS) {
      text(out, 20, y[0] + 12, claim.what());
      IntStream.range(0, Kind.values().length)
          .forEach(
              i -> {
                double ratio = ratio(results, claim, Kind.values()[i]);
                int top = y[0] + 20 + i * 20;
                double width = Math.max(1, Math.min(1.4, ratio) * 340);
                out.append(
                    String.format(
                        Locale.ROOT,
                        "<rect x=\"170\" y=\"%d\" width=\"%.1f\" height=\"15\" fill=\"%s\"/>\n",
                        top,
                        width,
                        colours[i]));
                text(out, 20, top + 13, Kind.values()[i].label);
                String share = String.format(Locale.ROOT, "%.1f %%", 100 * ratio);
                text(out, (int) (178 + width), top + 13, share);
              });
      y[0] += 92;
    }
    return out.append("</svg>\n").toString();
  }

  private static void text(StringBuilder out, int x, int y, String text) {
    out.append("<text x=\"").append(x).append("\" y=\"").append(y).append("\" fill=\"#222\">");
    out.append(text).append("</text>\n");
  }
}
