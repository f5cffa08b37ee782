package dev.crossfade.http;

import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.glassfish.jersey.server.ResourceConfig;
import org.glassfish.jersey.server.ServerProperties;

/** The HTTP API for Jersey: every resource by name, nothing found by scanning. */
public final class ApiConfig extends ResourceConfig {

  /**
   * Jersey warns of every resource that is handed over as an object. Held here, because the JDK
   * forgets the level of a logger that nobody holds.
   */
  private static final Logger PROVIDERS =
      Logger.getLogger("org.glassfish.jersey.internal.inject.Providers");

  public ApiConfig(List<?> resources) {
    PROVIDERS.setLevel(Level.SEVERE);
    resources.forEach(this::register);
    register(new ProblemMapper());
    property(ServerProperties.WADL_FEATURE_DISABLE, true);
    // Otherwise Jersey hands an empty 404 to Tomcat, which answers with a page.
    property(ServerProperties.RESPONSE_SET_STATUS_OVER_SEND_ERROR, true);
  }
}
