package dev.crossfade.chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A run for people: a table, and a page with the time line of the clients and the faults on it. */
final class Report {

  private static final int LANE = 14;
  private static final int NAMES = 170;
  private static final int TOP = 190;

  private static final Map<String, String> COLOURS =
      Map.of(
          "polling", "#e0a030",
          "websocket", "#3a7bd5",
          "both", "#3aa76d",
          "nothing", "#c9453b");

  private Report() {}

  static void write(Path folder, List<Event> events, Verdict verdict, Map<String, String> settings)
      throws IOException {
    Files.writeString(folder.resolve("table.md"), table(verdict, settings));
    Files.writeString(folder.resolve("timeline.html"), page(events, verdict, settings));
  }

  /** Fault × transport, in Markdown. */
  static String table(Verdict verdict, Map<String, String> settings) {
    StringBuilder text = new StringBuilder();
    text.append("Verdict: **").append(verdict.word()).append("**; ");
    settings.forEach((name, value) -> text.append(name).append(' ').append(value).append(", "));
    text.setLength(text.length() - 2);
    text.append(
        "\n\n| fault (times, effect) | over | sends | acks | unknown | refused | delivered | lost |"
            + " doubled | reordered | longest dark |\n"
            + "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    verdict
        .rows()
        .forEach(
            (fault, byTransport) ->
                byTransport.forEach((over, row) -> line(text, label(verdict, fault), over, row)));
    line(text, "**all**", "", verdict.total());
    return text.append('\n').append(verdict).append('\n').toString();
  }

  private static String label(Verdict verdict, String fault) {
    long[] sum = verdict.faults().get(fault);
    return sum == null ? fault : fault + " (" + sum[0] + ", " + sum[1] + ")";
  }

  private static void line(StringBuilder text, String fault, String over, Verdict.Row row) {
    text.append(
        String.format(
            Locale.ROOT,
            "| %s | %s | %d | %d | %d | %d | %d | %d | %d | %d | %.1f s |%n",
            fault,
            over,
            row.sends,
            row.acks,
            row.unknown,
            row.refused,
            row.delivered,
            row.lost,
            row.doubled,
            row.reordered,
            row.darkNanos / 1e9));
  }

  // ---- the page

  private record Piece(long from, long to, String by) {}

  private static String page(List<Event> events, Verdict verdict, Map<String, String> settings) {
    long end = events.isEmpty() ? 1 : events.get(events.size() - 1).at();
    double perSecond = Math.max(2, Math.min(20, 6_000 / (end / 1e9)));
    Map<String, List<Piece>> lanes = lanes(events, end);
    int width = NAMES + (int) (end / 1e9 * perSecond) + 20;
    int height = TOP + lanes.size() * LANE + 20;
    StringBuilder html = new StringBuilder();
    html.append(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Crossfade chaos run</title>")
        .append(
            "<style>body{font:14px system-ui,sans-serif;margin:1.5rem}svg text{font:10px sans-serif}")
        .append("pre{white-space:pre-wrap}.scroll{overflow-x:auto;border:1px solid #ccc}")
        .append(
            "i{display:inline-block;width:1em;height:1em;vertical-align:-2px;margin:0 .3em 0 1em}</style>")
        .append("<h1>Crossfade chaos run: ")
        .append(verdict.word())
        .append("</h1><p>");
    settings.forEach(
        (name, value) ->
            html.append(escape(name)).append(" <b>").append(escape(value)).append("</b> · "));
    html.append("</p><p>News is carried by:");
    new java.util.TreeMap<>(COLOURS)
        .forEach(
            (by, colour) ->
                html.append("<i style=\"background:").append(colour).append("\"></i>").append(by));
    html.append("<i style=\"background:#7773\"></i>a fault is on</p><div class=\"scroll\">")
        .append("<svg width=\"")
        .append(width)
        .append("\" height=\"")
        .append(height)
        .append("\">");
    faults(html, events, perSecond, height);
    int y = TOP;
    for (Map.Entry<String, List<Piece>> lane : lanes.entrySet()) {
      html.append("<text x=\"4\" y=\"")
          .append(y + 10)
          .append("\">")
          .append(escape(lane.getKey()))
          .append("</text>");
      for (Piece piece : lane.getValue()) {
        rect(
            html,
            piece.from(),
            piece.to(),
            perSecond,
            y + 2,
            LANE - 4,
            COLOURS.get(piece.by()),
            "");
      }
      y += LANE;
    }
    html.append("</svg></div><h2>Table</h2><pre>")
        .append(escape(table(verdict, settings)))
        .append("</pre></html>\n");
    return html.toString();
  }

  private static Map<String, List<Piece>> lanes(List<Event> events, long end) {
    Map<String, List<Piece>> lanes = new LinkedHashMap<>();
    Map<String, Event.Carried> now = new LinkedHashMap<>();
    for (Event event : events) {
      if (event instanceof Event.Entitled entitled && !entitled.kind().equals("HUNTER")) {
        lanes.put(entitled.client(), new ArrayList<>());
        now.put(entitled.client(), new Event.Carried(entitled.at(), entitled.client(), "nothing"));
      } else if (event instanceof Event.Carried carried) {
        Event.Carried before = now.put(carried.client(), carried);
        lanes.get(carried.client()).add(new Piece(before.at(), carried.at(), before.by()));
      }
    }
    now.forEach((client, last) -> lanes.get(client).add(new Piece(last.at(), end, last.by())));
    return lanes;
  }

  private static void faults(StringBuilder html, List<Event> events, double perSecond, int height) {
    Map<String, Long> open = new LinkedHashMap<>();
    for (Event event : events) {
      if (event instanceof Event.Fault fault) {
        open.put(fault.name(), fault.at());
      } else if (event instanceof Event.Healed healed && open.containsKey(healed.name())) {
        long from = open.remove(healed.name());
        String title =
            "<title>" + escape(healed.name()) + ", effect " + healed.effect() + "</title>";
        rect(html, from, healed.at(), perSecond, 0, height, "#7773", title);
        int x = x(from, perSecond) + 9;
        html.append("<text transform=\"translate(")
            .append(x)
            .append(',')
            .append(TOP - 4)
            .append(") rotate(-90)\">")
            .append(escape(healed.name()))
            .append("</text>");
      }
    }
  }

  private static void rect(
      StringBuilder html,
      long from,
      long to,
      double perSecond,
      int y,
      int height,
      String colour,
      String inner) {
    int x = x(from, perSecond);
    html.append("<rect x=\"")
        .append(x)
        .append("\" y=\"")
        .append(y)
        .append("\" width=\"")
        .append(Math.max(1, x(to, perSecond) - x))
        .append("\" height=\"")
        .append(height)
        .append("\" fill=\"")
        .append(colour)
        .append("\">")
        .append(inner)
        .append("</rect>");
  }

  private static int x(long at, double perSecond) {
    return NAMES + (int) (at / 1e9 * perSecond);
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
