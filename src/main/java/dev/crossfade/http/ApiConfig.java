package dev.crossfade.http;

import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.glassfish.jersey.server.ResourceConfig;
import org.glassfish.jersey.server.ServerProperties;

/**
 * The Jersey configuration of what of the HTTP API is no route: resources are listed, not scanned.
 */
public final class ApiConfig extends ResourceConfig {

  /**
   * Silences Jersey's warning about each resource instance. Held here, because the JDK discards the
   * level of an unreferenced logger.
   */
  private static final Logger PROVIDERS =
      Logger.getLogger("org.glassfish.jersey.internal.inject.Providers");

  public ApiConfig(List<?> resources) {
    PROVIDERS.setLevel(Level.SEVERE);
    resources.forEach(this::register);
    register(new ProblemMapper());
    property(ServerProperties.WADL_FEATURE_DISABLE, true);
    // Otherwise Tomcat turns Jersey's empty 404 into an error page.
    property(ServerProperties.RESPONSE_SET_STATUS_OVER_SEND_ERROR, true);
  }
}
