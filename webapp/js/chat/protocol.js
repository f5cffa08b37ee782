/** Names of the wire contract that this client uses, in one place. */

export const POLLING = 'polling';
export const WEBSOCKET = 'websocket';

/** Every poll answer says what this client should use now. */
export const TRANSPORT_HEADER = 'X-Crossfade-Transport';

/** What a client does when its socket is closed. */
export const COME_BACK = 'come-back'; // poll meanwhile, try again with jitter
export const POLL = 'poll'; // poll, ask again later
export const NEW_TOKEN = 'new-token'; // get a new token, come back
export const STOP = 'stop'; // give up and say so
export const NOTHING = 'nothing'; // our own newer carrier took over

const ADVICE = {
  1003: STOP, 1007: STOP, 1009: STOP, 4400: STOP, 4403: STOP, 4404: STOP, 4409: STOP,
  4000: POLL, 4408: POLL,
  4401: NEW_TOKEN,
  4410: NOTHING,
};

/** @param {number} code of a close; anything unknown is a lost connection. */
export function adviceFor(code) {
  return ADVICE[code] ?? COME_BACK;
}

/** Codes of a server that is going away: everybody is sent away at once, so come back far apart. */
export function isHerd(code) {
  return code === 1001 || code === 1012 || code === 1013;
}

/** A refusal of the server; `status` 0 where it came over a socket. */
export class Refusal extends Error {
  constructor(body, status, retryAfterMs) {
    super(body.error ?? body.code ?? `HTTP ${status}`);
    this.code = body.code;
    this.body = body;
    this.status = status;
    this.retryable = body.retryable ?? status >= 500;
    this.retryAfterMs = retryAfterMs;
  }
}
