package dev.crossfade.websocket;

import jakarta.websocket.CloseReason;
import jakarta.websocket.Endpoint;
import jakarta.websocket.EndpointConfig;
import jakarta.websocket.Extension;
import jakarta.websocket.MessageHandler;
import jakarta.websocket.PongMessage;
import jakarta.websocket.Session;
import jakarta.websocket.server.ServerEndpointConfig;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Jakarta's callbacks, a line each. No exception leaves them: Tomcat would close the socket with a
 * code that blames the client.
 */
public final class MessageEndpoint extends Endpoint {

  private static final Logger LOG = LoggerFactory.getLogger(MessageEndpoint.class);

  private final Sockets sockets;
  private volatile SocketPipe pipe;

  MessageEndpoint(Sockets sockets) {
    this.sockets = sockets;
  }

  /**
   * Where the endpoint lives and how it is made; for {@code ServerContainer.addEndpoint}. {@code
   * sockets} is asked at each handshake.
   */
  public static ServerEndpointConfig at(String path, Supplier<Sockets> sockets) {
    return at(path, MessageEndpoint.class, () -> new MessageEndpoint(sockets.get()));
  }

  static ServerEndpointConfig at(
      String path, Class<? extends Endpoint> type, Supplier<? extends Endpoint> maker) {
    return ServerEndpointConfig.Builder.create(type, path)
        .configurator(
            new ServerEndpointConfig.Configurator() {
              @Override
              public <T> T getEndpointInstance(Class<T> asked) {
                return asked.cast(maker.get());
              }

              /** The handshake filter has judged it, by shop; here only the shape is known. */
              @Override
              public boolean checkOrigin(String origin) {
                return true;
              }

              /** permessage-deflate doubles the memory of a socket, and leaks secrets by length. */
              @Override
              public List<Extension> getNegotiatedExtensions(
                  List<Extension> installed, List<Extension> requested) {
                return List.of();
              }
            })
        .build();
  }

  @Override
  public void onOpen(Session session, EndpointConfig config) {
    try {
      // Known before it is served: the very first write may fail, and end in onClose.
      pipe = sockets.pipe(session);
      sockets.serve(pipe, session);
      session.addMessageHandler(new Texts());
      session.addMessageHandler(new Binaries());
      session.addMessageHandler(new Pongs());
    } catch (RuntimeException e) {
      LOG.error("a socket could not be opened", e);
      guarded(() -> pipe.broken());
    }
  }

  @Override
  public void onClose(Session session, CloseReason reason) {
    guarded(() -> pipe.gone(reason.getCloseCode() == CloseReason.CloseCodes.CLOSED_ABNORMALLY));
  }

  @Override
  public void onError(Session session, Throwable thrown) {
    LOG.debug("socket failed", thrown);
  }

  private final class Texts implements MessageHandler.Partial<String> {
    @Override
    public void onMessage(String part, boolean last) {
      guarded(() -> pipe.heard(part, last));
    }
  }

  private final class Binaries implements MessageHandler.Partial<ByteBuffer> {
    @Override
    public void onMessage(ByteBuffer part, boolean last) {
      guarded(() -> pipe.heardBinary());
    }
  }

  private final class Pongs implements MessageHandler.Whole<PongMessage> {
    @Override
    public void onMessage(PongMessage pong) {
      guarded(() -> pipe.heardPong());
    }
  }

  private void guarded(Runnable callback) {
    try {
      if (pipe != null) {
        callback.run();
      }
    } catch (RuntimeException e) {
      LOG.error("a callback failed", e);
    }
  }
}
