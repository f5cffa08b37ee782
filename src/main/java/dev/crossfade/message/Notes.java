package dev.crossfade.message;

import dev.crossfade.model.Caller;
import dev.crossfade.store.NoteStore;
import java.util.List;

/**
 * Private notes: they go to no listener of a conversation, only into the list that staff watch,
 * which counts them. Blocks for the database. Safe for many threads.
 */
public final class Notes {

  private final NoteStore store;
  private final Inbox inbox;

  public Notes(NoteStore store, Inbox inbox) {
    this.store = store;
    this.inbox = inbox;
  }

  /** Throws {@code not_found} and {@code too_many}. */
  public NoteStore.Note add(Caller staff, long conversation, String text) {
    NoteStore.Note note = store.add(staff, conversation, text);
    inbox.changedForStaff(staff.shopId());
    return note;
  }

  /** In the order they were written; throws {@code not_found}. */
  public List<NoteStore.Note> list(Caller staff, long conversation) {
    return store.list(staff, conversation);
  }
}
