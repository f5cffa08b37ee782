/** The rules of falling back. They use no clock, network or storage of their own. */

/** A socket that has not proven itself by then has failed: some proxies answer 101 and pass nothing on. */
export const PROVEN_WITHIN_MS = 9_000;

export const FIRST_MEMORY_MS = 30 * 60_000;
export const LONGEST_MEMORY_MS = 24 * 3_600_000;

/** Pauses between tries in the background, while polling goes on. */
export const PROBE = { firstMs: 30_000, maxMs: 30 * 60_000 };

/**
 * Tells whose fault it is that a socket failed. If polling to the same server works, it is the path,
 * and the path is remembered. If nothing works, it is the server or the network, and that says
 * nothing about WebSocket.
 *
 * @param {{pollingWorks: boolean}} seen
 * @returns {'path'|'server'}
 */
export function whoseFault({ pollingWorks }) {
  return pollingWorks ? 'path' : 'server';
}

/**
 * What to remember of a path on which WebSocket failed; each time for twice as long.
 *
 * @param {{until: number, lastMs: number}|null} before
 * @param {number} now
 */
export function remember(before, now) {
  const lastMs = Math.min(before ? before.lastMs * 2 : FIRST_MEMORY_MS, LONGEST_MEMORY_MS);
  return { until: now + lastMs, lastMs };
}

/** Whether a new page should poll and try WebSocket only in the background. */
export function isRemembered(memory, now) {
  return memory !== null && now < memory.until;
}

/**
 * Milliseconds until the next try in the background: a growing pause, up to half of it jitter.
 *
 * @param {number} failures so far, from 1
 */
export function nextProbe(failures, { firstMs, maxMs } = PROBE, random = Math.random) {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 20));
  return Math.floor(full / 2 + (random() * full) / 2);
}
