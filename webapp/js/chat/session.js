import { fullJitter } from './backoff.js';
import { DEFAULTS } from './client.js';
import { Refusal } from './protocol.js';

/**
 * The visitor's open conversation; one is opened where there is none. The server may be restarting just
 * now: tries until it answers, and calls `retrying` each time it has not.
 *
 * @param {import('./http.js').Http} http
 * @param {{signal?: AbortSignal, retrying?: () => void}} more
 * @returns {Promise<number>} its id; throws Refusal where it is refused for good, and what `signal` was aborted with
 */
export async function openSession(http, { signal, retrying = () => {}, timers = globalThis, random = Math.random } = {}) {
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return (await http.call('api/sessions', { body: {}, signal })).body.session_id;
    } catch (failure) {
      if (failure instanceof Refusal && !failure.retryable) {
        throw failure;
      }
      signal?.throwIfAborted();
      retrying();
      const pause = (failure.retryAfterMs ?? 0) + fullJitter(attempt, DEFAULTS.retry, random);
      await new Promise((resolve) => timers.setTimeout(resolve, pause));
    }
  }
}
