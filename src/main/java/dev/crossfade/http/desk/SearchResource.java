package dev.crossfade.http.desk;

import dev.crossfade.http.Answers;
import dev.crossfade.http.Call;
import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.store.MessageSearch;
import dev.crossfade.wire.MessageJson;
import dev.crossfade.wire.Query;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import java.util.List;

/** Searches a shop's messages, for its staff. */
@Path("search")
public final class SearchResource {

  private static final int MIN_CHARS = 2;
  private static final int MAX_CHARS = 100;
  private static final int MAX_FOUND = 50;

  private final MessageSearch search;

  public SearchResource(MessageSearch search) {
    this.search = search;
  }

  @GET
  public Response search(@Context ContainerRequestContext context) {
    Call call = Call.of(context);
    Caller staff = call.staff();
    Query query = call.query();
    String words = query.text("q");
    if (words == null) {
      throw ChatException.missing("q");
    }
    int chars = words.codePointCount(0, words.length());
    if (chars < MIN_CHARS || chars > MAX_CHARS) {
      throw ChatException.badParameter("q");
    }
    Long limit = query.number("limit");
    if (limit != null && limit == 0) {
      throw ChatException.badParameter("limit");
    }
    int most = limit == null ? MAX_FOUND : (int) Math.min(limit, MAX_FOUND);
    List<MessageSearch.Found> found = search.find(staff.shopId(), words, most);
    return Answers.json(
        200,
        g -> {
          g.writeArrayFieldStart("results");
          for (MessageSearch.Found one : found) {
            g.writeStartObject();
            g.writeObjectFieldStart("session");
            MessageJson.conversation(g, one.conversation());
            g.writeEndObject();
            g.writeFieldName("message");
            g.writeRawValue(MessageJson.message(one.message()));
            g.writeEndObject();
          }
          g.writeEndArray();
        });
  }
}
