package dev.crossfade.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossfade.support.Api;
import dev.crossfade.support.CrossfadeServer;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A deployment without the demo begins without any shop. */
class FirstShopIT {

  @Test
  void anAdminMakesTheFirstShopAndThenEverybodyCanSignIn(@TempDir Path home) throws Exception {
    try (CrossfadeServer server = new CrossfadeServer(home).with("demo", "false").start()) {
      Api api = server.api();
      assertThat(signIn(api, "agent").status()).isEqualTo(403);

      Api admin = api.as(signIn(api, "admin").body().get("token").asText());
      assertThat(admin.put("api/shops/shoes", "{\"origins\":[\"self\"]}").status()).isEqualTo(200);

      assertThat(signIn(api, "agent").body().get("shop_id").asText()).isEqualTo("shoes");
      assertThat(signIn(api, "admin").body().get("shop_id").asText()).isEqualTo("shoes");
      assertThat(api.post("api/visitors", "{\"shop_id\":\"shoes\"}").status()).isEqualTo(201);
    }
  }

  private static Api.Answer signIn(Api api, String name) {
    byte[] login = (name + ":" + name).getBytes(StandardCharsets.UTF_8);
    return api.send(
        api.request("api/staff/token")
            .header("Authorization", "Basic " + Base64.getEncoder().encodeToString(login))
            .POST(BodyPublishers.noBody()));
  }
}
