import { fullJitter } from './backoff.js';
import { Refusal } from './protocol.js';

/** Sends the drafts one at a time over whichever carrier works, so that they are stored in order. */
export class Sending {
  #outbox;
  #carrier;
  #retry;
  #timers;
  #random;
  #on;
  #busy = false;
  #failures = 0;

  /** @param {object} parts `carrier()` is null while nothing works. Calls `on.sent` and `on.failed` */
  constructor({ outbox, carrier, retry, timers, random, on }) {
    this.#outbox = outbox;
    this.#carrier = carrier;
    this.#retry = retry;
    this.#timers = timers;
    this.#random = random;
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
      // Also after a listener has thrown: its mistake must not stop the messages behind.
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
      const pause = (failure.retryAfterMs ?? 0) + fullJitter(this.#failures++, this.#retry, this.#random);
      await new Promise((resolve) => this.#timers.setTimeout(resolve, pause));
    }
  }
}
