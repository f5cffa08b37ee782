import { IGNORED, ownKey, pendingOf } from './client.js';
import { Leadership } from './leadership.js';
import { Outbox } from './sending.js';
import { SharedLog } from './shared-log.js';

/**
 * One ChatClient for all tabs of a browser, with the face of ChatClient. The tab that leads has the only
 * connection and tells the others over a BroadcastChannel what it brings; a tab that takes over
 * continues from its own place. Without locks or channels every tab leads for itself.
 */
export class SharedClient {
  /** Messages, and drafts that no leader has taken. */
  static MAX_KEPT = SharedLog.MAX;

  #session;
  #makeClient;
  #on;
  #leadership;
  #channel;
  #random;
  #now;
  #tab;
  #client = null;
  #log = new SharedLog();
  #state = null;
  #pending;

  /**
   * `visible()`: whether this tab is looked at; `storage` of this tab alone, for drafts that no leader has
   * taken; `user` as of ChatClient: tabs of different people are no group.
   */
  constructor({
    session, makeClient, on,
    user = null,
    name = `crossfade.${ownKey(session, user)}`,
    locks = globalThis.navigator?.locks ?? null,
    openChannel = globalThis.BroadcastChannel ? (of) => new BroadcastChannel(of) : null,
    visible = () => globalThis.document?.visibilityState !== 'hidden',
    storage = null,
    timers = globalThis,
    random = Math.random,
    now = Date.now,
  }) {
    this.#session = session;
    this.#makeClient = makeClient;
    this.#on = { ...IGNORED, draft() {}, readUpTo() {}, ...on };
    this.#channel = openChannel && locks ? openChannel(name) : null;
    this.#leadership = new Leadership({
      name, timers, visible, locks: this.#channel && locks,
      on: {
        lead: () => this.#lead(),
        resign: () => this.#resign(),
        ask: () => this.#tell({ do: 'hello', seq: this.#log.seq }),
      },
    });
    this.#random = random;
    this.#now = now;
    this.#tab = this.#id('t');
    this.#pending = new Outbox(storage, pendingOf(session, user), SharedClient.MAX_KEPT);
  }

  get cursor() {
    return this.#log.seq;
  }

  get unsent() {
    const pending = this.#pending.all;
    const known = new Set(pending.map((draft) => draft.client_msg_id));
    return [...(this.#client?.unsent ?? []).filter((draft) => !known.has(draft.client_msg_id)), ...pending];
  }

  /** @returns {object[]} what was unsent and written in this tab, or left to the one that leads */
  takeUnsent() {
    const { unsent } = this;
    this.#client?.takeUnsent();
    this.#pending.takeAll();
    return unsent;
  }

  get leading() {
    return this.#client !== null;
  }

  start() {
    if (this.#channel) {
      this.#channel.onmessage = ({ data }) => this.#hear(data);
    }
    this.#leadership.start();
    // A tab that only watches for news gives up the lock then.
    this.#tell({ want: true });
    this.#leadership.ask();
    return this;
  }

  stop() {
    this.#leadership.stop();
    this.#channel?.close();
    // What is on its way may still end, and has nobody to tell.
    this.#channel = null;
  }

  /** The tab is looked at again, or the network is back. */
  online() {
    this.#client?.online();
    if (this.#client === null && this.#channel !== null) {
      this.#tell({ do: 'online' });
      this.#leadership.ask();
    }
  }

  send(content, more = {}) {
    const draft = { session_id: this.#session, content, client_msg_id: this.#id('m'), ...more };
    if (this.#client) {
      this.#client.send(content, draft);
      this.#tell({ event: 'draft', args: [draft] });
    } else {
      this.#pending.add(draft);
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

  // ---- what the leader does

  #lead() {
    this.#client = this.#makeClient({ on: this.#events(), place: this.#log.place });
    this.#client.unsent.forEach((draft) => this.#both('draft', [draft]));
    this.#pending.takeAll().forEach((draft) => this.#take(draft));
    this.#client.start();
    this.#tell({ event: 'leader', args: [] });
  }

  #resign() {
    this.#client?.stop();
    this.#client = null;
  }

  #events() {
    const told = Object.keys(IGNORED).map((event) => [event, (...args) => this.#both(event, args)]);
    return {
      ...Object.fromEntries(told),
      failed: (draft, { code, message }) => this.#both('failed', [draft, { code, message }]),
    };
  }

  #both(event, args) {
    const place = this.#client?.place ?? null;
    this.#happened(event, args, place);
    this.#tell({ event, args, place });
  }

  /** Takes a draft of another tab; the same draft twice has no effect. */
  #take(draft) {
    const { client_msg_id: id } = draft;
    if (this.#log.has(id) || this.#client.unsent.some((one) => one.client_msg_id === id)) {
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
          args: [{ messages: this.#log.after(seq), drafts: this.#client.unsent, state: this.#state }],
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
      this.#leadership.heard();
      this.#happened(data.event, data.args, data.place ?? null);
    }
  }

  #happened(event, args, place) {
    switch (event) {
      case 'leader':
        this.#leadership.ask();
        break;
      case 'snapshot':
        this.#snapshot(args[0], place);
        break;
      case 'messages':
        this.#messages(args[0], place);
        break;
      case 'sent':
      case 'failed':
        this.#pending.settle(args[0].client_msg_id);
        this.#on[event](...args);
        break;
      case 'reset':
        this.#log.restart(place?.epoch ?? null);
        this.#on.reset();
        break;
      case 'missed':
        this.#log.skipTo(place);
        this.#on.missed(...args);
        break;
      case 'state':
        [this.#state] = args;
        this.#on.state(...args);
        break;
      case 'event':
        if (args[0].type === 'message_status') {
          this.#log.mark(args[0]);
        }
        this.#on.event(...args);
        break;
      default:
        this.#on[event]?.(...args);
    }
  }

  #snapshot({ messages, drafts, state }, place) {
    const first = messages[0]?.seq;
    if (first > this.#log.seq + 1) {
      // The messages between are in no tab's memory any more.
      const missed = this.#log.seq > 0;
      this.#log.skipTo({ seq: first - 1, epoch: place.epoch });
      if (missed) {
        this.#on.missed(first - 1);
      }
    }
    this.#messages(messages, place);
    drafts.forEach((draft) => this.#on.draft(draft));
    if (state) {
      this.#happened('state', [state], place);
    }
    this.#pending.all.forEach((draft) => this.#tell({ do: 'send', draft }));
  }

  #messages(messages, place) {
    const { taken, gap } = this.#log.take(messages, place?.epoch);
    taken.forEach((message) => this.#pending.settle(message.client_msg_id));
    if (taken.length > 0) {
      this.#on.messages(taken);
    }
    if (gap && this.#client === null) {
      this.#leadership.ask();
    }
  }

  #tell(data) {
    this.#channel?.postMessage({ from: this.#tab, ...data });
  }

  #id(prefix) {
    return `${prefix}-${this.#now().toString(36)}-${Math.floor(this.#random() * 2 ** 52).toString(36)}`;
  }
}
