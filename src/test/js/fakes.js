/** Time, storage, network and sockets for the tests of the client: minutes of behaviour in no time. */

export class MemoryStorage {
  #items = new Map();
  getItem(key) { return this.#items.get(key) ?? null; }
  setItem(key, value) { this.#items.set(key, value); }
  removeItem(key) { this.#items.delete(key); }
}

/** A clock that only the test moves. */
export class FakeTime {
  now = 1_000_000;
  #timers = new Map();
  #next = 1;

  timers = {
    setTimeout: (work, ms = 0) => {
      this.#timers.set(this.#next, { at: this.now + ms, work });
      return this.#next++;
    },
    clearTimeout: (id) => { this.#timers.delete(id); },
  };

  /** Lets so many milliseconds pass, and everything happen that was due in them. */
  async pass(ms) {
    const until = this.now + ms;
    await settle();
    for (;;) {
      const due = [...this.#timers].filter(([, t]) => t.at <= until).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) {
        break;
      }
      this.now = Math.max(this.now, due[1].at);
      this.#timers.delete(due[0]);
      due[1].work();
      await settle();
    }
    this.now = until;
    await settle();
  }
}

/** Until every promise that can go on has gone on. */
export async function settle() {
  for (let i = 0; i < 60; i++) {
    await Promise.resolve();
  }
}

/** One conversation on a server that keeps what the protocol promises. */
export class FakeServer {
  messages = [];
  epoch = 'e1';
  transport = 'websocket';
  reason = 'in_percent';
  /** What the path does to a socket: pass | refuse | silent | late (what the client says comes after the server's 5 s) */
  path = 'pass';
  up = true;
  reports = [];
  /** What was said of it wherever a transport is chosen. */
  versions = [];
  sockets = [];
  /** Sockets that were opened or refused. */
  tries = 0;
  polls = 0;
  #held = new Set();

  constructor(time) {
    this.time = time;
  }

  post(draft) {
    const before = this.messages.find((m) => m.client_msg_id && m.client_msg_id === draft.client_msg_id);
    if (before) {
      return { message: before, duplicate: true };
    }
    const message = { ...draft, seq: this.messages.length + 1, sender_role: 'visitor' };
    this.messages.push(message);
    for (const wake of [...this.#held]) {
      wake();
    }
    for (const socket of this.sockets) {
      socket.deliver();
    }
    return { message };
  }

  fetch = async (url, { body, signal } = {}) => {
    if (!this.up) {
      throw new TypeError('network');
    }
    const { pathname, searchParams } = new URL(url);
    const call = pathname.split('/api/')[1];
    if (!body) {
      this.versions.push(searchParams.get('version'));
    }
    if (call === 'messages' && body) {
      const { message, duplicate } = this.post(JSON.parse(body));
      return this.#answer(duplicate ? 200 : 201, { message, duplicate });
    }
    if (call === 'messages') {
      return this.#poll(searchParams, signal);
    }
    if (call === 'transport') {
      return this.#answer(200, { transport: this.transport, reason: this.reason, ws_url: 'ws://x/ws', ttl_ms: 60_000 });
    }
    if (call === 'transport/reports') {
      this.reports.push(JSON.parse(body));
    }
    return this.#answer(204, null);
  };

  async #poll(query, signal) {
    this.polls++;
    const after = Number(query.get('after'));
    if (query.get('epoch') && query.get('epoch') !== this.epoch) {
      return this.#answer(409, { code: 'epoch_changed', epoch: this.epoch, retryable: false });
    }
    if (after > this.messages.length) {
      return this.#answer(409, { code: 'cursor_ahead', head: this.messages.length, epoch: this.epoch, retryable: false });
    }
    const wait = Number(query.get('wait')) * 1000;
    if (wait > 0 && this.messages.length <= after) {
      await new Promise((resolve, reject) => {
        const wake = () => { this.#held.delete(wake); resolve(); };
        this.#held.add(wake);
        this.time.timers.setTimeout(wake, wait);
        signal?.addEventListener('abort', () => { this.#held.delete(wake); reject(new DOMException('aborted', 'AbortError')); });
      });
    }
    if (!this.up) {
      throw new TypeError('network');
    }
    const messages = this.messages.filter((m) => m.seq > after);
    return this.#answer(200, { messages, epoch: this.epoch, cursor: messages.at(-1)?.seq ?? after, head: this.messages.length });
  }

  /** Answers every held poll now, as on a change of transport. */
  releasePolls() {
    for (const wake of [...this.#held]) {
      wake();
    }
  }

  goDown() {
    this.up = false;
    this.releasePolls();
    for (const socket of [...this.sockets]) {
      socket.drop(1006);
    }
  }

  #answer(status, body) {
    return new Response(body === null ? null : JSON.stringify(body), {
      status,
      headers: { 'Content-Type': 'application/json', 'X-Crossfade-Transport': this.transport },
    });
  }

  /** The constructor to hand to the client. */
  get WebSocket() {
    const server = this;
    return class {
      readyState = 0;
      sent = [];
      #place = null;

      constructor(url) {
        server.tries++;
        server.versions.push(new URL(url).searchParams.get('version'));
        if (!server.up || server.path === 'refuse') {
          server.time.timers.setTimeout(() => this.drop(1006), 10);
        } else if (server.path === 'pass' || server.path === 'late') {
          server.time.timers.setTimeout(() => {
            this.readyState = 1;
            server.sockets.push(this);
            this.say({ type: 'connected' });
          }, 10);
          if (server.path === 'late') {
            server.time.timers.setTimeout(() => {
              this.say({ type: 'error', code: 'not_authenticated', retryable: false });
              this.drop(4401);
            }, 5_010);
          }
        } else {
          this.readyState = 1;
        }
      }

      send(text) {
        const frame = JSON.parse(text);
        this.sent.push(frame);
        if (server.path === 'late') {
          return;
        }
        if (frame.type === 'auth') {
          this.say({ type: 'auth_success' });
        } else if (frame.type === 'join_session') {
          this.#place = frame.after;
          this.say({ type: 'joined_session', epoch: server.epoch });
          this.deliver();
        } else if (frame.type === 'ping') {
          this.say({ type: 'pong' });
        } else if (frame.type === 'send_message') {
          const { message, duplicate } = server.post(frame);
          this.say({ type: 'message_ack', client_msg_id: frame.client_msg_id, seq: message.seq, duplicate: !!duplicate });
        }
      }

      deliver() {
        for (const message of server.messages) {
          if (this.#place !== null && message.seq > this.#place) {
            this.#place = message.seq;
            this.say({ type: 'new_message', message });
          }
        }
      }

      say(frame) {
        this.onmessage?.({ data: JSON.stringify(frame) });
      }

      close(code = 1000) {
        this.#gone(code);
      }

      drop(code) {
        this.#gone(code);
        this.onclose?.({ code, reason: '' });
      }

      #gone() {
        this.readyState = 3;
        const at = server.sockets.indexOf(this);
        if (at >= 0) {
          server.sockets.splice(at, 1);
        }
      }
    };
  }
}
