import { Cursor } from './cursor.js';
import { keep, readKept } from './storage.js';

/**
 * One ChatClient for all tabs of a browser that show the same conversation. Whoever holds the Web
 * Lock leads: it alone has a connection, and tells the others over a BroadcastChannel what comes.
 * When it goes, the next takes over from its own place. A tab that is looked at and hears nothing
 * of its leader takes the lock away from it: systems freeze pages in the background, with all they
 * hold. Where a browser has no locks or channels, every tab leads for itself.
 *
 * The same face as ChatClient, and one event more: `on.draft(draft)`, `on.readUpTo(seq)` when another
 * tab has sent or read.
 */
export class SharedClient {
  /** Messages kept for tabs that come later; older ones they read from the server. */
  static MAX_KEPT = 500;

  /** A leader that has not answered by then does not live. */
  static SILENT_MS = 3_000;

  /** How often a tab that is looked at asks whether its leader lives. */
  static ASK_EVERY_MS = 15_000;

  #name;
  #session;
  #makeClient;
  #on;
  #locks;
  #channel;
  #timers;
  #visible;
  #storage;
  #random;
  #now;
  #tab;
  #client = null;
  #release = null;
  #abort = null;
  #deadline = null;
  #asking = null;
  #steal = false;
  #cursor = new Cursor(null, '');
  #kept = [];
  #state = null;
  #pending;
  #stopped = false;

  /**
   * @param {(parts: {on: object, place: {seq: number, epoch: string|null}|null}) => import('./client.js').ChatClient} makeClient
   * @param {() => boolean} visible whether this tab is looked at
   * @param {Storage|null} storage of this tab alone: what it sent and nobody has taken yet
   */
  constructor({
    session, makeClient, on,
    name = `crossfade.${session}`,
    locks = globalThis.navigator?.locks ?? null,
    openChannel = globalThis.BroadcastChannel ? (of) => new BroadcastChannel(of) : null,
    visible = () => globalThis.document?.visibilityState !== 'hidden',
    storage = null,
    timers = { setTimeout: (work, ms) => setTimeout(work, ms), clearTimeout: (id) => clearTimeout(id) },
    random = Math.random,
    now = Date.now,
  }) {
    this.#name = name;
    this.#session = session;
    this.#makeClient = makeClient;
    this.#on = { messages() {}, sent() {}, failed() {}, state() {}, event() {}, reset() {}, missed() {}, stopped() {}, draft() {}, readUpTo() {}, ...on };
    this.#locks = openChannel ? locks : null;
    this.#channel = this.#locks ? openChannel(name) : null;
    this.#visible = visible;
    this.#storage = storage;
    this.#timers = timers;
    this.#random = random;
    this.#now = now;
    this.#tab = this.#id('t');
    const kept = readKept(storage, `crossfade.pending.${session}`, []);
    this.#pending = Array.isArray(kept) ? kept : [];
  }

  get cursor() {
    return this.#cursor.seq;
  }

  /** Drafts of this tab that are not known to be stored. */
  get unsent() {
    const known = new Set(this.#pending.map((draft) => draft.client_msg_id));
    return [...(this.#client?.unsent ?? []).filter((draft) => !known.has(draft.client_msg_id)), ...this.#pending];
  }

  /** Whether the connection is this tab's. */
  get leading() {
    return this.#client !== null;
  }

  start() {
    if (this.#locks === null) {
      this.#lead();
      return this;
    }
    this.#channel.onmessage = ({ data }) => this.#hear(data);
    this.#campaign();
    // Whoever only watches for news lets go of the lock then.
    this.#tell({ want: true });
    this.#ask();
    this.#askLater();
    return this;
  }

  stop() {
    this.#stopped = true;
    this.#timers.clearTimeout(this.#deadline);
    this.#timers.clearTimeout(this.#asking);
    this.#resign();
    this.#abort?.abort();
    this.#channel?.close();
  }

  /** The tab is looked at again, or the network is back. */
  online() {
    this.#client?.online();
    if (this.#client === null && this.#locks !== null) {
      this.#tell({ do: 'online' });
      this.#ask();
    }
  }

  /** @returns {object} the draft; throws RangeError where too many wait */
  send(content, more = {}) {
    const draft = { session_id: this.#session, content, client_msg_id: this.#id('m'), ...more };
    if (this.#client) {
      this.#client.send(content, draft);
      this.#tell({ event: 'draft', args: [draft] });
    } else {
      if (this.#pending.length >= SharedClient.MAX_KEPT) {
        throw new RangeError('outbox full');
      }
      this.#keepPending([...this.#pending, draft]);
      this.#tell({ do: 'send', draft });
    }
    return draft;
  }

  read(seq) {
    this.#client?.read(seq);
    this.#tell(this.#client ? { event: 'readUpTo', args: [seq] } : { do: 'read', seq });
  }

  typing(active) {
    if (this.#client) {
      this.#client.typing(active);
    } else {
      this.#tell({ do: 'typing', active });
    }
  }

  // ---- who leads

  async #campaign() {
    while (!this.#stopped) {
      this.#abort = new AbortController();
      const wanted = this.#steal ? { steal: true } : { signal: this.#abort.signal };
      this.#steal = false;
      try {
        await this.#locks.request(this.#name, wanted, () => this.#lead());
      } catch (refusal) {
        // Aborted to be asked for anew, or taken away by another; anything else: there are no locks here.
        if (refusal.name !== 'AbortError') {
          this.#lead();
          return;
        }
      }
      this.#resign();
      if (!this.#steal) {
        this.#ask();
      }
    }
  }

  /** @returns {Promise<void>} as long as it leads */
  #lead() {
    if (this.#stopped) {
      return Promise.resolve();
    }
    this.#timers.clearTimeout(this.#deadline);
    const { seq, epoch } = this.#cursor;
    this.#client = this.#makeClient({ on: this.#events(), place: epoch === null ? null : { seq, epoch } });
    this.#client.unsent.forEach((draft) => this.#both('draft', [draft]));
    const mine = this.#pending;
    this.#keepPending([]);
    mine.forEach((draft) => this.#take(draft));
    this.#client.start();
    this.#tell({ event: 'leader', args: [] });
    return new Promise((release) => { this.#release = release; });
  }

  #resign() {
    this.#client?.stop();
    this.#client = null;
    this.#release?.();
    this.#release = null;
  }

  #ask() {
    if (this.#client !== null || this.#stopped) {
      return;
    }
    this.#tell({ do: 'hello', seq: this.#cursor.seq });
    this.#timers.clearTimeout(this.#deadline);
    this.#deadline = this.#timers.setTimeout(() => {
      if (this.#client === null && !this.#stopped && this.#visible()) {
        this.#steal = true;
        this.#abort.abort();
      }
    }, SharedClient.SILENT_MS);
  }

  #askLater() {
    this.#asking = this.#timers.setTimeout(() => {
      if (this.#visible()) {
        this.#ask();
      }
      this.#askLater();
    }, SharedClient.ASK_EVERY_MS);
  }

  // ---- what the leader does

  /** What its client says, it says to itself and to the others. */
  #events() {
    const both = (event) => (...args) => this.#both(event, args);
    return {
      messages: both('messages'),
      sent: both('sent'),
      failed: (draft, refusal) => this.#both('failed', [draft, { code: refusal.code, message: refusal.message }]),
      state: both('state'),
      event: both('event'),
      reset: both('reset'),
      missed: both('missed'),
      stopped: both('stopped'),
    };
  }

  #both(event, args) {
    const place = this.#client?.place ?? null;
    this.#happened(event, args, place);
    this.#tell({ event, args, place });
  }

  /** A draft of another tab; twice is harmless. */
  #take(draft) {
    const known = [...this.#client.unsent, ...this.#kept].some((one) => one.client_msg_id === draft.client_msg_id);
    if (known) {
      return;
    }
    try {
      this.#client.send(draft.content, draft);
      this.#both('draft', [draft]);
    } catch (full) {
      this.#both('failed', [draft, { code: 'rate_limited', message: full.message }]);
    }
  }

  #serve({ from, do: what, draft, seq, active }) {
    switch (what) {
      case 'hello':
        this.#tell({
          for: from,
          event: 'snapshot',
          args: [{ messages: this.#kept.filter((m) => m.seq > seq), drafts: this.#client.unsent, state: this.#state }],
          place: this.#client.place,
        });
        break;
      case 'send': this.#take(draft); break;
      case 'read': this.#client.read(seq); this.#both('readUpTo', [seq]); break;
      case 'typing': this.#client.typing(active); break;
      case 'online': this.#client.online(); break;
      default:
    }
  }

  // ---- what every tab does

  #hear(data) {
    if (data.do) {
      if (this.#client) {
        this.#serve(data);
      }
    } else if (data.event && this.#client === null && (data.for ?? this.#tab) === this.#tab) {
      this.#timers.clearTimeout(this.#deadline);
      this.#happened(data.event, data.args, data.place ?? null);
    }
  }

  #happened(event, args, place) {
    switch (event) {
      case 'leader':
        this.#ask();
        break;
      case 'snapshot':
        this.#snapshot(args[0], place);
        break;
      case 'messages':
        this.#messages(args[0], place);
        break;
      case 'sent':
      case 'failed':
        this.#settle(args[0].client_msg_id);
        this.#on[event](...args);
        break;
      case 'reset':
        this.#kept = [];
        this.#cursor.reset(0, place?.epoch ?? null);
        this.#on.reset();
        break;
      case 'missed':
        this.#cursor.reset(place.seq, place.epoch);
        this.#on.missed(...args);
        break;
      case 'state':
        [this.#state] = args;
        this.#on.state(...args);
        break;
      case 'event':
        this.#mark(args[0]);
        this.#on.event(...args);
        break;
      default:
        this.#on[event]?.(...args);
    }
  }

  #snapshot({ messages, drafts, state }, place) {
    const first = messages[0]?.seq;
    if (first > this.#cursor.seq + 1) {
      // Those between are in no tab any more.
      const missed = this.#cursor.seq > 0;
      this.#cursor.reset(first - 1, place.epoch);
      if (missed) {
        this.#on.missed(first - 1);
      }
    }
    this.#messages(messages, place);
    drafts.forEach((draft) => this.#on.draft(draft));
    if (state) {
      this.#happened('state', [state], place);
    }
    this.#pending.forEach((draft) => this.#tell({ do: 'send', draft }));
  }

  #messages(messages, place) {
    if (place?.epoch) {
      this.#cursor.epochIs(place.epoch);
    }
    const { taken, gap } = this.#cursor.take(messages);
    taken.forEach((message) => this.#settle(message.client_msg_id));
    this.#kept = [...this.#kept, ...taken].slice(-SharedClient.MAX_KEPT);
    if (taken.length > 0) {
      this.#on.messages(taken);
    }
    if (gap && this.#client === null) {
      this.#ask();
    }
  }

  #mark({ type, seq, status, user_id: user }) {
    if (type === 'message_status') {
      for (const message of this.#kept) {
        if (message.seq <= seq && message.sender_id !== user && message.status !== 'read') {
          message.status = status;
        }
      }
    }
  }

  #settle(clientMsgId) {
    if (this.#pending.some((draft) => draft.client_msg_id === clientMsgId)) {
      this.#keepPending(this.#pending.filter((draft) => draft.client_msg_id !== clientMsgId));
    }
  }

  #keepPending(drafts) {
    this.#pending = drafts;
    keep(this.#storage, `crossfade.pending.${this.#session}`, drafts);
  }

  #tell(data) {
    this.#channel?.postMessage({ from: this.#tab, ...data });
  }

  #id(prefix) {
    return `${prefix}-${this.#now().toString(36)}-${Math.floor(this.#random() * 2 ** 52).toString(36)}`;
  }
}
