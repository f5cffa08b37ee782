import { Refusal, TRANSPORT_HEADER } from '../protocol.js';

/**
 * Asks again and again for what comes after a place; each question is held by the server for up to
 * 25 s. One face with the WebSocket: `open(after)`, `send(draft)`, `close()`, `onopen`, `onmessages`,
 * `onclose`; `onopen` means that it works.
 */
export class LongPoll {
  /** Longer than the 25 s a poll is held; shorter than the 60 s after which proxies give up. */
  static TIMEOUT_MS = 35_000;

  /** An answer to a send that has not come by then is unknown: the draft is sent again. */
  static SEND_MS = 15_000;

  onopen = () => {};
  onmessages = () => {};
  onclose = () => {};
  /** What the server wants this client to use now. */
  ontransport = () => {};

  #http;
  #session;
  #query;
  #timers;
  #waitSeconds;
  #abort = null;
  #closed = false;

  constructor({ http, session, clientId, instance, timers, waitSeconds = 25 }) {
    this.#http = http;
    this.#session = session;
    this.#query = `&client_id=${clientId}&instance=${instance}`;
    this.#timers = timers;
    this.#waitSeconds = waitSeconds;
  }

  /** @param {() => {seq: number, epoch: string|null}} place asked anew for each question */
  open(place) {
    this.#run(place);
  }

  /** @returns {Promise<{id: number, seq: number}>} what was stored */
  async send(draft) {
    const { body } = await this.#within(LongPoll.SEND_MS, (signal) =>
      this.#http.call('api/messages', { body: draft, signal }));
    return body.message;
  }

  event(path, body) {
    return this.#http.call(path, { body });
  }

  close() {
    this.#closed = true;
    this.#abort?.abort();
  }

  async #run(place) {
    // The first question is not held: its answer shows that polling works.
    let wait = 0;
    try {
      while (!this.#closed) {
        const page = await this.#ask(place(), wait);
        if (this.#closed) {
          return;
        }
        if (wait === 0) {
          wait = this.#waitSeconds;
          this.onopen();
        }
        this.onmessages(page.body.messages, page.body.epoch);
        this.ontransport(page.headers.get(TRANSPORT_HEADER));
      }
    } catch (failure) {
      if (!this.#closed) {
        this.#closed = true;
        this.onclose({ refusal: failure instanceof Refusal && failure.code ? failure : null, retryAfterMs: failure.retryAfterMs ?? 0 });
      }
    }
  }

  #ask({ seq, epoch }, wait) {
    const known = epoch === null ? '' : `&epoch=${encodeURIComponent(epoch)}`;
    const path = `api/messages?session_id=${this.#session}&after=${seq}&wait=${wait}${known}${this.#query}`;
    return this.#within(LongPoll.TIMEOUT_MS, (signal, abort) => {
      this.#abort = abort;
      return this.#http.call(path, { signal });
    });
  }

  /** A path may swallow a request without a word: nothing is waited for without an end. */
  async #within(ms, call) {
    const abort = new AbortController();
    const timeout = this.#timers.setTimeout(() => abort.abort(), ms);
    try {
      return await call(abort.signal, abort);
    } finally {
      this.#timers.clearTimeout(timeout);
    }
  }
}
