import { Cursor } from './cursor.js';
import { PROBE, PROVEN_WITHIN_MS } from './fallback.js';
import { Http } from './http.js';
import { Outbox } from './outbox.js';
import { Receiving } from './receiving.js';
import { Rollout } from './rollout.js';
import { Sending } from './sending.js';
import { Steering } from './steering.js';
import { LongPoll } from './transports/long-poll.js';
import { WebSocketTransport } from './transports/websocket.js';

/**
 * What a page may set in `globalThis.crossfadeOptions` before it loads this file, in milliseconds.
 *
 * @typedef {object} Options
 * @property {number} provenWithinMs a socket that has not proven itself by then has failed
 * @property {{firstMs: number, maxMs: number}} probe pauses between tries of WebSocket in the background
 * @property {{baseMs: number, maxMs: number}} retry pauses after a lost connection, with full jitter
 * @property {number} herdMs the widest first jitter when the server closes all connections at once
 */
export const DEFAULTS = {
  provenWithinMs: PROVEN_WITHIN_MS,
  probe: PROBE,
  retry: { baseMs: 1_000, maxMs: 30_000 },
  herdMs: 5_000,
};

const browserTimers = {
  setTimeout: (work, ms) => globalThis.setTimeout(work, ms),
  clearTimeout: (id) => globalThis.clearTimeout(id),
};

const IGNORED = { messages() {}, sent() {}, failed() {}, state() {}, event() {}, reset() {}, missed() {}, stopped() {} };

/**
 * One reader and writer of one conversation, over whichever transport works: `Steering` decides which,
 * `Receiving` takes what comes in, `Sending` empties the outbox. The place in the conversation and the
 * drafts belong to the client, so a change of transport loses and doubles nothing.
 *
 * `version` and `platform` (letters, digits and `_.:@-`) let ops select clients by them.
 *
 * Calls `on.messages(list)`, `on.sent(draft, message)`, `on.failed(draft, refusal)`,
 * `on.state({transport, state, reason})`, `on.event(frame)`, `on.reset()` (the log starts over),
 * `on.missed(upTo)` (older messages are no longer kept), `on.stopped(reason)`.
 */
export class ChatClient {
  #http;
  #session;
  #now;
  #random;
  #cursor;
  #outbox;
  #steering;
  #receiving;
  #sending;

  constructor({
    base, shopId, session, clientId, getToken, on,
    version = null,
    platform = null,
    storage = globalThis.localStorage ?? null,
    keepPlace = false,
    place = null,
    fetch = (...args) => globalThis.fetch(...args),
    WebSocket = globalThis.WebSocket,
    timers = browserTimers,
    now = Date.now,
    random = Math.random,
    options = globalThis.crossfadeOptions ?? {},
  }) {
    const cohort = { ...(version && { version }), ...(platform && { platform }) };
    const who = { clientId, shopId, cohort, instance: `i-${randomId(random)}` };
    const environment = { timers, random, options: { ...DEFAULTS, ...options } };
    const told = { ...IGNORED, ...on };
    this.#session = session;
    this.#now = now;
    this.#random = random;
    this.#http = new Http({ base, fetch, getToken });
    // A page that shows the history again reads from the start; one that keeps it goes on where it was.
    this.#cursor = new Cursor(keepPlace ? storage : null, `crossfade.cursor.${session}`);
    if (place) {
      this.#cursor.reset(place.seq, place.epoch);
    }
    this.#outbox = new Outbox(storage, `crossfade.outbox.${session}`);
    const rollout = new Rollout({ http: this.#http, who, storage, now });
    this.#receiving = new Receiving({
      cursor: this.#cursor, timers, on: told,
      line: {
        pause: () => this.#steering.pause(),
        reread: () => this.#steering.reread(),
        delivered: (seq) => this.#steering.carrier?.delivered(seq),
        gap: () => rollout.report('connected', 'gap'),
      },
    });
    this.#steering = new Steering({
      rollout, environment, carriers: this.#carriers(who, WebSocket, environment),
      on: {
        messages: (messages, epoch) => this.#receiving.take(messages, epoch),
        epoch: (epoch) => this.#receiving.epochIs(epoch),
        placeRefused: (refusal) => this.#receiving.placeRefused(refusal),
        ready: () => this.#sending.flush(),
        state: (state) => told.state(state),
        event: (frame) => told.event(frame),
        stopped: (reason) => {
          this.stop();
          told.stopped(reason);
        },
      },
    });
    this.#sending = new Sending({
      outbox: this.#outbox, carrier: () => this.#steering.carrier, retry: environment.options.retry, timers, random, on: told,
    });
  }

  get cursor() {
    return this.#cursor.seq;
  }

  /** The place in the log; another client may start from there (`place` of the constructor). */
  get place() {
    return { seq: this.#cursor.seq, epoch: this.#cursor.epoch };
  }

  get unsent() {
    return this.#outbox.all;
  }

  /** For calls that are not messages, such as the list of conversations. */
  get http() {
    return this.#http;
  }

  start() {
    this.#steering.start();
    return this;
  }

  /** Closes everything, for good; drafts stay in storage for the next page. */
  stop() {
    this.#steering.stop();
    this.#receiving.stop();
  }

  /** The network came back: does not wait for a timer. */
  online() {
    this.#steering.online();
  }

  /** @returns {object} the draft; throws RangeError if the outbox is full */
  send(content, more = {}) {
    const id = `m-${this.#now().toString(36)}-${randomId(this.#random)}`;
    const draft = { session_id: this.#session, content, client_msg_id: id, ...more };
    this.#outbox.add(draft);
    this.#sending.flush();
    return draft;
  }

  /** Marks are not repeated: the next one covers this one. */
  read(seq) {
    this.#steering.carrier?.read(seq);
  }

  typing(active) {
    this.#steering.carrier?.typing(active);
  }

  #carriers(who, WebSocket, { timers, options }) {
    const parts = { session: this.#session, who, timers };
    return {
      poll: () => new LongPoll({ ...parts, http: this.#http }),
      socket: WebSocket && ((url) => new WebSocketTransport({
        ...parts, WebSocket, url, provenWithinMs: options.provenWithinMs, token: () => this.#http.token(),
      })),
      place: () => this.#cursor,
      renewToken: () => this.#http.token(true),
    };
  }
}

function randomId(random) {
  return Math.floor(random() * 2 ** 52).toString(36);
}
