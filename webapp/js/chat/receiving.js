/** Pause before asking again for missing messages, when asking once did not help. */
const GAP_PAUSE_MS = 5_000;

/** At most one mark in this time, however many messages came. */
const MARK_EVERY_MS = 1_000;

/** Takes what the carriers bring: each message once and in order, from this client's own place. */
export class Receiving {
  #cursor;
  #timers;
  #on;
  #line;
  #gapAt = null;
  #gapTimer = null;
  #markTimer = null;

  /**
   * @param {object} parts `line` is where messages come from: `line.pause()`, `line.reread()` from the
   *   place, `line.delivered(seq)`, `line.gap()` when reading again did not help. Calls `on.messages`,
   *   `on.reset`, `on.missed`
   */
  constructor({ cursor, timers, line, on }) {
    this.#cursor = cursor;
    this.#timers = timers;
    this.#line = line;
    this.#on = on;
  }

  take(messages, epoch) {
    this.epochIs(epoch);
    const { taken, gap } = this.#cursor.take(messages);
    if (taken.length > 0) {
      this.#on.messages(taken);
      this.#mark();
    }
    if (gap && this.#gapTimer === null) {
      this.#readAgain();
    }
  }

  epochIs(epoch) {
    if (epoch && this.#cursor.epochIs(epoch)) {
      this.#on.reset();
    }
  }

  /** @returns {boolean} whether the refusal was of our place, which is mended now */
  placeRefused({ code, body }) {
    if (code === 'epoch_changed' || code === 'cursor_ahead') {
      this.#cursor.reset(0, body.epoch ?? null);
      this.#on.reset();
      return true;
    }
    if (code === 'cursor_expired') {
      const lost = Math.max(0, (body.earliest ?? 1) - 1);
      this.#cursor.reset(lost, this.#cursor.epoch);
      this.#on.missed(lost);
      return true;
    }
    return false;
  }

  stop() {
    this.#timers.clearTimeout(this.#gapTimer);
    this.#timers.clearTimeout(this.#markTimer);
  }

  #readAgain() {
    const again = this.#gapAt === this.#cursor.seq;
    this.#gapAt = this.#cursor.seq;
    if (again) {
      this.#line.gap();
    }
    // A poll would be answered at once with the same messages.
    this.#line.pause();
    this.#gapTimer = this.#timers.setTimeout(() => {
      this.#gapTimer = null;
      this.#line.reread();
    }, again ? GAP_PAUSE_MS : 0);
  }

  #mark() {
    this.#markTimer ??= this.#timers.setTimeout(() => {
      this.#markTimer = null;
      this.#line.delivered(this.#cursor.seq);
    }, MARK_EVERY_MS);
  }
}
