package dev.crossfade.http.ops;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The servlet container that this node runs in.
 *
 * @param name the name it reports
 * @param safe whether its release has fixed the known WebSocket vulnerabilities; true if it is not
 *     Tomcat
 */
record Container(String name, boolean safe) {

  /**
   * The first release of each line that fixes CVE-2026-76183, CVE-2026-87022, CVE-2026-79677 and
   * CVE-2026-77791, according to Tomcat's security pages.
   */
  private static final Map<String, Integer> FLOOR = Map.of("10.1", 60, "11.0", 26);

  private static final Pattern TOMCAT = Pattern.compile("Tomcat/(\\d+\\.\\d+)\\.(\\d+)");

  /** Parses {@code ServletContext.getServerInfo}. */
  static Container of(String serverInfo) {
    Matcher tomcat = TOMCAT.matcher(serverInfo);
    boolean safe =
        !tomcat.find()
            || FLOOR.containsKey(tomcat.group(1))
                && Integer.parseInt(tomcat.group(2)) >= FLOOR.get(tomcat.group(1));
    return new Container(serverInfo, safe);
  }
}
