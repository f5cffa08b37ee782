package dev.crossfade.http.desk;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.crossfade.http.Answers;
import dev.crossfade.http.Call;
import dev.crossfade.message.Notes;
import dev.crossfade.model.Caller;
import dev.crossfade.model.Text;
import dev.crossfade.store.NoteStore.Note;
import dev.crossfade.wire.Json;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** Staff's private notes about a conversation. */
@Path("sessions/{id}/notes")
public final class NotesResource {

  private final Notes notes;

  public NotesResource(Notes notes) {
    this.notes = notes;
  }

  @GET
  public Response list(@Context ContainerRequestContext context, @PathParam("id") String id) {
    Caller staff = Call.of(context).staff();
    List<Note> all = notes.list(staff, Call.id(id));
    return Answers.json(
        200,
        g -> {
          g.writeArrayFieldStart("notes");
          for (Note note : all) {
            g.writeStartObject();
            write(g, note);
            g.writeEndObject();
          }
          g.writeEndArray();
        });
  }

  @POST
  public Response add(
      @Context ContainerRequestContext context, @PathParam("id") String id, InputStream body) {
    Call call = Call.of(context);
    Caller staff = call.staff();
    String text = Text.content(call.json(body).requiredText("text"));
    Note note = notes.add(staff, Call.id(id), text);
    return Answers.json(201, g -> write(g, note));
  }

  private static void write(JsonGenerator g, Note note) throws IOException {
    g.writeNumberField("id", note.id());
    g.writeNumberField("session_id", note.conversation());
    g.writeObjectField("author", Json.userId(note.author()));
    g.writeStringField("text", note.text());
    g.writeStringField("created_at", Json.time(note.createdAt()));
  }
}
