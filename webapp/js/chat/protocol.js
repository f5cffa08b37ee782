export const POLLING = 'polling';
export const WEBSOCKET = 'websocket';

/** In every poll answer: the transport that this client should use now. */
export const TRANSPORT_HEADER = 'X-Crossfade-Transport';

/** What a client does after a close. */
export const COME_BACK = 'come-back'; // poll meanwhile, try again with jitter
export const POLL = 'poll'; // poll, ask again later
export const NEW_TOKEN = 'new-token'; // get a new token if HTTP refuses this one, come back
export const STOP = 'stop'; // give up and say so
export const NOTHING = 'nothing'; // our own newer carrier took over

const ADVICE = {
  1003: STOP, 1007: STOP, 1009: STOP, 4400: STOP, 4403: STOP, 4404: STOP, 4409: STOP,
  4000: POLL, 4408: POLL,
  4401: NEW_TOKEN,
  4410: NOTHING,
};

/** An unknown code is a lost connection. */
export function adviceFor(code) {
  return ADVICE[code] ?? COME_BACK;
}

/** The server closes all connections at once, so clients should come back far apart. */
export function isHerd(code) {
  return code === 1001 || code === 1012 || code === 1013;
}

/** A refusal of the server; `status` is 0 if it came over a socket. */
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
