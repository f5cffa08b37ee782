import { fullJitter } from './backoff.js';

/** Polling as the floor of a conversation: a long poll that is opened again after each failure. */
export class Polling {
  #open;
  #place;
  #retry;
  #timers;
  #random;
  #on;
  #poll = null;
  #works = false;
  #failures = 0;
  #timer = null;

  /**
   * @param {object} parts `open()` makes a LongPoll that polls from `place()`. Calls `on.opened(epoch)`,
   *   `on.messages(list, epoch)`, `on.steered(use)`, `on.lost()`, `on.refused(refusal)` once and for
   *   good, and `on.placeRefused(refusal)`, which returns whether it has mended the place
   */
  constructor({ open, place, retry, timers, random, on }) {
    this.#open = open;
    this.#place = place;
    this.#retry = retry;
    this.#timers = timers;
    this.#random = random;
    this.#on = on;
  }

  /** Whether the last poll was answered. */
  get works() {
    return this.#works;
  }

  /** What messages may be sent over; null while it does not work. */
  get carrier() {
    return this.#works ? this.#poll : null;
  }

  /** Has no effect while it runs. */
  start() {
    if (this.#poll !== null) {
      return;
    }
    this.#timers.clearTimeout(this.#timer);
    const poll = this.#open();
    poll.onopen = (epoch) => {
      this.#works = true;
      this.#failures = 0;
      this.#on.opened(epoch);
    };
    poll.onmessages = this.#on.messages;
    poll.ontransport = this.#on.steered;
    poll.onclose = (why) => this.#closed(why);
    this.#poll = poll;
    poll.open(this.#place);
  }

  startIn(ms) {
    this.#timers.clearTimeout(this.#timer);
    this.#timer = this.#timers.setTimeout(() => this.start(), ms);
  }

  /** Without the pause that earlier failures have earned. */
  startNow() {
    this.#failures = 0;
    this.start();
  }

  stop() {
    this.#timers.clearTimeout(this.#timer);
    this.#poll?.close();
    this.#poll = null;
    this.#works = false;
  }

  #closed({ refusal, retryAfterMs }) {
    this.#poll = null;
    this.#works = false;
    if (refusal && this.#on.placeRefused(refusal)) {
      this.start();
    } else if (refusal && !refusal.retryable) {
      this.#on.refused(refusal);
    } else {
      this.#on.lost();
      this.startIn(retryAfterMs + fullJitter(this.#failures++, this.#retry, this.#random));
    }
  }
}
