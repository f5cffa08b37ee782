import { Refusal, TRANSPORT_HEADER } from '../protocol.js';

/**
 * Long polling: the server holds each request until there is a message, for up to 25 s. It has one face
 * with the WebSocket: `open(place)`, `send(draft)`, `read(seq)`, `delivered(seq)`, `typing(active)`,
 * `close()`; `onopen(epoch)`, which means that it works, `onmessages(list, epoch)`, `onclose(why)`.
 */
export class LongPoll {
  /** Longer than the 25 s a poll is held; shorter than the 60 s after which proxies give up. */
  static TIMEOUT_MS = 35_000;

  /** If a send is not answered by then, its fate is unknown and it is repeated. */
  static SEND_MS = 15_000;

  onopen = () => {};
  onmessages = () => {};
  onclose = () => {};
  /** What the server wants this client to use now. */
  ontransport = () => {};

  #http;
  #session;
  #who;
  #timers;
  #waitSeconds;
  #abort = null;
  #closed = false;

  /** @param {object} parts `who` is {clientId, instance, cohort} */
  constructor({ http, session, who, timers, waitSeconds = 25 }) {
    this.#http = http;
    this.#session = session;
    this.#who = who;
    this.#timers = timers;
    this.#waitSeconds = waitSeconds;
  }

  /** @param {() => {seq: number, epoch: string|null}} place asked for before each request */
  open(place) {
    this.#run(place);
  }

  /** @returns {Promise<{id: number, seq: number}>} what was stored */
  async send(draft) {
    const { body } = await this.#within(LongPoll.SEND_MS, (signal) =>
      this.#http.call('api/messages', { body: draft, signal }));
    return body.message;
  }

  read(seq) {
    this.#tell('api/receipts', { read: seq });
  }

  delivered(seq) {
    this.#tell('api/receipts', { delivered: seq, client_id: this.#who.clientId });
  }

  typing(active) {
    this.#tell('api/typing', { active });
  }

  close() {
    this.#closed = true;
    this.#abort?.abort();
  }

  async #run(place) {
    // The first request is not held: its answer shows that polling works.
    let wait = 0;
    try {
      while (!this.#closed) {
        const page = await this.#ask(place(), wait);
        if (this.#closed) {
          return;
        }
        if (wait === 0) {
          wait = this.#waitSeconds;
          this.onopen(page.body.epoch);
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
    const { clientId, instance, cohort } = this.#who;
    const query = new URLSearchParams({
      session_id: this.#session, after: seq, wait, ...(epoch !== null && { epoch }), client_id: clientId, instance, ...cohort,
    });
    return this.#within(LongPoll.TIMEOUT_MS, (signal, abort) => {
      this.#abort = abort;
      return this.#http.call(`api/messages?${query}`, { signal });
    });
  }

  /** Fire and forget: marks and typing are not worth a repeat. */
  #tell(path, body) {
    this.#http.call(path, { body: { session_id: this.#session, ...body } }).catch(() => {});
  }

  /** A path may swallow a request, so every wait has an end. */
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
