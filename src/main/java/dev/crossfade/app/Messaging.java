package dev.crossfade.app;

import dev.crossfade.message.Devices;
import dev.crossfade.message.Hints;
import dev.crossfade.message.Inbox;
import dev.crossfade.message.MessageService;
import dev.crossfade.message.Presence;
import dev.crossfade.message.Subscriptions;
import dev.crossfade.model.Posted;
import dev.crossfade.store.ConversationStore;
import dev.crossfade.store.DeviceStore;
import dev.crossfade.store.Journal;
import dev.crossfade.store.MessageStore;
import dev.crossfade.store.ReceiptStore;
import dev.crossfade.wire.MessageJson;
import java.util.function.LongSupplier;

/** The one door for messages, and what stands around it. */
final class Messaging {

  final Journal<MessageStore.Entry, Posted> journal;
  final Subscriptions subscriptions;
  final Inbox inbox;
  final Presence presence;
  final Devices devices;
  final MessageService service;

  Messaging(
      Settings settings, Stores stores, Threads threads, LongSupplier nanos, Closing closing) {
    Hints hints = Hints.NONE;
    MessageStore messages = new MessageStore(stores.database, stores.clock);
    ConversationStore conversations = new ConversationStore(stores.database, stores.clock);
    journal =
        closing.keep(
            new Journal<>(
                stores.database,
                messages::append,
                settings.store().journalCapacity(),
                settings.store().journalBatch(),
                nanos,
                Threads.factory("journal")));
    subscriptions =
        new Subscriptions(
            messages, conversations, MessageJson::message, threads.forSubscriptions(), hints);
    inbox = new Inbox();
    presence = new Presence(stores.clock);
    devices = new Devices(new DeviceStore(stores.database, stores.clock), hints, stores.clock);
    service =
        new MessageService(
            messages,
            conversations,
            new ReceiptStore(stores.database, stores.clock),
            journal,
            subscriptions,
            inbox,
            stores.database.epoch());
  }
}
