package dev.crossfade.app;

import dev.crossfade.message.ConversationLists;
import dev.crossfade.message.Devices;
import dev.crossfade.message.Hints;
import dev.crossfade.message.Inbox;
import dev.crossfade.message.MessageService;
import dev.crossfade.message.Presence;
import dev.crossfade.message.Subscriptions;
import dev.crossfade.metrics.Meters;
import dev.crossfade.peer.Time;
import dev.crossfade.store.ConversationStore;
import dev.crossfade.store.DeviceStore;
import dev.crossfade.store.MessageStore;
import dev.crossfade.store.ReceiptStore;
import dev.crossfade.wire.MessageJson;

/** The message service and the components around it. */
final class Messaging {

  final Subscriptions subscriptions;
  final Inbox inbox;
  final ConversationLists lists;
  final Presence presence;
  final Devices devices;
  final MessageService service;

  /** The journal of {@code stores} must be open. */
  Messaging(Stores stores, Threads threads, Meters meters, Time time) {
    Hints hints = Hints.NONE;
    MessageStore messages = stores.messages;
    ConversationStore conversations = new ConversationStore(stores.database, stores.clock);
    subscriptions =
        new Subscriptions(
            messages,
            conversations,
            MessageJson::message,
            threads.forSubscriptions(),
            hints,
            time.nanos());
    inbox = new Inbox(hints);
    lists =
        new ConversationLists(
            conversations, inbox, meters, threads.reads, time.scheduler(), time.nanos());
    presence = new Presence(stores.clock);
    devices = new Devices(new DeviceStore(stores.database), hints, stores.clock);
    service =
        new MessageService(
            messages,
            conversations,
            new ReceiptStore(stores.database, stores.clock),
            stores.journal(),
            subscriptions,
            inbox,
            stores.database.epoch());
  }
}
