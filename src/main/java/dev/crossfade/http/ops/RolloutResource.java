package dev.crossfade.http.ops;

import dev.crossfade.http.Answers;
import dev.crossfade.http.Call;
import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import dev.crossfade.model.Text;
import dev.crossfade.rollout.Fallbacks;
import dev.crossfade.rollout.Rollout;
import dev.crossfade.rollout.rule.Arm;
import dev.crossfade.rollout.rule.Change;
import dev.crossfade.rollout.rule.Client;
import dev.crossfade.rollout.rule.Decision;
import dev.crossfade.rollout.rule.Plan;
import dev.crossfade.rollout.rule.Progress;
import dev.crossfade.rollout.rule.Rule;
import dev.crossfade.rollout.rule.TransportChoice;
import dev.crossfade.wire.Fields;
import dev.crossfade.wire.Json;
import dev.crossfade.wire.RuleJson;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The rollout, for admins: read, change, kill, plan and explain it. */
@Path("/")
public final class RolloutResource {

  private static final Map<String, Progress.Move> PEOPLES_MOVES =
      Map.of(
          "start", Progress.Move.START,
          "pause", Progress.Move.PAUSE,
          "resume", Progress.Move.RESUME,
          "approve", Progress.Move.APPROVE,
          "advance", Progress.Move.ADVANCE,
          "step_back", Progress.Move.STEP_BACK);

  private final Rollout rollout;

  public RolloutResource(Rollout rollout) {
    this.rollout = rollout;
  }

  @GET
  @Path("rollout")
  public Response get(@Context ContainerRequestContext context) {
    Call.of(context).admin();
    return state(rollout.rule());
  }

  @PUT
  @Path("rollout")
  public Response put(@Context ContainerRequestContext context, InputStream body) {
    return audited(
        context,
        body,
        "CHANGE",
        (fields, admin) ->
            rollout.change(change(fields), fields.requiredNumber("revision"), admin));
  }

  @POST
  @Path("rollout/kill")
  public Response kill(@Context ContainerRequestContext context, InputStream body) {
    return audited(
        context,
        body,
        "KILL",
        (fields, admin) -> rollout.kill(fields.requiredText("reason"), admin));
  }

  @POST
  @Path("rollout/unkill")
  public Response unkill(@Context ContainerRequestContext context, InputStream body) {
    return audited(
        context,
        body,
        "UNKILL",
        (fields, admin) -> {
          BigDecimal percentage = fields.decimal("percentage");
          if (percentage == null) {
            throw ChatException.missing("percentage");
          }
          return rollout.unkill(
              fields.requiredText("reason"),
              Rule.basisPoints(percentage),
              fields.requiredNumber("revision"),
              admin);
        });
  }

  /** Installs a plan from its one-line form or a preset, without starting it. */
  @POST
  @Path("rollout/plan")
  public Response plan(@Context ContainerRequestContext context, InputStream body) {
    return audited(
        context,
        body,
        "PLAN",
        (fields, admin) ->
            rollout.plan(
                Change.because(fields.text("reason")).plan(Plan.named(fields.requiredText("plan"))),
                fields.requiredNumber("revision"),
                admin,
                "PLAN"));
  }

  /** Start, pause, resume, approve, advance, step_back. */
  @POST
  @Path("rollout/plan/{move}")
  public Response move(
      @Context ContainerRequestContext context, @PathParam("move") String name, InputStream body) {
    Call.of(context).admin();
    Progress.Move move = PEOPLES_MOVES.get(name);
    if (move == null) {
      throw new ChatException(Problem.NOT_FOUND);
    }
    return audited(
        context,
        body,
        move.name(),
        (fields, admin) ->
            rollout.plan(
                Change.because(fields.text("reason")).move(move),
                fields.requiredNumber("revision"),
                admin,
                move.name()));
  }

  @GET
  @Path("rollout/clients/{id}")
  public Response client(@Context ContainerRequestContext context, @PathParam("id") String id) {
    Call call = Call.of(context);
    Caller admin = call.admin();
    String shop = call.query().identifier("shop_id");
    Client client =
        new Client(
            Text.identifier("client_id", id),
            shop == null ? admin.shopId() : shop,
            call.query().identifier("version"),
            call.query().identifier("platform"));
    Decision decision = rollout.decide(client);
    TransportChoice choice = decision.choice();
    Optional<Fallbacks.Report> last = rollout.fallbacks().last(client.clientId());
    return Answers.json(
        200,
        g -> {
          g.writeStringField("client_id", client.clientId());
          g.writeStringField("shop_id", client.shopId());
          g.writeNumberField("bucket", choice.bucket());
          g.writeStringField("transport", choice.transport().text());
          g.writeStringField("reason", choice.reason().text());
          g.writeStringField("sentence", rollout.sentence(client, decision).in(call.language()));
          Arm arm = Arm.of(decision.rule(), client);
          g.writeStringField("arm", arm == null ? null : arm.text());
          g.writeStringField(
              "next_try",
              rollout.fallbacks().nextTry(client.clientId()).map(Json::time).orElse(null));
          g.writeStringField("last_report", last.map(Fallbacks.Report::event).orElse(null));
          g.writeStringField("last_report_reason", last.map(Fallbacks.Report::reason).orElse(null));
          g.writeStringField("last_report_at", last.map(r -> Json.time(r.at())).orElse(null));
        });
  }

  private interface Action {
    Rule run(Fields fields, String admin);
  }

  /** Runs an action; one refused for its content is recorded in the audit log too. */
  private Response audited(
      ContainerRequestContext context, InputStream body, String action, Action work) {
    Call call = Call.of(context);
    String admin = call.admin().userId();
    Fields fields = call.json(body);
    try {
      return state(work.run(fields, admin));
    } catch (ChatException refusal) {
      if (refusal.problem().badForm()) {
        String reason = fields.loose("reason");
        String kept = reason == null || reason.length() > 500 ? null : reason;
        rollout.refused(admin, action, kept, refusal.problem().code());
      }
      throw refusal;
    }
  }

  private static Change change(Fields fields) {
    BigDecimal percentage = fields.decimal("percentage");
    BigDecimal ceiling = fields.decimal("ceiling");
    return Change.because(fields.text("reason"))
        .enabled(fields.has("enabled") ? fields.requiredFlag("enabled") : null)
        .basisPoints(percentage == null ? null : Rule.basisPoints(percentage))
        .salt(fields.text("salt"))
        .bucketBy(fields.text("bucket_by"))
        .allow(set(fields, "allow_shops"), set(fields, "allow_clients"))
        .deny(set(fields, "deny_shops"), set(fields, "deny_clients"))
        .cohort(fields.text("cohort"))
        .ceiling(ceiling == null ? null : Rule.basisPoints(ceiling))
        .watchOnly(fields.has("watch_only") ? fields.requiredFlag("watch_only") : null);
  }

  private static Set<String> set(Fields fields, String name) {
    List<String> ids = fields.texts(name);
    return ids == null ? null : Set.copyOf(ids);
  }

  private static Response state(Rule rule) {
    return Answers.json(200, RuleJson.text(rule));
  }
}
