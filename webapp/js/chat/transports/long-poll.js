import { Refusal, TRANSPORT_HEADER } from '../protocol.js';
import { fullJitter } from '../rules.js';

/**
 * Long polling: the server holds each request for up to 25 s. One face with the WebSocket: `open()`,
 * `send(draft)`, `read(seq)`, `delivered(seq)`, `typing(active)`, `close()`; `onopen(epoch)` means that
 * it works, `onmessages(list, epoch)`, `onclose(why)`.
 */
export class LongPoll {
  static HELD_SECONDS = 25;

  /** Longer than a poll is held; shorter than the 60 s after which proxies give up. */
  static TIMEOUT_MS = 35_000;

  /** Then its fate is unknown, and it is repeated. */
  static SEND_MS = 15_000;

  onopen = () => {};
  onmessages = () => {};
  onclose = () => {};
  /** What the server wants this client to use now. */
  ontransport = () => {};

  #parts;
  #abort = null;
  #closed = false;

  /** @param {object} parts `who` is {clientId, instance, cohort}; `place()` is {seq, epoch} */
  constructor(parts) {
    this.#parts = parts;
  }

  open() {
    this.#run();
  }

  /** @returns {Promise<{id: number, seq: number}>} what was stored */
  async send(draft) {
    const { body } = await this.#within(LongPoll.SEND_MS, (signal) =>
      this.#parts.http.call('api/messages', { body: draft, signal }));
    return body.message;
  }

  read(seq) {
    this.#tell('api/receipts', { read: seq });
  }

  delivered(seq) {
    this.#tell('api/receipts', { delivered: seq, client_id: this.#parts.who.clientId });
  }

  typing(active) {
    this.#tell('api/typing', { active });
  }

  close() {
    this.#closed = true;
    this.#abort?.abort();
  }

  async #run() {
    // The first request is not held: its answer shows that polling works.
    let wait = 0;
    try {
      while (!this.#closed) {
        const page = await this.#ask(wait);
        if (this.#closed) {
          return;
        }
        if (wait === 0) {
          wait = LongPoll.HELD_SECONDS;
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

  #ask(wait) {
    const { seq, epoch } = this.#parts.place();
    const { clientId, instance, cohort } = this.#parts.who;
    const query = new URLSearchParams({
      session_id: this.#parts.session, after: seq, wait, ...(epoch !== null && { epoch }), client_id: clientId, instance, ...cohort,
    });
    return this.#within(LongPoll.TIMEOUT_MS, (signal, abort) => {
      this.#abort = abort;
      return this.#parts.http.call(`api/messages?${query}`, { signal });
    });
  }

  /** Marks and typing are not worth a repeat. */
  #tell(path, body) {
    this.#parts.http.call(path, { body: { session_id: this.#parts.session, ...body } }).catch(() => {});
  }

  /** A path may swallow a request, so every wait has an end. */
  async #within(ms, call) {
    const abort = new AbortController();
    const timeout = this.#parts.timers.setTimeout(() => abort.abort(), ms);
    try {
      return await call(abort.signal, abort);
    } finally {
      this.#parts.timers.clearTimeout(timeout);
    }
  }
}

/** Polling as the floor of a conversation: a long poll that is opened again after each failure. */
export class Polling {
  #open;
  #environment;
  #on;
  #poll = null;
  #works = false;
  #failures = 0;
  #timer = null;

  /**
   * @param {() => LongPoll} open
   * @param {object} on `opened(epoch)`, `messages(list, epoch)`, `steered(use)`, `lost()`,
   *   `placeRefused(refusal)`, which returns whether it has mended the place, `refused(refusal)` for good
   */
  constructor(open, environment, on) {
    this.#open = open;
    this.#environment = environment;
    this.#on = on;
  }

  /** Whether the last poll was answered. */
  get works() {
    return this.#works;
  }

  get carrier() {
    return this.#works ? this.#poll : null;
  }

  /** Has no effect while it runs. */
  start() {
    if (this.#poll !== null) {
      return;
    }
    this.#environment.timers.clearTimeout(this.#timer);
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
    poll.open();
  }

  startIn(ms) {
    const { timers } = this.#environment;
    timers.clearTimeout(this.#timer);
    this.#timer = timers.setTimeout(() => this.start(), ms);
  }

  /** Earlier failures do not count any more. */
  startNow() {
    this.#failures = 0;
    this.start();
  }

  stop() {
    this.#environment.timers.clearTimeout(this.#timer);
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
      const { options, random } = this.#environment;
      this.startIn(retryAfterMs + fullJitter(this.#failures++, options.retry, random));
    }
  }
}
