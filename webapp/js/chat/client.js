import { Http } from './http.js';
import { Cursor, Receiving } from './receiving.js';
import { Rollout } from './rollout.js';
import { DEFAULTS } from './rules.js';
import { Outbox, Sending } from './sending.js';
import { Steering } from './steering.js';
import { LongPoll } from './transports/long-poll.js';
import { WebSocketTransport } from './transports/websocket.js';

export const IGNORED = { messages() {}, sent() {}, failed() {}, state() {}, event() {}, reset() {}, missed() {}, stopped() {} };

/**
 * One reader and writer of one conversation over whichever transport works. The place in the
 * conversation and the drafts belong to the client, so a change of transport loses and doubles nothing.
 *
 * Parameters and callbacks are in crossfade.d.ts; `place` is where another client stood.
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
    user = null,
    version = null,
    platform = null,
    storage = globalThis.localStorage ?? null,
    keepPlace = false,
    place = null,
    fetch,
    WebSocket = globalThis.WebSocket,
    timers = globalThis,
    now = Date.now,
    random = Math.random,
    options = globalThis.crossfadeOptions ?? {},
  }) {
    const cohort = { ...(version && { version }), ...(platform && { platform }) };
    const who = { clientId, shopId, cohort, instance: `i-${randomId(random)}` };
    const environment = { timers, random, options: { ...DEFAULTS, ...options }, WebSocket };
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
    this.#outbox = new Outbox(storage, outboxOf(session, user));
    const rollout = new Rollout(this.#http, who, storage, now);
    this.#receiving = new Receiving(this.#cursor, timers, {
      pause: () => this.#steering.pause(),
      reread: () => this.#steering.reread(),
      delivered: (seq) => this.#steering.carrier?.delivered(seq),
      gap: () => rollout.report('connected', 'gap'),
    }, told);
    this.#steering = new Steering(rollout, this.#receiving, this.#carriers(who, environment), environment, {
      ready: () => this.#sending.flush(),
      state: (state) => told.state(state),
      event: (frame) => told.event(frame),
      stopped: (reason) => {
        this.stop();
        told.stopped(reason);
      },
    });
    this.#sending = new Sending(this.#outbox, () => this.#steering.carrier, environment, told);
  }

  get cursor() {
    return this.#cursor.seq;
  }

  get place() {
    return { seq: this.#cursor.seq, epoch: this.#cursor.epoch };
  }

  get unsent() {
    return this.#outbox.all;
  }

  /** @returns {object[]} what was unsent; it is the caller's from now on */
  takeUnsent() {
    return this.#outbox.takeAll();
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

  #carriers(who, environment) {
    const parts = { http: this.#http, session: this.#session, who, place: () => this.#cursor, ...environment };
    return {
      poll: () => new LongPoll(parts),
      socket: environment.WebSocket && ((url) => new WebSocketTransport(url, parts)),
      isTokenReplaced: () => this.#isTokenReplaced(),
    };
  }

  /** Asks for next to nothing: HTTP gets another token where the server refuses the one there is. */
  async #isTokenReplaced() {
    const before = await this.#http.token();
    const nothing = new URLSearchParams({ session_id: this.#session, after: this.#cursor.seq, limit: 1 });
    await this.#http.call(`api/messages?${nothing}`).catch(() => null);
    return await this.#http.token() !== before;
  }
}

/** For what is kept of one conversation: several people may use one browser, one after the other. */
export const ownKey = (session, user) => (user === null ? `${session}` : `${session}.${user}`);

export const pendingOf = (session, user = null) => `crossfade.pending.${ownKey(session, user)}`;

export const outboxOf = (session, user = null) => `crossfade.outbox.${ownKey(session, user)}`;

function randomId(random) {
  return Math.floor(random() * 2 ** 52).toString(36);
}
