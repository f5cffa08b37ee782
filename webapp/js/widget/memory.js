import { keep, readKept } from '../chat/storage.js';

/** What a visitor wrote before there was a conversation. */
export class FirstWords {
  static MAX = 20;

  #storage;
  #key;
  #here = [];

  constructor(storage, shop) {
    this.#storage = storage;
    this.#key = `crossfade.first.${shop}`;
  }

  /** Also those of other tabs. */
  get drafts() {
    const kept = readKept(this.#storage, this.#key, this.#here);
    return Array.isArray(kept) ? kept : [];
  }

  /** Throws RangeError if too many wait. */
  add(content) {
    if (this.drafts.length >= FirstWords.MAX) {
      throw new RangeError('too many wait');
    }
    const draft = { content, client_msg_id: `f-${crypto.getRandomValues(new Uint32Array(3)).join('-')}` };
    this.replace([...this.drafts, draft]);
    return draft;
  }

  takeAll() {
    const { drafts } = this;
    this.replace([]);
    return drafts;
  }

  replace(drafts) {
    this.#here = drafts.map(({ content, client_msg_id }) => ({ content, client_msg_id }));
    keep(this.#storage, this.#key, this.#here);
  }
}

/** How far one conversation was read in this browser, and which messages were not. */
export class Reading {
  #storage;
  #key;
  #unread = [];

  /** @param {number} readAtMost as the server knows it */
  constructor(storage, session, readAtMost) {
    this.#storage = storage;
    this.#key = `crossfade.read.${session}`;
    this.upTo = Math.max(readKept(storage, this.#key, 0), readAtMost);
  }

  get unread() {
    return this.#unread.length;
  }

  /** @returns {object[]} those that were not read yet */
  add(messages) {
    const unread = messages.filter((message) => message.seq > this.upTo);
    this.#unread.push(...unread.map((message) => message.seq));
    return unread;
  }

  read(seq) {
    this.upTo = Math.max(this.upTo, seq);
    this.#unread = this.#unread.filter((one) => one > this.upTo);
    keep(this.#storage, this.#key, this.upTo);
  }
}
