import { untilAnswered } from './backoff.js';
import { DEFAULTS } from './client.js';

/**
 * Opens the visitor's conversation, or finds the one that is open. Repeats the request until the server
 * answers, and calls `retrying` after each failure.
 *
 * @param {import('./http.js').Http} http
 * @param {{signal?: AbortSignal, retrying?: () => void, about?: () => object}} more `about()` is said
 *   with each request: the `page`, a `subject`
 * @returns {Promise<{session_id: number, head: number}>} rejects with a Refusal that is final, and with
 *   the reason of `signal`
 */
export function openedSession(http, { about = () => ({}), ...more } = {}) {
  const call = async () => (await http.call('api/sessions', { body: about(), signal: more.signal })).body;
  return untilAnswered(call, { bounds: DEFAULTS.retry, ...more });
}

/** The same; resolves to the id alone. */
export async function openSession(http, more) {
  return (await openedSession(http, more)).session_id;
}
