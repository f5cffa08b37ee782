package dev.crossfade.http.chat;

import dev.crossfade.http.Answers;
import dev.crossfade.http.Call;
import dev.crossfade.identity.Authenticator;
import dev.crossfade.identity.RateLimit;
import dev.crossfade.identity.Revocations;
import dev.crossfade.identity.Shops;
import dev.crossfade.identity.Tickets;
import dev.crossfade.identity.Tokens;
import dev.crossfade.model.Caller;
import dev.crossfade.model.ChatException;
import dev.crossfade.model.Problem;
import dev.crossfade.model.Role;
import dev.crossfade.model.Text;
import dev.crossfade.peer.Population;
import dev.crossfade.store.ShopStore.Shop;
import dev.crossfade.wire.Fields;
import dev.crossfade.wire.Json;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.UUID;

/** Tokens for visitors without an account and for staff, and tickets for the handshake. */
@Path("/")
public final class IdentityResource {

  /** Visitors come back for weeks and are identified only by this token. */
  private static final Duration VISITOR_LIFE = Duration.ofDays(30);

  /** A working day; after that the Realm is asked again. */
  private static final Duration STAFF_LIFE = Duration.ofHours(12);

  private static final String AGENT_ROLE = "crossfade-agent";
  private static final String MANAGER_ROLE = "crossfade-manager";
  private static final String ADMIN_ROLE = "crossfade-admin";

  /** A user of the Realm with role {@code crossfade-shop-ID} works for that shop. */
  private static final String SHOP_ROLE = "crossfade-shop-";

  /** The shop in the token of an admin who signs in before any shop exists. */
  private static final String FIRST_SHOP = "none";

  /** In a login session of Tomcat's. */
  private static final String TOKEN_ID = "crossfade.token_id";

  private static final String BASIC = "Basic ";
  private static final int MAX_TOKEN_ID_CHARS = 128;
  private static final int MAX_REASON_CHARS = 1000;

  private final Tokens tokens;
  private final Tickets tickets;
  private final Shops shops;
  private final Revocations revocations;
  private final Population population;
  private final RateLimit visitors;

  public IdentityResource(
      Tokens tokens,
      Tickets tickets,
      Shops shops,
      Revocations revocations,
      Population population,
      RateLimit visitors) {
    this.tokens = tokens;
    this.tickets = tickets;
    this.shops = shops;
    this.revocations = revocations;
    this.population = population;
    this.visitors = visitors;
  }

  @POST
  @Path("visitors")
  public Response visitor(@Context ContainerRequestContext context, InputStream body) {
    Call call = Call.of(context);
    visitors.take(call.source());
    population.requireVisitorRoom();
    Fields fields = call.json(body);
    String shopId = fields.requiredIdentifier("shop_id");
    String name = Text.label("name", fields.text("name"), Text.MAX_NAME_CHARS);
    if (shops.find(shopId).isEmpty()) {
      throw new ChatException(Problem.NOT_FOUND);
    }
    String origin = call.request().getHeader("Origin");
    if (origin != null && !shops.allows(shopId, origin, Authenticator.self(call.request()))) {
      throw new ChatException(Problem.FORBIDDEN);
    }
    String userId = "v-" + UUID.randomUUID();
    return token(tokens.issue(userId, shopId, Role.VISITOR, name, VISITOR_LIFE));
  }

  /**
   * Issues a token to staff signed in through Tomcat, by login form or, for scripts, by HTTP Basic.
   */
  @POST
  @Path("staff/token")
  public Response staff(@Context ContainerRequestContext context, InputStream body) {
    Call call = Call.of(context);
    HttpServletRequest request = call.request();
    String basic = request.getHeader("Authorization");
    if (basic != null && basic.startsWith(BASIC)) {
      login(request, basic.substring(BASIC.length()));
    } else {
      requireOwnPage(request);
    }
    if (request.getUserPrincipal() == null) {
      throw new ChatException(Problem.NOT_AUTHENTICATED);
    }
    Role role = role(request);
    String userId = Text.identifier("user_id", request.getUserPrincipal().getName());
    boolean says = request.getContentLengthLong() > 0;
    String asked = says ? call.json(body).identifier("shop_id") : null;
    String shopId = shop(request, asked);
    String id = ofLogin(request.getSession(false), shopId + "/" + userId);
    return token(tokens.issue(userId, shopId, role, userId, STAFF_LIFE, id));
  }

  /**
   * The id of the tokens that a login session gets: one for all pages of a browser, so that whoever
   * revokes it signs the browser out, and its cookie brings no other.
   */
  private String ofLogin(HttpSession session, String userKey) {
    if (session == null) {
      return UUID.randomUUID().toString();
    }
    synchronized (session) {
      String id = (String) session.getAttribute(TOKEN_ID);
      Instant since = Instant.ofEpochMilli(session.getCreationTime());
      if (id == null) {
        id = UUID.randomUUID().toString();
        session.setAttribute(TOKEN_ID, id);
      } else if (revocations.revoked(userKey, id, since)) {
        session.invalidate();
        throw new ChatException(Problem.NOT_AUTHENTICATED);
      }
      return id;
    }
  }

  /**
   * Lets a manager revoke one token of a user of its shop by {@code jti}, or all those issued so
   * far. Within seconds, every node closes the user's sockets and answers its held polls.
   */
  @POST
  @Path("tokens/revoke")
  public Response revoke(@Context ContainerRequestContext context, InputStream body) {
    Call call = Call.of(context);
    Caller manager = call.manager();
    Fields fields = call.json(body);
    String userId = fields.requiredIdentifier("user_id");
    String tokenId = Text.label("jti", fields.text("jti"), MAX_TOKEN_ID_CHARS);
    String reason = Text.label("reason", fields.text("reason"), MAX_REASON_CHARS);
    revocations.revoke(manager.shopId(), userId, tokenId, reason, manager.userId());
    return Answers.nothing();
  }

  @POST
  @Path("staff/logout")
  public Response logout(@Context ContainerRequestContext context) {
    HttpServletRequest request = Call.of(context).request();
    requireOwnPage(request);
    HttpSession session = request.getSession(false);
    if (session != null) {
      session.invalidate();
    }
    Caller caller = Call.of(context).callerOrNull();
    if (caller != null && caller.tokenId() != null) {
      revocations.revoke(
          caller.shopId(), caller.userId(), caller.tokenId(), "signed out", caller.userId());
    }
    return Answers.nothing();
  }

  @POST
  @Path("tickets")
  public Response ticket(@Context ContainerRequestContext context) {
    Tickets.Ticket ticket = tickets.issue(Call.of(context).token());
    return Answers.json(
        201,
        g -> {
          g.writeStringField("ticket", ticket.id());
          g.writeStringField("expires_at", Json.time(ticket.expiresAt()));
        });
  }

  private static Response token(Tokens.Issued issued) {
    Caller caller = issued.caller();
    return Answers.json(
        201,
        g -> {
          g.writeStringField("token", issued.token());
          g.writeObjectField("user_id", Json.userId(caller.userId()));
          g.writeStringField("role", caller.role().text());
          g.writeStringField("shop_id", caller.shopId());
          g.writeStringField("expires_at", Json.time(caller.expiresAt()));
        });
  }

  private static void login(HttpServletRequest request, String credentials) {
    try {
      String decoded =
          new String(Base64.getDecoder().decode(credentials.trim()), StandardCharsets.UTF_8);
      int colon = decoded.indexOf(':');
      if (colon < 0) {
        throw new ChatException(Problem.NOT_AUTHENTICATED);
      }
      request.login(decoded.substring(0, colon), decoded.substring(colon + 1));
    } catch (IllegalArgumentException | ServletException refused) {
      throw new ChatException(Problem.NOT_AUTHENTICATED);
    }
  }

  /** The login cookie is sent with requests from any page, so only our own origin is accepted. */
  private static void requireOwnPage(HttpServletRequest request) {
    String origin = request.getHeader("Origin");
    if (origin != null && !origin.equals(Authenticator.self(request))) {
      throw new ChatException(Problem.FORBIDDEN);
    }
  }

  private static Role role(HttpServletRequest request) {
    if (request.isUserInRole(ADMIN_ROLE)) {
      return Role.ADMIN;
    }
    if (request.isUserInRole(MANAGER_ROLE)) {
      return Role.MANAGER;
    }
    if (request.isUserInRole(AGENT_ROLE)) {
      return Role.AGENT;
    }
    throw new ChatException(Problem.FORBIDDEN);
  }

  /** The shop that was asked for, or else the only shop of this user. */
  private String shop(HttpServletRequest request, String asked) {
    List<String> all = shops.all().stream().map(Shop::id).toList();
    if (all.isEmpty() && request.isUserInRole(ADMIN_ROLE)) {
      // Only admins create shops, and the first admin needs a token to create the first shop.
      return asked == null ? FIRST_SHOP : asked;
    }
    List<String> named = all.stream().filter(id -> request.isUserInRole(SHOP_ROLE + id)).toList();
    List<String> own = named.isEmpty() && all.size() == 1 ? all : named;
    if (asked == null ? own.size() != 1 : !own.contains(asked)) {
      throw new ChatException(
          Problem.FORBIDDEN,
          "请用 shop_id 指定店铺，并确认该用户具有角色 " + SHOP_ROLE + "店铺ID",
          "請用 shop_id 指定商店，並確認該使用者具有角色 " + SHOP_ROLE + "商店ID",
          "Name a shop by shop_id for which this user has the role " + SHOP_ROLE + "ID.");
    }
    return asked == null ? own.get(0) : asked;
  }
}
