package dev.crossfade.model;

import java.util.Map;
import java.util.TreeMap;

/**
 * A refusal on its way to the caller. It has no stack trace, because it is a reply, not a fault.
 */
public final class ChatException extends RuntimeException {

  private final Problem problem;
  private final transient Sentence sentence;
  private final transient Map<String, Object> fields;

  public ChatException(Problem problem) {
    this(problem, problem.sentence(), Map.of());
  }

  public ChatException(Problem problem, String zh, String zhTw, String en) {
    this(problem, new Sentence(zh, zhTw, en), Map.of());
  }

  private ChatException(Problem problem, Sentence sentence, Map<String, Object> fields) {
    super(problem.code(), null, false, false);
    this.problem = problem;
    this.sentence = sentence;
    this.fields = fields;
  }

  /** Adds a machine-readable field, such as {@code head}. */
  public ChatException with(String name, Object value) {
    Map<String, Object> more = new TreeMap<>(fields);
    more.put(name, value);
    return new ChatException(problem, sentence, more);
  }

  public Problem problem() {
    return problem;
  }

  public Sentence sentence() {
    return sentence;
  }

  /** The fields other than code and sentence; values are numbers or strings. */
  public Map<String, Object> fields() {
    return fields;
  }

  public static ChatException missing(String field) {
    return new ChatException(
        Problem.MISSING_FIELD,
        "缺少字段 " + field,
        "缺少欄位 " + field,
        "The field " + field + " is missing.");
  }

  public static ChatException badType(String field) {
    return new ChatException(
        Problem.BAD_TYPE,
        "字段 " + field + " 类型错误",
        "欄位 " + field + " 型別錯誤",
        "The field " + field + " has the wrong JSON type.");
  }

  public static ChatException badParameter(String name) {
    return new ChatException(
        Problem.BAD_PARAMETER,
        "参数 " + name + " 无效",
        "參數 " + name + " 無效",
        "The parameter " + name + " is not valid.");
  }
}
