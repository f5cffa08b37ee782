/** Where a client stands between its two transports. */
export const Phase = Object.freeze({
  /** Polling carries; no socket is wanted. */
  POLLING: 'polling',
  /** Polling carries while a socket is tried. */
  TRYING: 'trying',
  /** A proven socket carries; nothing is polled. */
  SOCKET: 'socket',
  /** A proven socket carries until polling, which is wanted now, has answered. */
  LEAVING: 'leaving',
  /** Polling carries because sockets fail on this path; one is tried in the background. */
  FALLEN_BACK: 'fallen-back',
  /** Polling carries because a newer carrier of this page has replaced the socket. */
  YIELDED: 'yielded',
  STOPPED: 'stopped',
});

const { POLLING, TRYING, SOCKET, LEAVING, FALLEN_BACK, YIELDED, STOPPED } = Phase;

/** A socket that is not proven exists only while TRYING or FALLEN_BACK. */
const MOVES = {
  [POLLING]: [TRYING, FALLEN_BACK, STOPPED],
  [TRYING]: [POLLING, SOCKET, FALLEN_BACK, YIELDED, STOPPED],
  [SOCKET]: [POLLING, TRYING, LEAVING, YIELDED, STOPPED],
  [LEAVING]: [POLLING, SOCKET, STOPPED],
  [FALLEN_BACK]: [SOCKET, YIELDED, STOPPED],
  [YIELDED]: [POLLING, TRYING, FALLEN_BACK, STOPPED],
  [STOPPED]: [],
};

export function isAllowed(from, to) {
  return MOVES[from].includes(to);
}

/**
 * Full jitter: a random delay in ms up to a limit that doubles with each attempt (0 for the first). It
 * spreads many clients better than a fixed delay with a little noise.
 */
export function fullJitter(attempt, { baseMs, maxMs }, random = Math.random) {
  return Math.floor(random() * Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30)));
}

/** Milliseconds. A page may set others in `globalThis.crossfadeOptions`; crossfade.d.ts says what they mean. */
export const DEFAULTS = {
  // Some proxies answer 101 and pass nothing on.
  provenWithinMs: 9_000,
  probe: { firstMs: 30_000, maxMs: 30 * 60_000 },
  retry: { baseMs: 1_000, maxMs: 30_000 },
  herdMs: 5_000,
};

const FIRST_MEMORY_MS = 30 * 60_000;
const LONGEST_MEMORY_MS = 24 * 3_600_000;

/** Failures of a socket that had worked before its path is blamed; one that never worked gets none. */
const ALLOWED_AFTER_PROOF = 3;

/**
 * Tells whose fault it is that a socket failed. If polling to the same server works, it is the path,
 * which is remembered; otherwise it says nothing about WebSocket.
 */
export function whoseFault({ pollingWorks }) {
  return pollingWorks ? 'path' : 'server';
}

/** What to remember of a path on which WebSocket failed; each time for twice as long. */
export function remember(before, now) {
  const lastMs = Math.min(before ? before.lastMs * 2 : FIRST_MEMORY_MS, LONGEST_MEMORY_MS);
  return { until: now + lastMs, lastMs };
}

/** Whether a new page should poll and try WebSocket only in the background. */
export function isRemembered(memory, now) {
  return memory !== null && now < memory.until;
}

/** Milliseconds until the next try in the background, half of it jitter; `failures` from 1. */
export function nextProbe(failures, { firstMs, maxMs }, random = Math.random) {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 20));
  return Math.floor(full / 2 + (random() * full) / 2);
}

/** When the next socket is tried. One attempt is planned at a time; a new plan replaces the last. */
export class Attempts {
  #environment;
  #timer = null;
  #failures = 0;
  #allowed = 0;

  constructor(environment) {
    this.#environment = environment;
  }

  plan(attempt, ms = 0) {
    this.cancel();
    this.#timer = this.#environment.timers.setTimeout(attempt, ms);
  }

  planAgain(attempt, extraMs) {
    const { options, random } = this.#environment;
    this.plan(attempt, extraMs + fullJitter(this.#failures, options.retry, random));
  }

  planInBackground(attempt) {
    const { options, random } = this.#environment;
    this.plan(attempt, nextProbe(Math.max(1, this.#failures), options.probe, random));
  }

  cancel() {
    this.#environment.timers.clearTimeout(this.#timer);
  }

  /** @returns {boolean} whether it was one failure too many */
  failed() {
    this.#failures++;
    return this.#failures > this.#allowed;
  }

  proven() {
    this.#failures = 0;
    this.#allowed = ALLOWED_AFTER_PROOF;
  }

  /** The path is to blame: an attempt in the background gets no second chance. */
  blamed() {
    this.#failures = 1;
    this.#allowed = 0;
  }
}
