package dev.crossfade.rollout.rule;

import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import dev.crossfade.model.Text;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The rising stages of a rollout. Written in one line, {@code
 * name;1/240/30;5/240/30;50/1440/100/approve}: percentage, minimum minutes, minimum clients, and
 * whether a person must approve first. Immutable.
 */
public record Plan(String name, List<Stage> stages) {

  static final int MAX_STAGES = 20;
  static final int MAX_BAKE_MINUTES = 30 * 24 * 60;
  static final int MAX_MIN_CLIENTS = 1_000_000;

  /** Above this the gate never goes without approval. */
  public static final int UNATTENDED_BASIS_POINTS = 2_500;

  private static final String APPROVE = "approve";

  /**
   * @param bakeMinutes minimum duration of the stage
   * @param minClients minimum number of distinct clients before the stage ends
   * @param approval whether a person must approve before it begins
   */
  public record Stage(int basisPoints, int bakeMinutes, int minClients, boolean approval) {

    /** Whether a person must approve this stage, even if the plan does not say so. */
    public boolean asks() {
      return approval || basisPoints > UNATTENDED_BASIS_POINTS;
    }

    public BigDecimal percentage() {
      return BigDecimal.valueOf(basisPoints, 2);
    }
  }

  /** Throws {@code bad_parameter} if the stages do not rise or a value is out of bounds. */
  public Plan {
    Text.identifier("plan", name);
    stages = List.copyOf(stages);
    if (stages.isEmpty() || stages.size() > MAX_STAGES) {
      throw refused(
          "计划需要 1 到 " + MAX_STAGES + " 个阶段",
          "計畫需要 1 到 " + MAX_STAGES + " 個階段",
          "A plan has 1 to " + MAX_STAGES + " stages");
    }
    int before = 0;
    for (Stage stage : stages) {
      if (stage.basisPoints() <= before || stage.basisPoints() > Buckets.COUNT) {
        throw refused(
            "阶段的百分比必须递增，且不超过 100", "階段的百分比必須遞增，且不超過 100", "The percentages must rise, up to 100");
      }
      if (stage.bakeMinutes() < 0
          || stage.bakeMinutes() > MAX_BAKE_MINUTES
          || stage.minClients() < 0
          || stage.minClients() > MAX_MIN_CLIENTS) {
        throw refused(
            "阶段的时长或客户端数超出范围",
            "階段的時長或用戶端數超出範圍",
            "The minutes or clients of a stage are out of bounds");
      }
      before = stage.basisPoints();
    }
  }

  /** The last stage at or below a percentage; -1 before the first. */
  int stageAt(int basisPoints) {
    int at = -1;
    for (int i = 0; i < stages.size() && stages.get(i).basisPoints() <= basisPoints; i++) {
      at = i;
    }
    return at;
  }

  /** The one-line form; the reverse of {@link #parse}. */
  public String text() {
    return name
        + ";"
        + stages.stream()
            .map(
                s ->
                    s.percentage().stripTrailingZeros().toPlainString()
                        + "/"
                        + s.bakeMinutes()
                        + "/"
                        + s.minClients()
                        + (s.approval() ? "/" + APPROVE : ""))
            .collect(Collectors.joining(";"));
  }

  /** A plan from its one-line form, or a preset by name. Throws {@code bad_parameter}. */
  public static Plan named(String text) {
    return text.contains(";") ? parse(text) : preset(Text.identifier("plan", text));
  }

  private static Plan preset(String name) {
    try (InputStream file = Plan.class.getResourceAsStream("/rollout/" + name + ".plan")) {
      if (file == null || name.contains("..")) {
        throw refused("没有预设计划 " + name, "沒有預設計畫 " + name, "There is no preset " + name);
      }
      String stages =
          new String(file.readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .map(String::strip)
              .filter(stage -> !stage.isEmpty() && !stage.startsWith("#"))
              .collect(Collectors.joining(";"));
      return parse(name + ";" + stages);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Parses the one-line form; throws {@code bad_parameter}. */
  public static Plan parse(String text) {
    String[] parts = text.strip().split(";", MAX_STAGES + 2);
    List<Stage> stages = new ArrayList<>();
    for (int i = 1; i < parts.length; i++) {
      stages.add(stage(parts[i].strip()));
    }
    return new Plan(parts[0].strip(), stages);
  }

  private static Stage stage(String text) {
    String[] figures = text.split("/", -1);
    boolean approval = figures.length == 4 && figures[3].equals(APPROVE);
    if (figures.length != 3 && !approval) {
      throw unreadable(text);
    }
    try {
      return new Stage(
          Rule.basisPoints(new BigDecimal(figures[0])),
          Integer.parseInt(figures[1]),
          Integer.parseInt(figures[2]),
          approval);
    } catch (NumberFormatException none) {
      throw unreadable(text);
    }
  }

  private static ChatException unreadable(String stage) {
    String shown = stage.length() > 40 ? stage.substring(0, 40) : stage;
    return refused(
        "阶段无法读取：" + shown + "，应为 百分比/分钟/客户端数[/approve]",
        "階段無法讀取：" + shown + "，應為 百分比/分鐘/用戶端數[/approve]",
        "A stage is percentage/minutes/clients[/approve], not " + shown);
  }

  private static ChatException refused(String zh, String zhTw, String en) {
    return new ChatException(Problem.BAD_PARAMETER, zh + "。", zhTw + "。", en + ".");
  }
}
