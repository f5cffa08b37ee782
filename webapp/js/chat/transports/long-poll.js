import { TRANSPORT_HEADER } from '../protocol.js';

/**
 * Asks again and again for what comes after a place; each question is held by the server for up to
 * 25 s. One face with the WebSocket: `open(after)`, `send(draft)`, `close()`, `onopen`, `onmessages`,
 * `onclose`; `onopen` means that it works.
 */
export class LongPoll {
  /** Longer than the 25 s a poll is held; shorter than the 60 s after which proxies give up. */
  static TIMEOUT_MS = 35_000;

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

  async send(draft) {
    const { body } = await this.#http.call('api/messages', { body: draft });
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
        this.onclose({ refusal: failure.code ? failure : null, retryAfterMs: failure.retryAfterMs ?? 0 });
      }
    }
  }

  async #ask({ seq, epoch }, wait) {
    this.#abort = new AbortController();
    const timeout = this.#timers.setTimeout(() => this.#abort.abort(), LongPoll.TIMEOUT_MS);
    const known = epoch === null ? '' : `&epoch=${encodeURIComponent(epoch)}`;
    try {
      return await this.#http.call(
        `api/messages?session_id=${this.#session}&after=${seq}&wait=${wait}${known}${this.#query}`,
        { signal: this.#abort.signal },
      );
    } finally {
      this.#timers.clearTimeout(timeout);
    }
  }
}
