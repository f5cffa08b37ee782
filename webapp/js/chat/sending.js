import { fullJitter } from './rules.js';
import { Refusal } from './protocol.js';
import { keep, readList } from './storage.js';

/**
 * Drafts that are not known to be stored, oldest first; they survive a reload. Those of this page are in
 * memory; storage has those of all pages, so that the next one finds what the last could not send.
 */
export class Outbox {
  static MAX = 100;

  #storage;
  #key;
  #max;
  #drafts;
  /** Whether storage has what memory has. */
  #isKept = true;

  constructor(storage, key, max = Outbox.MAX) {
    this.#storage = storage;
    this.#key = key;
    this.#max = max;
    this.#drafts = readList(storage, key);
  }

  get full() {
    return this.#drafts.length >= this.#max;
  }

  /** Throws RangeError if it is full. */
  add(draft) {
    if (this.full) {
      throw new RangeError('outbox full');
    }
    this.#change((drafts) => [...drafts, draft].slice(-this.#max));
  }

  get first() {
    return this.#drafts[0] ?? null;
  }

  get all() {
    return [...this.#drafts];
  }

  /** But for those that another page has settled meanwhile. */
  takeAll() {
    const kept = new Set(readList(this.#storage, this.#key).map((draft) => draft.client_msg_id));
    const drafts = this.#isKept ? this.#drafts.filter((draft) => kept.has(draft.client_msg_id)) : this.#drafts;
    const taken = new Set(this.#drafts.map((draft) => draft.client_msg_id));
    this.#change((all) => all.filter((draft) => !taken.has(draft.client_msg_id)));
    return drafts;
  }

  /** The draft was stored, or refused for good. */
  settle(clientMsgId) {
    this.#change((drafts) => drafts.filter((draft) => draft.client_msg_id !== clientMsgId));
  }

  /** What another page has added or settled meanwhile stays as it is. */
  #change(how) {
    this.#drafts = how(this.#drafts);
    const kept = readList(this.#storage, this.#key);
    const changed = how(kept);
    if (changed.length > 0 || kept.length > 0) {
      this.#isKept = keep(this.#storage, this.#key, changed);
    }
  }
}

/** Sends the drafts one at a time over whichever carrier works, so that they are stored in order. */
export class Sending {
  #outbox;
  #carrier;
  #environment;
  #on;
  #busy = false;
  #failures = 0;

  /** @param {() => object|null} carrier null while nothing works */
  constructor(outbox, carrier, environment, on) {
    this.#outbox = outbox;
    this.#carrier = carrier;
    this.#environment = environment;
    this.#on = on;
  }

  /** Call it when there is a new draft, and when a carrier has begun to work. */
  async flush() {
    const draft = this.#outbox.first;
    const carrier = this.#carrier();
    if (this.#busy || draft === null || carrier === null) {
      return;
    }
    this.#busy = true;
    try {
      await this.#send(draft, carrier);
    } finally {
      // Also when a listener has thrown: its mistake must not stop the drafts behind.
      this.#busy = false;
      this.flush();
    }
  }

  async #send(draft, carrier) {
    let stored;
    try {
      stored = await carrier.send(draft);
    } catch (failure) {
      await this.#failed(draft, failure);
      return;
    }
    this.#failures = 0;
    this.#outbox.settle(draft.client_msg_id);
    this.#on.sent(draft, stored);
  }

  async #failed(draft, failure) {
    if (failure instanceof Refusal && failure.code && !failure.retryable) {
      this.#outbox.settle(draft.client_msg_id);
      this.#on.failed(draft, failure);
    } else {
      // It may have been stored. The same id makes the repeat harmless.
      const { options, random, timers } = this.#environment;
      const pause = (failure.retryAfterMs ?? 0) + fullJitter(this.#failures++, options.retry, random);
      await new Promise((resolve) => timers.setTimeout(resolve, pause));
    }
  }
}
