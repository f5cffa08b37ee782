import { fullJitter } from './backoff.js';
import { Cursor } from './cursor.js';
import { PROBE, PROVEN_WITHIN_MS, isRemembered, nextProbe, remember, whoseFault } from './fallback.js';
import { Http } from './http.js';
import { Outbox } from './outbox.js';
import * as protocol from './protocol.js';
import { keep, readKept } from './storage.js';
import { LongPoll } from './transports/long-poll.js';
import { WebSocketTransport } from './transports/websocket.js';

/**
 * What a page may set in `globalThis.crossfadeOptions` before it loads this; milliseconds.
 *
 * @typedef {object} Options
 * @property {number} provenWithinMs a socket that has not proven itself by then has failed
 * @property {{firstMs: number, maxMs: number}} probe between tries of WebSocket in the background
 * @property {{baseMs: number, maxMs: number}} retry after a lost connection, full jitter
 * @property {number} herdMs the widest first jitter, when the server sends everybody away at once
 */
export const DEFAULTS = {
  provenWithinMs: PROVEN_WITHIN_MS,
  probe: PROBE,
  retry: { baseMs: 1_000, maxMs: 30_000 },
  herdMs: 5_000,
};

/** Between two questions for what is missing, where the first did not help. */
const GAP_PAUSE_MS = 5_000;

/** Tries of a socket that had worked, before its path is blamed. */
const RETRIES_AFTER_PROOF = 3;

const browserTimers = {
  setTimeout: (work, ms) => globalThis.setTimeout(work, ms),
  clearTimeout: (id) => globalThis.clearTimeout(id),
};

/**
 * One reader and writer of one conversation. Polling is the floor: it runs whenever there is no
 * socket that has proven itself, so that a socket which is blocked, slow or silent costs nothing.
 * The new carrier is always opened first and the old one let go afterwards; what both bring is
 * shown once, because the place in the conversation belongs to this client.
 *
 * `version` and `platform`, letters, digits and `_.:@-`, let ops choose by them who takes part.
 *
 * Calls `on.messages(list)`, `on.sent(draft, message)`, `on.failed(draft, refusal)`,
 * `on.state({transport, state, reason})`, `on.event(frame)`, `on.reset()` (the log starts over),
 * `on.missed(upTo)` (what came before is not kept any more), `on.stopped(reason)`.
 */
export class ChatClient {
  #on;
  #http;
  #session;
  #clientId;
  /** What a rule may ask of this client besides its id; said wherever a transport is chosen. */
  #cohort;
  #instance;
  #shopId;
  #timers;
  #now;
  #random;
  #options;
  #WebSocket;
  #storage;
  #memoryKey;
  #cursor;
  #outbox;

  #choice = null;
  #poll = null;
  #pollWorks = false;
  #pollFailures = 0;
  #pollTimer = null;
  #socket = null;
  #socketProven = false;
  #socketFailures = 0;
  #socketTimer = null;
  #everProven = false;
  #startedAt = 0;
  #fellBack = false;
  #sending = false;
  #sendFailures = 0;
  #deliveredTimer = null;
  #gapAt = null;
  #gapTimer = null;
  #stopped = false;

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
    this.#on = { messages() {}, sent() {}, failed() {}, state() {}, event() {}, reset() {}, missed() {}, stopped() {}, ...on };
    this.#http = new Http({ base, fetch, getToken });
    this.#session = session;
    this.#shopId = shopId;
    this.#clientId = clientId;
    this.#cohort = (version ? `&version=${version}` : '') + (platform ? `&platform=${platform}` : '');
    this.#instance = `i-${Math.floor(random() * 2 ** 52).toString(36)}`;
    this.#timers = timers;
    this.#now = now;
    this.#random = random;
    this.#options = { ...DEFAULTS, ...options };
    this.#WebSocket = WebSocket;
    this.#storage = storage;
    this.#memoryKey = 'crossfade.fallback';
    // A page that shows the history anew reads from the start; one that keeps what it has, goes on.
    this.#cursor = new Cursor(keepPlace ? storage : null, `crossfade.cursor.${session}`);
    if (place) {
      this.#cursor.reset(place.seq, place.epoch);
    }
    this.#outbox = new Outbox(storage, `crossfade.outbox.${session}`);
  }

  get cursor() {
    return this.#cursor.seq;
  }

  /** Where it stands in the log; another client may start from there (`place` of the constructor). */
  get place() {
    return { seq: this.#cursor.seq, epoch: this.#cursor.epoch };
  }

  get unsent() {
    return this.#outbox.all;
  }

  start() {
    this.#state('connecting', null);
    this.#startPolling();
    this.#askTransport();
    this.#flush();
    return this;
  }

  /** Lets go of everything; drafts stay in storage for the next page. */
  stop() {
    this.#stopped = true;
    for (const timer of [this.#pollTimer, this.#socketTimer, this.#deliveredTimer]) {
      this.#timers.clearTimeout(timer);
    }
    this.#poll?.close();
    this.#socket?.close();
  }

  /** The network came back: do not wait for a timer. */
  online() {
    this.#pollFailures = 0;
    if (this.#poll === null && !this.#socketProven) {
      this.#startPolling();
    }
    if (this.#wantsSocket()) {
      this.#trySocketIn(0);
    }
  }

  /** @returns {object} the draft; throws RangeError where too many wait */
  send(content, more = {}) {
    const id = `m-${this.#now().toString(36)}-${Math.floor(this.#random() * 2 ** 52).toString(36)}`;
    const draft = { session_id: this.#session, content, client_msg_id: id, ...more };
    this.#outbox.add(draft);
    this.#flush();
    return draft;
  }

  read(seq) {
    this.#event('api/receipts', { session_id: this.#session, read: seq });
  }

  typing(active) {
    this.#event('api/typing', { session_id: this.#session, active });
  }

  /** For calls beside the messages, such as the list of conversations. */
  get http() {
    return this.#http;
  }

  // ---- which transport

  /** Whether the server answered; if not, polling goes on, and its answers say when to ask again. */
  async #fetchChoice() {
    const query = `client_id=${this.#clientId}${this.#shopId ? `&shop_id=${this.#shopId}` : ''}${this.#cohort}`;
    try {
      const { body } = await this.#http.call(`api/transport?${query}`, { anonymous: !!this.#shopId });
      this.#choice = body;
      return !this.#stopped;
    } catch {
      return false;
    }
  }

  async #askTransport() {
    if (!(await this.#fetchChoice())) {
      return;
    }
    if (this.#wantsSocket()) {
      const blocked = isRemembered(this.#memory(), this.#now()) || this.#choice.reason === 'recent_fallback';
      this.#fellBack = this.#fellBack || blocked;
      if (blocked) {
        this.#probeLater();
      } else {
        this.#trySocketIn(0);
      }
      this.#state(this.#pollWorks ? 'connected' : 'connecting', null);
    } else if (this.#socket !== null && !this.#socketProven) {
      this.#socket.close();
      this.#socket = null;
    }
  }

  /** A client that fell back goes on trying in the background; one that was not chosen does not. */
  #wantsSocket() {
    return this.#choice !== null
      && (this.#choice.transport === protocol.WEBSOCKET || this.#choice.reason === 'recent_fallback');
  }

  /** From the header of a poll answer. */
  #steered(use) {
    const wanted = this.#choice?.transport;
    if (use === protocol.WEBSOCKET && wanted !== protocol.WEBSOCKET) {
      this.#askTransport();
    } else if (use === protocol.POLLING && wanted === protocol.WEBSOCKET && !this.#fellBack) {
      this.#choice = { ...this.#choice, transport: protocol.POLLING, reason: 'steered' };
      this.#timers.clearTimeout(this.#socketTimer);
    }
  }

  /** From a frame: ops moved this client. Not all at once, and the new transport first. */
  #moved({ use, within_ms: withinMs, reason }) {
    if (use === protocol.POLLING) {
      this.#choice = { ...this.#choice, transport: protocol.POLLING, reason };
      this.#timers.setTimeout(() => {
        if (this.#choice.transport === protocol.POLLING && this.#socketProven) {
          this.#startPolling();
        }
      }, this.#random() * withinMs);
    } else {
      this.#choice = { ...this.#choice, transport: protocol.WEBSOCKET, reason };
    }
  }

  // ---- polling, the floor

  #startPolling() {
    if (this.#poll !== null || this.#stopped) {
      return;
    }
    this.#timers.clearTimeout(this.#pollTimer);
    const poll = new LongPoll({
      http: this.#http,
      session: this.#session,
      clientId: this.#clientId + this.#cohort,
      instance: this.#instance,
      timers: this.#timers,
    });
    poll.onopen = () => this.#pollOpened();
    poll.onmessages = (messages, epoch) => this.#received(messages, epoch);
    poll.ontransport = (use) => this.#steered(use);
    poll.onclose = (why) => this.#pollClosed(why);
    this.#poll = poll;
    poll.open(() => this.#cursor);
  }

  #pollOpened() {
    this.#pollWorks = true;
    this.#pollFailures = 0;
    if (this.#socketProven && this.#choice?.transport === protocol.POLLING) {
      // Polling has taken over: now the socket may go.
      this.#socket.close();
      this.#socket = null;
      this.#socketProven = false;
    }
    if (!this.#socketProven) {
      this.#state('connected', null);
    }
    this.#flush();
  }

  #pollClosed({ refusal, retryAfterMs }) {
    this.#poll = null;
    this.#pollWorks = false;
    if (refusal && this.#placeWasRefused(refusal)) {
      this.#startPolling();
      return;
    }
    if (refusal && !refusal.retryable) {
      this.#stopWith(refusal.code);
      return;
    }
    if (!this.#socketProven) {
      this.#state('reconnecting', null);
    }
    const jitter = fullJitter(this.#pollFailures++, this.#options.retry, this.#random);
    this.#pollTimer = this.#timers.setTimeout(() => {
      if (!this.#socketProven || this.#choice?.transport === protocol.POLLING) {
        this.#startPolling();
      }
    }, retryAfterMs + jitter);
  }

  // ---- the socket above it

  #trySocketIn(ms) {
    this.#timers.clearTimeout(this.#socketTimer);
    this.#socketTimer = this.#timers.setTimeout(() => this.#trySocket(), ms);
  }

  #trySocket() {
    if (this.#socket !== null || this.#stopped || !this.#wantsSocket() || !this.#WebSocket) {
      return;
    }
    this.#startedAt = this.#now();
    const socket = new WebSocketTransport({
      WebSocket: this.#WebSocket,
      url: this.#choice.ws_url + this.#cohort.replace('&', '?'),
      session: this.#session,
      timers: this.#timers,
      provenWithinMs: this.#options.provenWithinMs,
      auth: async () => ({
        type: 'auth',
        token: await this.#http.token(),
        client_id: this.#clientId,
        instance: this.#instance,
        batch: 'text',
        device: { name: globalThis.navigator?.userAgent?.slice(0, 100), type: 'web' },
      }),
    });
    socket.onconnected = () => this.#report('connected', null);
    socket.onopen = (epoch) => this.#socketOpened(epoch);
    socket.onmessages = (messages) => this.#received(messages, this.#cursor.epoch);
    socket.onevent = (frame) => this.#heard(frame);
    socket.onclose = (why) => this.#socketClosed(why);
    this.#socket = socket;
    socket.open(() => this.#cursor);
  }

  #socketOpened(epoch) {
    this.#epochIs(epoch);
    this.#socketProven = true;
    this.#everProven = true;
    this.#socketFailures = 0;
    // The socket has joined from our place: now polling may go.
    this.#poll?.close();
    this.#poll = null;
    this.#timers.clearTimeout(this.#pollTimer);
    this.#report(this.#fellBack ? 'recovered' : 'proven', null);
    this.#fellBack = false;
    this.#choice = { ...this.#choice, transport: protocol.WEBSOCKET, reason: 'in_use' };
    this.#storage?.removeItem(this.#memoryKey);
    this.#state('connected', null);
    this.#flush();
  }

  #socketClosed({ code, reason, refusal, proven, drainMs }) {
    this.#socket = null;
    this.#socketProven = false;
    if (this.#stopped) {
      return;
    }
    if (refusal && this.#placeWasRefused(refusal)) {
      this.#trySocketIn(0);
      return;
    }
    const advice = protocol.adviceFor(code);
    if (advice === protocol.STOP) {
      this.#stopWith(reason || String(code));
      return;
    }
    if (advice === protocol.NOTHING) {
      // A newer carrier of this page has it; if there is none, polling finds out.
      this.#startPolling();
      return;
    }
    if (proven) {
      this.#pollWorks = false;
      this.#state('reconnecting', null);
    }
    const herd = protocol.isHerd(code) ? drainMs ?? this.#random() * this.#options.herdMs : 0;
    this.#pollTimer = this.#timers.setTimeout(() => this.#startPolling(), herd);
    this.#afterLoss(advice, proven, herd, reason);
  }

  async #afterLoss(advice, proven, herd, reason) {
    if (advice === protocol.POLL) {
      const ttl = this.#choice.ttl_ms ?? 60_000;
      this.#choice = { ...this.#choice, transport: protocol.POLLING, reason: 'told to poll' };
      this.#timers.setTimeout(() => this.#askTransport(), ttl);
      return;
    }
    if (advice === protocol.NEW_TOKEN) {
      await this.#http.token(true).catch(() => null);
    }
    this.#socketFailures++;
    const retries = this.#everProven && !this.#fellBack ? RETRIES_AFTER_PROOF : 0;
    if (proven || advice === protocol.NEW_TOKEN || this.#socketFailures <= retries) {
      this.#trySocketIn(herd + fullJitter(this.#socketFailures, this.#options.retry, this.#random));
    } else if (whoseFault({ pollingWorks: this.#pollWorks }) === 'path') {
      this.#fallBack(reason);
    } else {
      this.#trySocketIn(fullJitter(this.#socketFailures, this.#options.retry, this.#random));
    }
  }

  #fallBack(reason) {
    if (!this.#fellBack) {
      this.#fellBack = true;
      this.#socketFailures = 1;
      keep(this.#storage, this.#memoryKey, remember(this.#memory(), this.#now()));
      this.#report('fallback', reason || 'refused');
    }
    this.#probeLater();
    this.#state('connected', 'fallback');
  }

  /** In the background, while polling goes on; and not without asking whether ops still want it. */
  #probeLater() {
    this.#timers.clearTimeout(this.#socketTimer);
    const pause = nextProbe(Math.max(1, this.#socketFailures), this.#options.probe, this.#random);
    this.#socketTimer = this.#timers.setTimeout(async () => {
      if ((await this.#fetchChoice()) && this.#wantsSocket()) {
        this.#trySocket();
      } else if (!this.#stopped) {
        this.#probeLater();
      }
    }, pause);
  }

  // ---- what comes in

  #received(messages, epoch) {
    this.#epochIs(epoch);
    const { taken, gap } = this.#cursor.take(messages);
    if (taken.length > 0) {
      this.#on.messages(taken);
      this.#delivered();
    }
    if (gap && this.#gapTimer === null) {
      const again = this.#gapAt === this.#cursor.seq;
      this.#gapAt = this.#cursor.seq;
      if (again) {
        // Reading again did not fill it: ops want to know, and asking without a pause would not help.
        this.#report('connected', 'gap');
      }
      // A poll would be answered at once with the same.
      this.#poll?.close();
      this.#poll = null;
      this.#gapTimer = this.#timers.setTimeout(() => {
        this.#gapTimer = null;
        if (!this.#stopped) {
          this.#reopen();
        }
      }, again ? GAP_PAUSE_MS : 0);
    }
  }

  /** Something is missing: ask whichever carrier there is again, from our place. */
  #reopen() {
    if (this.#socketProven) {
      this.#socket.close();
      this.#socket = null;
      this.#socketProven = false;
      this.#trySocketIn(0);
    }
    this.#poll?.close();
    this.#poll = null;
    this.#startPolling();
  }

  #epochIs(epoch) {
    if (epoch && this.#cursor.epochIs(epoch)) {
      this.#on.reset();
    }
  }

  /** Whether the refusal was of our place, which is mended now. */
  #placeWasRefused({ code, body }) {
    if (code === 'epoch_changed' || code === 'cursor_ahead') {
      this.#cursor.reset(0, body.epoch ?? null);
      this.#on.reset();
      return true;
    }
    if (code === 'cursor_expired') {
      const lost = Math.max(0, (body.earliest ?? 1) - 1);
      this.#cursor.reset(lost, this.#cursor.epoch);
      this.#on.missed(lost);
      return true;
    }
    return false;
  }

  #heard(frame) {
    if (frame.type === 'transport') {
      this.#moved(frame);
    } else {
      this.#on.event(frame);
    }
  }

  // ---- what goes out

  #carrier() {
    return this.#socketProven ? this.#socket : this.#pollWorks ? this.#poll : null;
  }

  /** One at a time: so they are stored in the order they were written, over whichever carrier. */
  async #flush() {
    const draft = this.#outbox.first;
    const carrier = this.#carrier();
    if (this.#sending || draft === null || carrier === null || this.#stopped) {
      return;
    }
    this.#sending = true;
    try {
      const stored = await carrier.send(draft);
      this.#sendFailures = 0;
      this.#outbox.settle(draft.client_msg_id);
      this.#on.sent(draft, stored);
    } catch (failure) {
      if (failure instanceof protocol.Refusal && failure.code && !failure.retryable) {
        this.#outbox.settle(draft.client_msg_id);
        this.#on.failed(draft, failure);
      } else {
        // Unknown: perhaps it was stored. The same id makes the repeat harmless.
        const jitter = fullJitter(this.#sendFailures++, this.#options.retry, this.#random);
        await this.#pause((failure.retryAfterMs ?? 0) + jitter);
      }
    }
    this.#sending = false;
    this.#flush();
  }

  #pause(ms) {
    return new Promise((resolve) => this.#timers.setTimeout(resolve, ms));
  }

  /** At most one mark a second, however many messages came. */
  #delivered() {
    if (this.#deliveredTimer === null) {
      this.#deliveredTimer = this.#timers.setTimeout(() => {
        this.#deliveredTimer = null;
        this.#event('api/receipts', { session_id: this.#session, delivered: this.#cursor.seq, client_id: this.#clientId });
      }, 1_000);
    }
  }

  async #event(path, body) {
    try {
      await this.#carrier()?.event(path, body);
    } catch {
      // Marks and typing are worth no repeat: the next mark covers this one.
    }
  }

  #report(event, reason) {
    const ms = this.#now() - this.#startedAt;
    this.#http
      .call('api/transport/reports', {
        anonymous: true,
        body: { client_id: this.#clientId, shop_id: this.#shopId ?? undefined, event, reason: reason?.slice(0, 64) ?? null, ms },
      })
      .catch(() => {});
  }

  #memory() {
    return readKept(this.#storage, this.#memoryKey, null);
  }

  #state(state, reason) {
    const transport = this.#socketProven ? protocol.WEBSOCKET : protocol.POLLING;
    this.#on.state({ transport, state, reason: reason ?? (this.#fellBack ? 'fallback' : null) });
  }

  #stopWith(reason) {
    this.stop();
    this.#on.stopped(reason);
  }
}
