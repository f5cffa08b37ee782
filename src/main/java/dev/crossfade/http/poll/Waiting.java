package dev.crossfade.http.poll;

import dev.crossfade.wire.Query;
import java.time.Duration;

/** How long a client asks to be held. */
public final class Waiting {

  /**
   * The longest a poll is held. Below the 30 s after which Tomcat's asyncTimeout, and the 60 s
   * after which most proxies, give up a silent request.
   */
  static final Duration LONGEST = Duration.ofSeconds(25);

  private Waiting() {}

  /** The parameter {@code wait}, in seconds, at most {@link #LONGEST}; zero where it is missing. */
  public static Duration asked(Query query) {
    Long wait = query.number("wait");
    return wait == null ? Duration.ZERO : Duration.ofSeconds(Math.min(wait, LONGEST.toSeconds()));
  }
}
