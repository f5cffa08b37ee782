import { fullJitter } from './backoff.js';
import { nextProbe } from './fallback.js';

/** Failures of a socket that had worked before its path is blamed; one that never worked gets none. */
const ALLOWED_AFTER_PROOF = 3;

/** When the next socket is tried. One attempt is planned at a time; a new plan replaces the last. */
export class Attempts {
  #options;
  #timers;
  #random;
  #timer = null;
  #failures = 0;
  #allowed = 0;

  constructor({ options, timers, random }) {
    this.#options = options;
    this.#timers = timers;
    this.#random = random;
  }

  plan(attempt, ms = 0) {
    this.cancel();
    this.#timer = this.#timers.setTimeout(attempt, ms);
  }

  /** After the pause that the failures so far have earned. */
  planAgain(attempt, extraMs = 0) {
    this.plan(attempt, extraMs + fullJitter(this.#failures, this.#options.retry, this.#random));
  }

  planInBackground(attempt) {
    this.plan(attempt, nextProbe(Math.max(1, this.#failures), this.#options.probe, this.#random));
  }

  cancel() {
    this.#timers.clearTimeout(this.#timer);
  }

  /** @returns {boolean} whether it was one failure too many */
  failed() {
    this.#failures++;
    return this.#failures > this.#allowed;
  }

  proven() {
    this.#failures = 0;
    this.#allowed = ALLOWED_AFTER_PROOF;
  }

  /** The path is to blame: an attempt in the background gets no second chance. */
  blamed() {
    this.#failures = 1;
    this.#allowed = 0;
  }
}
