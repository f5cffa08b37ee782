import { WebSocket } from 'ws';
import { ChatClient } from '../../../webapp/js/chat/client.js';

class MemoryStorage {
  #items = new Map();
  getItem(key) { return this.#items.get(key) ?? null; }
  setItem(key, value) { this.#items.set(key, value); }
  removeItem(key) { this.#items.delete(key); }
}

/** Crossfade as it runs at `url` (demo accounts), with the client that browsers load, at 100 %. */
export class CrossfadeSystem {
  name = 'Crossfade';
  #url;
  #clients = [];
  #conversations = new Map();
  #agentToken;
  #counts = { sockets: 0, fallbacks: 0, limited: 0, resets: 0, stopped: 0 };

  constructor(url) {
    this.#url = new URL(url);
  }

  async open() {
    this.#agentToken = (await this.#staff('agent')).token;
    const { token } = await this.#staff('admin');
    const { revision } = await this.#call('api/rollout', { token });
    await this.#call('api/rollout', { token, method: 'PUT', body: { revision, percentage: 100, reason: 'comparison with Socket.IO' } });
    return { host: this.#url.hostname, port: Number(this.#url.port || 80) };
  }

  #staff(name) {
    return this.#call('api/staff/token', { method: 'POST', login: `${name}:${name}` });
  }

  async #call(path, { token, login, method = 'GET', body }) {
    const response = await fetch(new URL(path, this.#url), {
      method,
      headers: {
        Authorization: login ? `Basic ${btoa(login)}` : `Bearer ${token}`,
        'Content-Type': 'application/json',
      },
      body: body && JSON.stringify(body),
    });
    if (!response.ok) {
      throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    }
    return response.json();
  }

  async #conversation(number) {
    if (!this.#conversations.has(number)) {
      const { token } = await this.#call('api/visitors', { method: 'POST', body: { shop_id: 'demo' } });
      const { session_id: session } = await this.#call('api/sessions', { token, method: 'POST', body: {} });
      this.#conversations.set(number, { token, session });
    }
    return this.#conversations.get(number);
  }

  /** The last member of a conversation is the agent, the others are devices of one visitor. */
  async join({ port, conversation, member, isLast, on }) {
    const { token, session } = await this.#conversation(conversation);
    const counts = this.#counts;
    const CountedSocket = class extends WebSocket {
      constructor(address) {
        super(address);
        this.on('close', (code) => { counts.limited += code === 4429 || code === 4410 ? 1 : 0; });
      }
    };
    let before = {};
    const joined = new Promise((resolve) => {
      const client = new ChatClient({
        base: `http://127.0.0.1:${port}${this.#url.pathname}`,
        shopId: 'demo', session, clientId: `${member}-${session}`,
        getToken: async () => (isLast ? this.#agentToken : token),
        storage: new MemoryStorage(),
        fetch: async (...args) => {
          const response = await fetch(...args);
          counts.limited += response.status === 429 ? 1 : 0;
          return response;
        },
        WebSocket: CountedSocket,
        on: {
          messages: (list) => list.forEach(({ content }) => on.shown(content)),
          sent: ({ content }) => on.acked(content),
          failed: ({ content }) => on.refused(content),
          reset: () => { counts.resets++; },
          stopped: () => { counts.stopped++; },
          state: (state) => {
            const proven = state.transport === 'websocket' && before.transport !== 'websocket';
            counts.sockets += proven ? 1 : 0;
            counts.fallbacks += state.reason === 'fallback' && before.reason !== 'fallback' ? 1 : 0;
            before = state;
            if (proven) {
              resolve(client);
            }
          },
        },
      }).start();
      this.#clients.push(client);
    });
    const client = await joined;
    return { say: (body) => client.send(body) };
  }

  notes() {
    const { sockets, fallbacks, limited, resets, stopped } = this.#counts;
    return `${sockets - this.#clients.length} times back on WebSocket, ${fallbacks} fallbacks; ${resets} resets, ${stopped} stopped, ${limited} limited`;
  }

  close() {
    this.#clients.forEach((client) => client.stop());
  }
}
