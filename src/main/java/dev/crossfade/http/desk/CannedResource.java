package dev.crossfade.http.desk;

import dev.crossfade.http.Answers;
import dev.crossfade.http.Call;
import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import dev.crossfade.model.Text;
import dev.crossfade.store.CannedReplies;
import dev.crossfade.store.CannedReplies.Reply;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.util.List;
import java.util.regex.Pattern;

/** The canned replies of a shop, for its staff. */
@Path("canned")
public final class CannedResource {

  /** What can follow a slash within one word, in any script. */
  private static final Pattern SHORTCUT = Pattern.compile("[\\p{L}\\p{M}\\p{N}_-]{1,32}");

  private final CannedReplies replies;

  public CannedResource(CannedReplies replies) {
    this.replies = replies;
  }

  @GET
  public Response list(@Context ContainerRequestContext context) {
    List<Reply> all = replies.list(Call.of(context).staff().shopId());
    return Answers.json(
        200,
        g -> {
          g.writeArrayFieldStart("canned");
          for (Reply reply : all) {
            g.writeStartObject();
            g.writeStringField("shortcut", reply.shortcut());
            g.writeStringField("text", reply.text());
            g.writeEndObject();
          }
          g.writeEndArray();
        });
  }

  @PUT
  @Path("{shortcut}")
  public Response save(
      @Context ContainerRequestContext context,
      @PathParam("shortcut") String shortcut,
      InputStream body) {
    Call call = Call.of(context);
    Caller staff = call.staff();
    if (!SHORTCUT.matcher(shortcut).matches()) {
      throw ChatException.badParameter("shortcut");
    }
    Reply reply = new Reply(shortcut, Text.content(call.json(body).requiredText("text")));
    replies.save(staff.shopId(), reply);
    return Answers.json(
        200,
        g -> {
          g.writeStringField("shortcut", reply.shortcut());
          g.writeStringField("text", reply.text());
        });
  }

  @DELETE
  @Path("{shortcut}")
  public Response remove(
      @Context ContainerRequestContext context, @PathParam("shortcut") String shortcut) {
    if (!replies.remove(Call.of(context).staff().shopId(), shortcut)) {
      throw new ChatException(Problem.NOT_FOUND);
    }
    return Answers.nothing();
  }
}
