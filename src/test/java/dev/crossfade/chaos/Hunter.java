package dev.crossfade.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crossfade.support.Api;
import dev.crossfade.support.Api.Answer;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Somebody who tries what it must not: conversations that are not its own. */
final class Hunter implements AutoCloseable {

  private static final long EVERY = TimeUnit.MILLISECONDS.toNanos(300);

  private final World world;
  private final String name;
  private final Api api;
  private final List<Long> prey;
  private final Random random;
  private final Thread thread;
  private volatile boolean open = true;

  Hunter(World world, String name, String role, String shop, List<Long> prey) {
    this.world = world;
    this.name = name;
    this.prey = prey;
    this.random = world.random(name);
    this.api = new Api(world.url).as(world.token(name, shop, role, Duration.ofHours(3)).text());
    this.thread = new Thread(this::hunt, name);
    thread.setDaemon(true);
  }

  Hunter start() {
    world.history.add(at -> new Event.Entitled(at, name, name, "HUNTER", false, List.of()));
    thread.start();
    return this;
  }

  private void hunt() {
    for (int n = 0; open; n++) {
      long conversation = prey.get(random.nextInt(prey.size()));
      try {
        if (n % 2 == 0) {
          read(conversation);
        } else {
          write(conversation, name + "-" + n);
        }
      } catch (RuntimeException networkIsBroken) {
        // It tries again.
      }
      LockSupport.parkNanos(EVERY);
    }
  }

  private void read(long conversation) {
    long line = world.nextLine();
    world.history.add(
        at -> new Event.Asked(at, name, Event.POLLING, conversation, line, 0, 100, false));
    Answer answer = api.poll(conversation, 0, 0);
    JsonNode messages = answer.body().path("messages");
    if (answer.status() == 200 && messages.isArray()) {
      world.history.add(
          at ->
              new Event.Got(
                  at,
                  name,
                  Event.POLLING,
                  conversation,
                  line,
                  answer.body().path("head").asLong(),
                  answer.body().path("epoch").asText(),
                  Long.MAX_VALUE / 2,
                  ChatClient.seen(messages)));
    }
  }

  private void write(long conversation, String id) {
    String content = "not mine to say";
    world.history.add(
        at -> new Event.Invoked(at, name, Event.POLLING, conversation, id, content.hashCode()));
    Answer answer = api.trySay(conversation, content, id);
    JsonNode message = answer.body().path("message");
    if (message.has("seq")) {
      long seq = message.get("seq").asLong();
      world.history.add(
          at -> new Event.Acked(at, name, Event.POLLING, conversation, id, seq, false));
    } else if (answer.status() >= 400 && answer.status() < 500) {
      world.history.add(
          at -> new Event.Refused(at, name, Event.POLLING, conversation, id, answer.code()));
    } else {
      world.history.add(
          at -> new Event.Unknown(at, name, Event.POLLING, conversation, id, "no answer"));
    }
  }

  @Override
  public void close() {
    open = false;
    LockSupport.unpark(thread);
  }
}
