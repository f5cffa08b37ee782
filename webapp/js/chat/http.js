import { Refusal } from './protocol.js';

/** The HTTP API of one server for one caller; renews the token once where it has expired. */
export class Http {
  #fetch;
  #getToken;
  #token = null;

  /**
   * @param {string} base URL that `api/…` is relative to
   * @param {(expired: boolean) => Promise<string>} getToken
   */
  constructor({ base, getToken, fetch = (...args) => globalThis.fetch(...args) }) {
    this.base = base;
    this.#fetch = fetch;
    this.#getToken = getToken;
  }

  async token(expired = false) {
    if (expired || this.#token === null) {
      this.#token = await this.#getToken(expired);
    }
    return this.#token;
  }

  /**
   * @param {{body?: object, headers?: object, signal?: AbortSignal, anonymous?: boolean, method?: string}} options
   * @returns {Promise<{status: number, body: any, headers: Headers}>} throws Refusal, or TypeError where there was no answer
   */
  async call(path, options = {}) {
    try {
      return await this.#once(path, options, false);
    } catch (failure) {
      if (failure.status === 401 && !options.anonymous) {
        return this.#once(path, options, true);
      }
      throw failure;
    }
  }

  async #once(path, { body, headers = {}, signal, anonymous, method }, renew) {
    const sent = { ...headers };
    if (!anonymous) {
      sent.Authorization = `Bearer ${await this.token(renew)}`;
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
      // A page of a proxy is no answer of ours: as good as none, and to be tried again.
      throw new Refusal(json ?? { retryable: true }, response.status, seconds * 1000);
    }
    return { status: response.status, body: json, headers: response.headers };
  }
}

function parse(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}
