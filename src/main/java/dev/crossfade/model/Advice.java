package dev.crossfade.model;

import java.util.Locale;

/** What a client does about a refusal or a close. The browser client has the same names. */
public enum Advice {
  /** An outage or an overload: what failed may succeed later. */
  COME_BACK("comes back after `Retry-After`, else with growing, random pauses; polls meanwhile"),

  /** The socket is not to be used now; the conversation goes on. */
  POLL("polls from its cursor, and asks for its transport again later"),

  /** The identity is missing or over; nothing else is wrong. */
  NEW_TOKEN("gets a new token and comes back"),

  /** What the client knows is out of date; the refusal says where to begin. */
  READ_AGAIN("reads again from where the refusal says, then goes on"),

  /** The same again would be refused again. */
  STOP("stops and says so"),

  /** It was the client itself. */
  NOTHING("nothing");

  private final String sentence;

  Advice(String sentence) {
    this.sentence = sentence;
  }

  /** As the browser client names it, such as {@code come-back}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** For people who write a client, in Markdown. */
  public String sentence() {
    return sentence;
  }
}
