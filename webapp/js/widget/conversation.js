import { sessionStorageOrNull } from '../chat/storage.js';
import { SharedClient } from '../chat/tabs.js';
import { t } from '../lib/i18n.js';
import { showState } from '../ui/connection-state.js';
import { Reading, isOver } from './memory.js';

/** One conversation in the panel. */
export class Conversation {
  #panel;
  #historyUpTo;
  #reading;
  #client;
  #channel = null;
  #on;

  /**
   * @param {object} session {id, head, readAtMost}; messages up to `head` are history, and not read out
   * @param {object} on `looks()`, `message(message)`, `unread(count)`, `state(state)`, and `over(drafts)`
   *   when it is closed, with what was not stored and is for this tab to send
   */
  constructor({ id, head, readAtMost }, makeClient, panel, on) {
    const { list, frame, storage } = panel;
    this.#panel = panel;
    this.#historyUpTo = head;
    this.#reading = new Reading(storage, id, readAtMost);
    this.#on = on;
    this.#client = new SharedClient({
      session: id, makeClient, storage: sessionStorageOrNull(),
      on: {
        messages: (messages) => this.#received(messages),
        draft: (draft) => list.addDraft(draft),
        failed: (draft, refusal) => this.#failed(draft, refusal),
        state: (state) => {
          showState(frame.state, state);
          on.state(state);
        },
        event: (event) => this.#heard(event),
        reset: () => list.clear(),
        missed: () => list.note(t('missed')),
        readUpTo: (seq) => this.#haveRead(seq),
        stopped: (reason) => this.#stopped(reason),
      },
    });
    if (globalThis.BroadcastChannel) {
      this.#channel = new BroadcastChannel(`crossfade.${id}`);
    }
  }

  start() {
    this.#panel.frame.contact.hidden = true;
    this.#panel.frame.chat.setAttribute('aria-live', this.#historyUpTo > 0 ? 'off' : 'polite');
    this.#client.unsent.forEach((draft) => this.#panel.list.addDraft(draft));
    this.#client.start();
  }

  stop() {
    this.#client.stop();
    this.#channel?.close();
  }

  online() {
    this.#client.online();
  }

  typing(active) {
    this.#client.typing(active);
  }

  send(content, id) {
    const draft = this.#client.send(content, id ? { client_msg_id: id } : {});
    this.#panel.sentHere.add(draft.client_msg_id);
    this.#panel.list.addDraft(draft);
  }

  /** @returns {boolean} whether the visitor looks at it and has now read it */
  look() {
    const looks = this.#on.looks();
    if (looks && this.#client.cursor > this.#reading.upTo) {
      this.#client.read(this.#client.cursor);
      this.#haveRead(this.#client.cursor);
    }
    return looks;
  }

  #received(messages) {
    this.#panel.list.add(messages);
    const unread = this.#reading.add(messages.filter((message) => message.sender_role !== 'visitor'));
    const news = unread.filter((message) => message.seq > this.#historyUpTo);
    news.forEach((message) => this.#on.message(message));
    if (this.#client.cursor >= this.#historyUpTo) {
      // When the history has been drawn, and not with it.
      setTimeout(() => this.#panel.frame.chat.setAttribute('aria-live', 'polite'));
    }
    if (unread.length > 0) {
      this.#panel.frame.typing.textContent = '';
    }
    if (news.length > 0) {
      this.#panel.frame.away.hidden = true;
    }
    if (!this.look() && unread.length > 0) {
      this.#panel.sound.playIfHere(this.#client.leading);
    }
    this.#showUnread();
  }

  #heard(event) {
    if (event.type === 'message_status') {
      this.#panel.list.marked(event.seq, event.status);
    } else if (event.type === 'typing') {
      this.#panel.frame.typing.textContent = event.active ? t('typing') : '';
    }
  }

  #haveRead(seq) {
    this.#reading.read(seq);
    this.#showUnread();
  }

  #showUnread() {
    const { unread } = this.#reading;
    this.#on.unread(unread);
    // For tabs that have not loaded the panel.
    if (this.#client.leading) {
      this.#channel?.postMessage({ unread });
    }
  }

  #failed(draft, refusal) {
    if (isOver(refusal.code)) {
      // One that an earlier page had left belongs to the tab that leads.
      const isOurs = this.#client.leading || this.#panel.sentHere.has(draft.client_msg_id);
      this.#on.over([...(isOurs ? [draft] : []), ...this.#client.takeUnsent()]);
    } else {
      this.#panel.list.failed(draft, refusal.message);
    }
  }

  /** After an ended token there is a new visitor, with a conversation of their own. */
  #stopped(reason) {
    if (isOver(reason)) {
      this.#on.over(this.#client.takeUnsent());
    } else {
      this.#panel.frame.showStopped();
    }
  }
}
