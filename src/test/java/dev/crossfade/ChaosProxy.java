package dev.crossfade;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A middlebox between client and server, of the kinds that break WebSocket in the wild. A change of
 * mode applies to new connections; {@link #cut} ends the old ones.
 */
public final class ChaosProxy implements AutoCloseable {

  /** What it does to connections. */
  public enum Mode {
    PASS,
    /** Takes the Upgrade header off, as proxies do that speak HTTP/1.0 behind. */
    STRIP_UPGRADE,
    /**
     * Answers 101 by itself and then passes nothing: a transparent proxy that does not understand.
     */
    SILENT_101,
    /** Takes no connection at all. */
    REFUSE
  }

  private static final Pattern UPGRADE = Pattern.compile("(?im)^(upgrade|connection):[^\r\n]*\r\n");
  private static final Pattern KEY = Pattern.compile("(?im)^sec-websocket-key: *(\\S+)");

  private final ServerSocket listener;
  private final int target;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private volatile Mode mode = Mode.PASS;

  public ChaosProxy(int targetPort) throws IOException {
    target = targetPort;
    listener = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
    threads.execute(this::accept);
  }

  public String url() {
    return "http://localhost:" + listener.getLocalPort() + "/crossfade/";
  }

  public ChaosProxy mode(Mode newMode) {
    mode = newMode;
    return this;
  }

  /** Ends every connection that is open now. */
  public void cut() {
    open.forEach(ChaosProxy::quietly);
  }

  @Override
  public void close() throws IOException {
    listener.close();
    cut();
    threads.shutdownNow();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        if (mode == Mode.REFUSE) {
          quietly(client);
        } else {
          open.add(client);
          threads.execute(() -> serve(client));
        }
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void serve(Socket client) {
    try (client;
        Socket server = new Socket(InetAddress.getLoopbackAddress(), target)) {
      open.add(server);
      threads.execute(() -> answers(server, client));
      requests(client, server);
    } catch (IOException gone) {
      // Either side went; the other is closed with it.
    } finally {
      open.remove(client);
    }
  }

  /** Head by head, so that each request of a kept connection is looked at. */
  private void requests(Socket client, Socket server) throws IOException {
    InputStream in = client.getInputStream();
    OutputStream out = server.getOutputStream();
    for (String head; (head = head(in)) != null; ) {
      boolean upgrade = head.toLowerCase(java.util.Locale.ROOT).contains("upgrade: websocket");
      if (upgrade && mode == Mode.SILENT_101) {
        client.getOutputStream().write(switchingProtocols(head));
        in.transferTo(OutputStream.nullOutputStream());
        return;
      }
      String passed =
          upgrade && mode == Mode.STRIP_UPGRADE ? UPGRADE.matcher(head).replaceAll("") : head;
      out.write(passed.getBytes(StandardCharsets.ISO_8859_1));
      out.write(in.readNBytes(contentLength(head)));
      out.flush();
      if (upgrade && mode == Mode.PASS) {
        in.transferTo(out);
        return;
      }
    }
  }

  private void answers(Socket server, Socket client) {
    try {
      server.getInputStream().transferTo(client.getOutputStream());
    } catch (IOException gone) {
      // As above.
    } finally {
      quietly(client);
      open.remove(server);
    }
  }

  private static String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    for (int b; (b = in.read()) >= 0; ) {
      head.append((char) b);
      if (b == '\n' && head.length() > 3 && head.substring(head.length() - 4).equals("\r\n\r\n")) {
        return head.toString();
      }
    }
    return null;
  }

  private static int contentLength(String head) {
    Matcher length = Pattern.compile("(?im)^content-length: *(\\d+)").matcher(head);
    return length.find() ? Integer.parseInt(length.group(1)) : 0;
  }

  private static byte[] switchingProtocols(String head) throws IOException {
    Matcher key = KEY.matcher(head);
    if (!key.find()) {
      throw new IOException("no key");
    }
    try {
      byte[] accept =
          MessageDigest.getInstance("SHA-1")
              .digest(
                  (key.group(1) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
                      .getBytes(StandardCharsets.US_ASCII));
      return ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              + "Sec-WebSocket-Accept: "
              + Base64.getEncoder().encodeToString(accept)
              + "\r\n\r\n")
          .getBytes(StandardCharsets.US_ASCII);
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void quietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException alreadyGone) {
      // That is what was wanted.
    }
  }
}
