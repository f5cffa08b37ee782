package dev.crossfade.app;

import jakarta.servlet.ServletContext;
import java.util.Locale;
import java.util.Optional;
import javax.naming.InitialContext;
import javax.naming.NamingException;
import javax.sql.DataSource;

/**
 * The sources of settings, in order of precedence: JNDI, context parameter, system property,
 * environment.
 */
final class SettingsSource {

  private static final String ENV = "java:comp/env/";

  private final ServletContext context;

  SettingsSource(ServletContext context) {
    this.context = context;
  }

  /** Finds a setting; null if it is not set. Blank counts as not set. */
  Settings.Found find(String name) {
    String property = "crossfade." + name;
    return first(
        found(jndi("crossfade/" + name, Object.class).map(Object::toString).orElse(null), "JNDI"),
        found(context.getInitParameter(property), "parameter"),
        found(System.getProperty(property), "system property"),
        found(System.getenv("CROSSFADE_" + name.toUpperCase(Locale.ROOT)), "environment"));
  }

  Optional<DataSource> dataSource() {
    return jndi("jdbc/crossfade", DataSource.class);
  }

  private static <T> Optional<T> jndi(String name, Class<T> type) {
    try {
      return Optional.ofNullable(type.cast(new InitialContext().lookup(ENV + name)));
    } catch (NamingException notBound) {
      return Optional.empty();
    }
  }

  private static Settings.Found found(String value, String source) {
    return value == null || value.isBlank() ? null : new Settings.Found(value.trim(), source);
  }

  private static Settings.Found first(Settings.Found... candidates) {
    for (Settings.Found candidate : candidates) {
      if (candidate != null) {
        return candidate;
      }
    }
    return null;
  }
}
