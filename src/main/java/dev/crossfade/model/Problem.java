package dev.crossfade.model;

import java.util.Locale;
import java.util.Optional;

/**
 * All refusals: the code, the sentence, what each transport does with it, and how a client reacts.
 * Both transports use only these. {@code src/refusals.md} is generated from this table, and the
 * browser client is checked against it.
 */
public enum Problem {
  BAD_JSON(400, "无效的消息格式", "無效的訊息格式", "This is not valid JSON."),
  BAD_TYPE(400, "字段类型错误", "欄位型別錯誤", "A field has the wrong JSON type."),
  BAD_CURSOR(400, "无效的游标", "無效的游標", "The cursor must be a whole number from 0 to 2^53."),
  BAD_PARAMETER(400, "无效的参数", "無效的參數", "A parameter is not valid."),
  MISSING_FIELD(400, "缺少必填字段", "缺少必填欄位", "A required field is missing."),
  EMPTY_CONTENT(400, "消息内容为空", "訊息內容是空的", "The message is empty."),
  TOO_LONG(
      400,
      "消息过长（最多 4096 字节）",
      "訊息過長（最多 4096 位元組）",
      "The message is longer than 4,096 bytes of UTF-8."),
  BAD_UNICODE(
      400, "文本包含无效字符", "文字包含無效字元", "The text contains U+0000 or is not well-formed Unicode."),
  BAD_CLIENT_MSG_ID(
      400,
      "client_msg_id 无效",
      "client_msg_id 無效",
      "client_msg_id must be 1 to 64 printable ASCII characters without space."),
  UNKNOWN_TYPE(400, "未知的消息类型", "不明的訊息類型", "This message type is not known."),
  NOT_AUTHENTICATED(
      401,
      CloseCode.NO_IDENTITY,
      "未认证",
      "尚未驗證身分",
      "You are not signed in, or the sign-in has expired."),
  FORBIDDEN(403, CloseCode.NOT_ALLOWED, "没有权限", "沒有權限", "You are not allowed to do this."),
  NOT_FOUND(404, CloseCode.NOT_FOUND, "未找到", "找不到", "There is no such thing."),
  METHOD_NOT_ALLOWED(405, "不支持的请求方法", "不支援的請求方法", "This method is not allowed here."),
  CURSOR_AHEAD(409, Advice.READ_AGAIN, "游标超前", "游標超前", "The cursor is ahead of the conversation."),
  EPOCH_CHANGED(
      409,
      Advice.READ_AGAIN,
      "消息记录已重建",
      "訊息紀錄已重建",
      "The log was restored; start again from its beginning."),
  ID_CONFLICT(
      409,
      "client_msg_id 已用于其他内容",
      "client_msg_id 已用於其他內容",
      "This client_msg_id was used for other content."),
  SESSION_CLOSED(409, "会话已关闭", "對話已關閉", "The conversation is closed."),
  TOO_MANY(409, "数量已达上限", "數量已達上限", "There are as many of these as there may be."),
  STALE_REVISION(
      409, Advice.READ_AGAIN, "设置已被他人修改", "設定已被他人修改", "Somebody else has changed this meanwhile."),
  CURSOR_EXPIRED(
      410, Advice.READ_AGAIN, "游标已过期", "游標已過期", "Messages after this cursor are no longer kept."),
  TOO_LARGE(413, CloseCode.TOO_BIG, "请求过大", "請求過大", "The request is larger than 32 KiB."),
  UNSUPPORTED_MEDIA_TYPE(
      415, "仅支持 UTF-8 的 JSON", "僅支援 UTF-8 的 JSON", "Only JSON in UTF-8 is understood here."),
  UPGRADE_REQUIRED(
      426, "此地址仅支持 WebSocket", "此位址僅支援 WebSocket", "This address speaks WebSocket only."),
  RATE_LIMITED(429, CloseCode.TOO_MANY, "请求过于频繁", "請求過於頻繁", "Too many requests; try again later."),
  INTERNAL(500, CloseCode.FAILED, "服务器内部错误", "伺服器內部錯誤", "Something went wrong on the server."),
  UNAVAILABLE(
      503,
      CloseCode.OVERLOADED,
      "服务暂时不可用",
      "服務暫時無法使用",
      "The service is not available right now; try again later.");

  private final int status;
  private final CloseCode closeCode;
  private final Advice advice;
  private final Sentence sentence;

  /** The same request is refused again. Ten frames refused for their form close the socket. */
  Problem(int status, String zh, String zhTw, String en) {
    this(status, status == 400 ? CloseCode.BAD_FRAMES : null, Advice.STOP, zh, zhTw, en);
  }

  /** Does not close a socket. */
  Problem(int status, Advice advice, String zh, String zhTw, String en) {
    this(status, null, advice, zh, zhTw, en);
  }

  /** Closes the socket; a client reacts to the close as to the refusal. */
  Problem(int status, CloseCode closeCode, String zh, String zhTw, String en) {
    this(status, closeCode, closeCode.advice(), zh, zhTw, en);
  }

  Problem(int status, CloseCode closeCode, Advice advice, String zh, String zhTw, String en) {
    this.status = status;
    this.closeCode = closeCode;
    this.advice = advice;
    this.sentence = new Sentence(zh, zhTw, en);
  }

  /** The machine-readable code, which never changes. */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }

  public int status() {
    return status;
  }

  /** The code that closes a WebSocket with this refusal; empty if it never closes one. */
  public Optional<CloseCode> closeCode() {
    return Optional.ofNullable(closeCode);
  }

  /** How a client reacts. */
  public Advice advice() {
    return advice;
  }

  /** Whether the same request may succeed later. */
  public boolean retryable() {
    return advice == Advice.COME_BACK;
  }

  /** Whether the frame itself was malformed; too many of these close the socket. */
  public boolean badForm() {
    return status == 400;
  }

  public Sentence sentence() {
    return sentence;
  }
}
