import { keep, readKept } from './storage.js';

/** Drafts that are not known to be stored, oldest first; kept across a reload. */
export class Outbox {
  /** Beyond so many the composer must wait. */
  static MAX = 100;

  #storage;
  #key;
  #drafts;

  constructor(storage, key) {
    this.#storage = storage;
    this.#key = key;
    const kept = readKept(storage, key, []);
    this.#drafts = Array.isArray(kept) ? kept : [];
  }

  get full() {
    return this.#drafts.length >= Outbox.MAX;
  }

  /** @param {{session_id: number, content: string, client_msg_id: string}} draft */
  add(draft) {
    if (this.full) {
      throw new RangeError('outbox full');
    }
    this.#keep([...this.#drafts, draft]);
  }

  /** The one to send next; later ones wait, so that they are stored in the order they were written. */
  get first() {
    return this.#drafts[0] ?? null;
  }

  get all() {
    return [...this.#drafts];
  }

  /** It was stored, or refused for good. */
  settle(clientMsgId) {
    this.#keep(this.#drafts.filter((draft) => draft.client_msg_id !== clientMsgId));
  }

  #keep(drafts) {
    this.#drafts = drafts;
    keep(this.#storage, this.#key, drafts);
  }
}
