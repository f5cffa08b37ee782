/**
 * Full jitter: a random time between 0 and a limit that doubles with each attempt. Spreads a crowd
 * better than a fixed delay with a little noise.
 *
 * @param {number} attempt 0 for the first
 * @param {{baseMs: number, maxMs: number}} bounds
 * @param {() => number} [random] in [0, 1)
 * @returns {number} milliseconds
 */
export function fullJitter(attempt, { baseMs, maxMs }, random = Math.random) {
  return Math.floor(random() * Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30)));
}
