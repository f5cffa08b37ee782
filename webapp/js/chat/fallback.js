/** The rules of falling back, without any clock, network or storage of their own. */

/** A socket that has not proven useful by then is no use: proxies answer 101 and pass nothing on. */
export const PROVEN_WITHIN_MS = 9_000;

export const FIRST_MEMORY_MS = 30 * 60_000;
export const LONGEST_MEMORY_MS = 24 * 3_600_000;

/** Between tries in the background, while polling goes on. */
export const PROBE = { firstMs: 30_000, maxMs: 30 * 60_000 };

/**
 * Whose fault is it that a socket failed? If polling to the same server works, it is the path, and
 * the path is remembered. If nothing works, it is the server or the network, and says nothing
 * about WebSocket.
 *
 * @param {{pollingWorks: boolean}} seen
 * @returns {'path'|'server'}
 */
export function whoseFault({ pollingWorks }) {
  return pollingWorks ? 'path' : 'server';
}

/**
 * What to remember of a path on which WebSocket failed: each time twice as long.
 *
 * @param {{until: number, lastMs: number}|null} before
 * @param {number} now
 */
export function remember(before, now) {
  const lastMs = Math.min(before ? before.lastMs * 2 : FIRST_MEMORY_MS, LONGEST_MEMORY_MS);
  return { until: now + lastMs, lastMs };
}

/** Whether a new page should begin by polling and try WebSocket in the background only. */
export function isRemembered(memory, now) {
  return memory !== null && now < memory.until;
}

/**
 * When to try in the background again: growing, with up to half of it as jitter.
 *
 * @param {number} failures so far, from 1
 */
export function nextProbe(failures, { firstMs, maxMs } = PROBE, random = Math.random) {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 20));
  return Math.floor(full / 2 + (random() * full) / 2);
}
