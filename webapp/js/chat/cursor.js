import { keep, readKept } from './storage.js';

/**
 * How far this reader has got in one conversation. The place belongs to the client: whatever breaks,
 * the next carrier is asked for what comes after it. Kept across a reload where `keep` is given.
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

  /**
   * The messages that are new here, each once and in order. `gap` is true where one is missing
   * before the first: then the carrier must be asked again from here, and nothing is taken.
   */
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

  /** The log that seq counts in; another than before starts over. Returns whether it did. */
  epochIs(epoch) {
    const another = this.epoch !== null && this.epoch !== epoch;
    this.#move(another ? 0 : this.seq, epoch);
    return another;
  }

  /** Starts again from here. */
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
