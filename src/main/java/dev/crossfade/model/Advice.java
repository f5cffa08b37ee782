package dev.crossfade.model;

import java.util.Locale;

/** How a client reacts to a refusal or a close. The browser client uses the same names. */
public enum Advice {
  /** An outage or overload: the request may succeed later. */
  COME_BACK("comes back after `Retry-After`, else with growing, random pauses; polls meanwhile"),

  /** The socket must not be used for now; the conversation continues. */
  POLL("polls from its cursor, and asks for its transport again later"),

  /** The token is missing or no longer valid; nothing else is wrong. */
  NEW_TOKEN("gets a new token and comes back"),

  /** The client's state is out of date; the refusal says where to read from. */
  READ_AGAIN("reads again from where the refusal says, then goes on"),

  /** The same request would be refused again. */
  STOP("stops and says so"),

  /** The client caused it itself. */
  NOTHING("nothing");

  private final String sentence;

  Advice(String sentence) {
    this.sentence = sentence;
  }

  /** The name in the browser client, such as {@code come-back}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** A description in Markdown for authors of clients. */
  public String sentence() {
    return sentence;
  }
}
