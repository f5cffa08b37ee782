import { keep, readKept } from './storage.js';

/** Pause before asking again for missing messages when asking once did not help. */
const GAP_PAUSE_MS = 5_000;

const MARK_EVERY_MS = 1_000;

/**
 * How far this reader has got in one conversation. It belongs to the client: whatever breaks, the next
 * carrier is asked for what comes after it.
 */
export class Cursor {
  #storage;
  #key;

  /** @param {Storage|null} storage null: not kept */
  constructor(storage, key) {
    this.#storage = storage;
    this.#key = key;
    const kept = readKept(storage, key, null);
    this.seq = kept?.seq ?? 0;
    this.epoch = kept?.epoch ?? null;
  }

  /** Takes what is new, each message once and in order. `gap`: one is missing, ask again from here. */
  take(messages) {
    const fresh = messages.filter((message) => message.seq > this.seq).sort((a, b) => a.seq - b.seq);
    const taken = [];
    let next = this.seq + 1;
    for (const message of fresh) {
      if (message.seq === next) {
        taken.push(message);
        next++;
      } else if (message.seq > next) {
        break;
      }
    }
    this.#move(next - 1, this.epoch);
    return { taken, gap: taken.length < new Set(fresh.map((message) => message.seq)).size };
  }

  /** @returns {boolean} whether this is another log than before, which starts over */
  epochIs(epoch) {
    const another = this.epoch !== null && this.epoch !== epoch;
    this.#move(another ? 0 : this.seq, epoch);
    return another;
  }

  reset(seq, epoch) {
    this.#move(seq, epoch);
  }

  #move(seq, epoch) {
    if (seq !== this.seq || epoch !== this.epoch) {
      this.seq = seq;
      this.epoch = epoch;
      keep(this.#storage, this.#key, { seq, epoch });
    }
  }
}

/** Takes what the carriers bring: each message once and in order, from this client's own place. */
export class Receiving {
  #cursor;
  #timers;
  #line;
  #on;
  #gapAt = null;
  #gapTimer = null;
  #markTimer = null;

  /**
   * @param {object} line where messages come from: `pause()`, `reread()` from the place,
   *   `delivered(seq)`, `gap()` when reading again did not help
   */
  constructor(cursor, timers, line, on) {
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
