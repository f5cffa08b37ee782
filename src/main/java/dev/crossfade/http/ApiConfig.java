package dev.crossfade.http;

import java.util.List;
import org.glassfish.jersey.server.ResourceConfig;
import org.glassfish.jersey.server.ServerProperties;

/** The HTTP API for Jersey: every resource by name, nothing found by scanning. */
public final class ApiConfig extends ResourceConfig {

  public ApiConfig(List<?> resources) {
    resources.forEach(this::register);
    register(new ProblemMapper());
    property(ServerProperties.WADL_FEATURE_DISABLE, true);
    // Otherwise Jersey hands an empty 404 to Tomcat, which answers with a page.
    property(ServerProperties.RESPONSE_SET_STATUS_OVER_SEND_ERROR, true);
  }
}
