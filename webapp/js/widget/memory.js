import { outboxOf, pendingOf } from '../chat/client.js';
import { untilAnswered } from '../chat/http.js';
import { Outbox } from '../chat/sending.js';
import { keep, readKept, readList } from '../chat/storage.js';

/** Whether a message that is refused for this reason belongs into a new conversation. */
export const isOver = (code) => ['session_closed', 'not_found', 'not_authenticated'].includes(code);

/** What one person wrote before there was a conversation. */
export class FirstWords {
  static MAX = 20;

  #storage;
  #key;
  /** Null where storage has them. */
  #here = null;

  constructor(storage, owner) {
    this.#storage = storage;
    this.#key = `crossfade.first.${owner}`;
  }

  /** Also those of other tabs. */
  get drafts() {
    return this.#here ?? readList(this.#storage, this.#key);
  }

  /** Throws RangeError if too many wait. */
  add(content) {
    if (this.drafts.length >= FirstWords.MAX) {
      throw new RangeError('too many wait');
    }
    const draft = { content, client_msg_id: `f-${crypto.getRandomValues(new Uint32Array(3)).join('-')}` };
    this.put([draft]);
    return draft;
  }

  /** Adds drafts that have an id already; another tab may have brought some of them. */
  put(drafts) {
    this.#keep([...this.drafts, ...this.#news(drafts)]);
  }

  /** The same for those that were written earlier. */
  putBefore(drafts) {
    this.#keep([...this.#news(drafts), ...this.drafts]);
  }

  #news(drafts) {
    const known = new Set(this.drafts.map((draft) => draft.client_msg_id));
    return drafts
      .filter((draft) => !known.has(draft.client_msg_id))
      .map(({ content, client_msg_id }) => ({ content, client_msg_id }));
  }

  takeAll() {
    const { drafts } = this;
    this.#keep([]);
    return drafts;
  }

  #keep(drafts) {
    this.#here = keep(this.#storage, this.#key, drafts) ? null : drafts;
  }
}

/** The conversation that one person had last in this browser: it may have been closed with something unsent. */
export class LastConversation {
  #storage;
  #tabStorage;
  #key;

  constructor(storage, tabStorage, owner) {
    this.#storage = storage;
    this.#tabStorage = tabStorage;
    this.#key = `crossfade.last.${owner}`;
  }

  is(id) {
    keep(this.#storage, this.#key, id);
  }

  /**
   * Sends what is left in it, unless it is still the current one; what it does not take any more comes
   * before the first words of the next. Rejects with the reason of `signal`.
   *
   * @param {(draft: object, refusal: Error) => void} failed for what is refused for another reason
   */
  async settle(current, http, words, failed, signal) {
    const id = readKept(this.#storage, this.#key, current);
    if (id === current) {
      return;
    }
    const over = [];
    // In this tab's storage is what a frozen leader has not taken.
    const left = [new Outbox(this.#storage, outboxOf(id)), new Outbox(this.#tabStorage, pendingOf(id))];
    for (const outbox of left) {
      for (const draft of outbox.all) {
        try {
          await untilAnswered(() => http.call('api/messages', { body: draft, signal }), { signal });
        } catch (refusal) {
          signal.throwIfAborted();
          if (isOver(refusal.code)) {
            over.push(draft);
            continue;
          }
          failed(draft, refusal);
        }
        outbox.settle(draft.client_msg_id);
      }
    }
    words.putBefore(over);
    left.forEach((outbox) => outbox.takeAll());
  }
}

/** How far one conversation was read in this browser, and which messages were not. */
export class Reading {
  #storage;
  #key;
  #unread = [];

  /** @param {number} readAtMost as the server knows it */
  constructor(storage, session, readAtMost) {
    this.#storage = storage;
    this.#key = `crossfade.read.${session}`;
    this.upTo = Math.max(readKept(storage, this.#key, 0), readAtMost);
  }

  get unread() {
    return this.#unread.length;
  }

  /** @returns {object[]} those that were not read yet */
  add(messages) {
    const unread = messages.filter((message) => message.seq > this.upTo);
    this.#unread.push(...unread.map((message) => message.seq));
    return unread;
  }

  read(seq) {
    this.upTo = Math.max(this.upTo, seq);
    this.#unread = this.#unread.filter((one) => one > this.upTo);
    keep(this.#storage, this.#key, this.upTo);
  }
}
