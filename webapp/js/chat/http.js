import { Refusal } from './protocol.js';
import { DEFAULTS, fullJitter } from './rules.js';

/** The HTTP API of one server for one caller; gets another token where the server refuses the one it has. */
export class Http {
  #fetch;
  #getToken;
  #token = null;

  /** @param {{base: string, getToken: (expired: boolean, refused: ?string) => Promise<string>}} parts `api/…` is relative to `base` */
  constructor({ base, getToken, fetch = (...args) => globalThis.fetch(...args) }) {
    this.base = base;
    this.#fetch = fetch;
    this.#getToken = getToken;
  }

  async token() {
    this.#token ??= await this.#getToken(false, null);
    return this.#token;
  }

  /** An answer that comes late may be about a token that has been replaced since. */
  async #renew(refused) {
    if (this.#token === refused) {
      this.#token = await this.#getToken(true, refused);
    }
  }

  /**
   * @param {object} options {body, headers, signal, anonymous, method}
   * @returns {Promise<{status: number, body: any, headers: Headers}>} rejects with a Refusal, or a TypeError without answer
   */
  async call(path, options = {}) {
    const token = options.anonymous ? null : await this.token();
    try {
      return await this.#once(path, options, token);
    } catch (failure) {
      // A proxy on the way may say 401 too; only the server can refuse a token.
      if (token !== null && failure.status === 401 && failure.code === 'not_authenticated') {
        await this.#renew(token);
        return this.#once(path, options, this.#token);
      }
      throw failure;
    }
  }

  async #once(path, { body, headers = {}, signal, method }, token) {
    const sent = { ...headers };
    if (token !== null) {
      sent.Authorization = `Bearer ${token}`;
    }
    if (body !== undefined) {
      sent['Content-Type'] = 'application/json';
    }
    const response = await this.#fetch(this.base + path, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: sent,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
      cache: 'no-store',
    });
    const text = response.status === 204 || response.status === 304 ? '' : await response.text();
    const json = parse(text);
    if (response.status >= 400 || (text && json === null)) {
      const seconds = Number(response.headers.get('Retry-After') ?? 0);
      // What a proxy says is no answer of ours, so it is tried again.
      throw new Refusal(json?.code ? json : { retryable: true }, response.status, seconds * 1000);
    }
    return { status: response.status, body: json, headers: response.headers };
  }
}

/**
 * Repeats a call with growing pauses until the server answers it. Rejects with a Refusal that is final,
 * and with the reason of `signal`.
 */
export async function untilAnswered(call, { signal, retrying = () => {}, timers = globalThis, random = Math.random }) {
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await call();
    } catch (failure) {
      if (failure.retryable === false) {
        throw failure;
      }
      signal?.throwIfAborted();
      retrying();
      const pause = (failure.retryAfterMs ?? 0) + fullJitter(attempt, DEFAULTS.retry, random);
      await new Promise((resolve) => timers.setTimeout(resolve, pause));
    }
  }
}

/**
 * Opens the visitor's conversation, or finds the one that is open; repeats the request until the server
 * answers. Rejects as `untilAnswered`.
 *
 * @param {object} more `about()` is said with each request; `retrying()` is called after each failure
 * @returns {Promise<{session_id: number, head: number}>}
 */
export function openedSession(http, { about = () => ({}), ...more } = {}) {
  const call = async () => (await http.call('api/sessions', { body: about(), signal: more.signal })).body;
  return untilAnswered(call, more);
}

export async function openSession(http, more) {
  return (await openedSession(http, more)).session_id;
}

function parse(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}
