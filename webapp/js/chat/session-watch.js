import { fullJitter } from './rules.js';

/** Longer than the server holds a request; a path may swallow it. */
const TIMEOUT_MS = 35_000;
const HELD_SECONDS = 25;
const RETRY = { baseMs: 1_000, maxMs: 15_000 };

/**
 * A list of conversations that is always up to date: the server holds each request until the list
 * differs from the known one. After a failure the whole list is asked for again.
 */
export class SessionWatch {
  #http;
  #query;
  #on;
  #timers;
  #random;
  #abort = null;
  #timer = null;
  #failures = 0;
  #stopped = false;

  /**
   * @param {object} parts `status` as in `GET api/sessions`; `instance` names this reader. Calls
   *   `on.list(sessions)`, `on.lost()` at each failure, `on.refused(refusal)` once, if it is final
   */
  constructor({ http, status, instance, on, timers = globalThis, random = Math.random }) {
    this.#http = http;
    this.#query = `api/sessions?status=${status}&instance=${instance}`;
    this.#on = { list() {}, lost() {}, refused() {}, ...on };
    this.#timers = timers;
    this.#random = random;
  }

  start() {
    this.#ask(null);
    return this;
  }

  stop() {
    this.#stopped = true;
    this.#timers.clearTimeout(this.#timer);
    this.#abort?.abort();
  }

  /** The network came back: do not wait for a timer. */
  online() {
    if (this.#timer !== null && !this.#stopped) {
      this.#timers.clearTimeout(this.#timer);
      this.#timer = null;
      this.#ask(null);
    }
  }

  async #ask(etag) {
    while (!this.#stopped) {
      try {
        etag = await this.#once(etag);
      } catch (failure) {
        this.#failed(failure);
        return;
      }
    }
  }

  /** One request; resolves to the ETag of the list that is known then. */
  async #once(etag) {
    const abort = new AbortController();
    this.#abort = abort;
    const timeout = this.#timers.setTimeout(() => abort.abort(), TIMEOUT_MS);
    try {
      const { status, body, headers } = await this.#http.call(
        this.#query + (etag ? `&wait=${HELD_SECONDS}` : ''),
        { headers: etag ? { 'If-None-Match': etag } : {}, signal: abort.signal },
      );
      this.#failures = 0;
      if (status === 200 && !this.#stopped) {
        this.#on.list(body.sessions);
      }
      const known = headers.get('ETag') ?? etag;
      if (!known) {
        // Without it the server holds nothing, and we would ask without a pause.
        throw new Error('no ETag');
      }
      return known;
    } finally {
      this.#timers.clearTimeout(timeout);
    }
  }

  #failed(failure) {
    if (this.#stopped) {
      return;
    }
    if (failure.code && failure.retryable === false) {
      this.#stopped = true;
      this.#on.refused(failure);
      return;
    }
    this.#on.lost();
    const pause = fullJitter(this.#failures++, RETRY, this.#random);
    this.#timer = this.#timers.setTimeout(() => {
      this.#timer = null;
      this.#ask(null);
    }, (failure.retryAfterMs ?? 0) + pause);
  }
}
