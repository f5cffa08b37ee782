/**
 * Full jitter: a random delay between 0 and a limit that doubles with each attempt. It spreads many
 * clients better than a fixed delay with a little noise.
 *
 * @param {number} attempt 0 for the first
 * @param {{baseMs: number, maxMs: number}} bounds
 * @param {() => number} [random] in [0, 1)
 * @returns {number} milliseconds
 */
export function fullJitter(attempt, { baseMs, maxMs }, random = Math.random) {
  return Math.floor(random() * Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30)));
}

/**
 * Repeats a call until the server answers it, with growing pauses; the server may be restarting.
 *
 * @template T
 * @param {() => Promise<T>} call
 * @param {object} options `bounds` of the pauses; `retrying()` is called after each failure
 * @returns {Promise<T>} rejects with a Refusal that is final, and with the reason of `signal`
 */
export async function untilAnswered(call, { bounds, signal, retrying = () => {}, timers = globalThis, random = Math.random }) {
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
      const pause = (failure.retryAfterMs ?? 0) + fullJitter(attempt, bounds, random);
      await new Promise((resolve) => timers.setTimeout(resolve, pause));
    }
  }
}
