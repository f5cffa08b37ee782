package dev.crossfade.http.ops;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.crossfade.http.Answers;
import dev.crossfade.http.Call;
import dev.crossfade.identity.Shops;
import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Role;
import dev.crossfade.store.ShopStore.Shop;
import dev.crossfade.wire.Fields;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** The shops: all of them for an admin, their own for a manager. */
@Path("/")
public final class ShopsResource {

  private final Shops shops;

  public ShopsResource(Shops shops) {
    this.shops = shops;
  }

  @GET
  @Path("shops")
  public Response shops(@Context ContainerRequestContext context) {
    Caller caller = Call.of(context).manager();
    return Answers.json(
        200,
        g -> {
          g.writeArrayFieldStart("shops");
          for (Shop shop : shops.all()) {
            if (caller.role() != Role.ADMIN && !shop.id().equals(caller.shopId())) {
              continue;
            }
            g.writeStartObject();
            write(g, shop);
            g.writeEndObject();
          }
          g.writeEndArray();
        });
  }

  @PUT
  @Path("shops/{id}")
  public Response shop(
      @Context ContainerRequestContext context, @PathParam("id") String id, InputStream body) {
    Call call = Call.of(context);
    if (!id.equals(call.manager().shopId())) {
      call.admin();
    }
    Fields fields = call.json(body);
    List<String> origins = fields.texts("origins");
    if (origins == null) {
      throw ChatException.missing("origins");
    }
    Shop shop = shops.save(id, fields.text("name"), origins);
    return Answers.json(200, g -> write(g, shop));
  }

  private static void write(JsonGenerator g, Shop shop) throws IOException {
    g.writeStringField("id", shop.id());
    g.writeStringField("name", shop.name());
    g.writeArrayFieldStart("origins");
    for (String origin : shop.origins()) {
      g.writeString(origin);
    }
    g.writeEndArray();
  }
}
