import { keep, readKept } from './storage.js';

/** Drafts that are not known to be stored, oldest first; they survive a reload. */
export class Outbox {
  /** Upper bound of drafts; when it is reached, the composer must wait. */
  static MAX = 100;

  #storage;
  #key;
  #max;
  #drafts;

  constructor(storage, key, max = Outbox.MAX) {
    this.#storage = storage;
    this.#key = key;
    this.#max = max;
    const kept = readKept(storage, key, []);
    this.#drafts = Array.isArray(kept) ? kept : [];
  }

  get full() {
    return this.#drafts.length >= this.#max;
  }

  /** @param {{session_id: number, content: string, client_msg_id: string}} draft */
  add(draft) {
    if (this.full) {
      throw new RangeError('outbox full');
    }
    this.#keep([...this.#drafts, draft]);
  }

  /** The draft to send next; later ones wait, so that all are stored in the order they were written. */
  get first() {
    return this.#drafts[0] ?? null;
  }

  get all() {
    return [...this.#drafts];
  }

  /** All of them, which are not kept any more. */
  takeAll() {
    const drafts = this.#drafts;
    this.#keep([]);
    return drafts;
  }

  /** The draft was stored, or refused for good. */
  settle(clientMsgId) {
    const rest = this.#drafts.filter((draft) => draft.client_msg_id !== clientMsgId);
    if (rest.length < this.#drafts.length) {
      this.#keep(rest);
    }
  }

  #keep(drafts) {
    this.#drafts = drafts;
    keep(this.#storage, this.#key, drafts);
  }
}
