package dev.crossfade.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import dev.crossfade.support.Api;
import dev.crossfade.support.Socket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real nginx with the file from tomcat-conf in front of a real Tomcat. */
@Tag("alone")
class NginxIT {
  /** Longer than a held poll and a heartbeat, as in the file; short enough to wait for it here. */
  private static final String PATIENCE = "35s";

  @TempDir Path folder;

  @Test
  void aHeldPollAndAnIdleSocketOutliveTheProxysPatience() throws Exception {
    assumeThat(isNginxInstalled()).as("nginx is installed").isTrue();
    try (RealTomcat server = new RealTomcat(RealTomcat.TOMCAT_10, folder).start()) {
      int port = RealTomcat.freePort();
      Process nginx = nginx(port, server.port());
      try {
        await().until(() -> isListening(port));
        Api visitor = new Api("http://localhost:" + port + "/crossfade/").visitor();
        long conversation = visitor.open();
        Socket socket = Socket.as(visitor, null).join(conversation, 0L);

        // The socket says nothing for 40 s, longer than nginx waits: the heartbeat keeps it.
        assertThat(visitor.poll(conversation, 0, 25).status()).isEqualTo(200);
        assertThat(visitor.poll(conversation, 0, 15).status()).isEqualTo(200);
        var held = visitor.getLater("api/messages?wait=25&session_id=" + conversation);
        socket.say(conversation, "still here", "m-1").expect("message_ack");

        assertThat(held.join().body().get("head").asLong()).isEqualTo(1);
      } finally {
        nginx.destroy();
        nginx.waitFor();
      }
    }
  }

  private Process nginx(int port, int tomcat) throws IOException {
    String ours =
        Files.readString(Path.of("tomcat-conf/nginx.conf"))
            .replace("listen 80;", "listen " + port + ";")
            .replace("127.0.0.1:8080", "127.0.0.1:" + tomcat)
            .replace("timeout 75s", "timeout " + PATIENCE);
    assertThat(ours).contains("listen " + port, "127.0.0.1:" + tomcat, "timeout " + PATIENCE);
    String main =
        """
        daemon off;
        user %s;
        pid nginx.pid;
        error_log stderr warn;
        events {}
        http {
          access_log off;
          client_body_temp_path body;
          proxy_temp_path proxy;
          fastcgi_temp_path fastcgi;
          uwsgi_temp_path uwsgi;
          scgi_temp_path scgi;
          include crossfade.conf;
        }
        """
            .formatted(System.getProperty("user.name"));
    Files.writeString(folder.resolve("crossfade.conf"), ours);
    Path file = Files.writeString(folder.resolve("nginx.conf"), main);
    return new ProcessBuilder("nginx", "-p", folder.toString(), "-c", file.toString())
        .inheritIO()
        .start();
  }

  private static boolean isListening(int port) {
    try (var probe = SocketChannel.open(new InetSocketAddress("localhost", port))) {
      return probe.isConnected();
    } catch (IOException notYet) {
      return false;
    }
  }

  private static boolean isNginxInstalled() {
    return Stream.of(System.getenv("PATH").split(":"))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, "nginx")));
  }
}
