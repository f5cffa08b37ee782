import { fullJitter } from './rules.js';
import { Refusal } from './protocol.js';
import { keep, readKept } from './storage.js';

/** Drafts that are not known to be stored, oldest first; they survive a reload. */
export class Outbox {
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

  /** Throws RangeError if it is full. */
  add(draft) {
    if (this.full) {
      throw new RangeError('outbox full');
    }
    this.#keep([...this.#drafts, draft]);
  }

  get first() {
    return this.#drafts[0] ?? null;
  }

  get all() {
    return [...this.#drafts];
  }

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
