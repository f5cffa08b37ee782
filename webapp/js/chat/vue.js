import { ChatClient } from './client.js';
import { Http, openSession } from './http.js';
import { clientId as keptClientId } from './identity.js';

/** Older messages leave the list, not the conversation. */
export const MAX_MESSAGES = 500;

/** Who comes and goes is told over a socket only; and what was missed is mended by this. */
const LOOK_WHO_IS_ONLINE_MS = 30_000;

/** Where this file was served from; a variable, because bundlers take `new URL` of it for a file. */
const here = import.meta.url;

/**
 * Makes `useWebSocket` with the Vue of the page: with `script-src 'self'` there is no import map, so
 * this file cannot know where Vue is.
 *
 * `useWebSocket(token, options)` is one conversation over a ChatClient. `token` is a string, or a
 * function that answers one and is asked again, with `true`, when it has expired. `options` are those
 * of ChatClient; without a `session` the visitor's open one is used, or one is opened.
 */
export function createUseWebSocket({ ref, onUnmounted }) {
  return function useWebSocket(token, options = {}) {
    const { base = new URL('../../', here).href, session = null, on = {}, ...parts } = options;
    const { timers = globalThis } = parts;
    const getToken = remembered(token);
    const messages = ref([]);
    const onlineCount = ref(null);
    const isConnected = ref(false);
    const isReconnecting = ref(false);
    let client = null;
    /** Between `connect` and `disconnect`: what belongs to an older time must not touch the refs. */
    let current = null;

    /** Does not throw: what goes wrong for good is told to `on.stopped`. Twice is harmless. */
    async function connect() {
      if (current !== null) {
        return;
      }
      const time = new AbortController();
      current = time;
      messages.value = [];
      try {
        const opened = session ?? await openSession(new Http({ base, getToken, fetch: parts.fetch }), {
          ...parts,
          signal: time.signal,
          retrying: () => { isReconnecting.value = true; },
        });
        if (!time.signal.aborted) {
          start(opened, time.signal);
        }
      } catch (failure) {
        if (!time.signal.aborted) {
          stopped(failure.code ?? failure.message);
        }
      }
    }

    function disconnect() {
      current?.abort();
      current = null;
      client?.stop();
      client = null;
      isConnected.value = false;
      isReconnecting.value = false;
      onlineCount.value = null;
    }

    /**
     * While the connection is being made anew it waits for that, up to 100 of them.
     *
     * @returns {object} the draft; throws Error before `connect` has come that far and after
     *   `disconnect`, RangeError where too many wait
     */
    function sendMessage(content) {
      if (client === null) {
        throw new Error('not connected');
      }
      return client.send(content);
    }

    function start(opened, signal) {
      client = new ChatClient({
        ...parts,
        clientId: parts.clientId ?? keptClientId(),
        base,
        getToken,
        session: opened,
        on: {
          ...on,
          messages: (list) => {
            messages.value = [...messages.value, ...list].slice(-MAX_MESSAGES);
            on.messages?.(list);
          },
          state: (state) => {
            isConnected.value = state.state === 'connected';
            isReconnecting.value = state.state === 'reconnecting';
            if (isConnected.value) {
              // Not earlier, or we would not be counted ourselves.
              online.look();
            }
            on.state?.(state);
          },
          event: (frame) => {
            online.heard(frame);
            on.event?.(frame);
          },
          reset: () => {
            messages.value = [];
            on.reset?.();
          },
          stopped,
        },
      });
      const online = new Online(client.http, timers, signal, (count) => { onlineCount.value = count; });
      globalThis.addEventListener?.('online', () => client?.online(), { signal });
      client.start();
    }

    function stopped(reason) {
      disconnect();
      on.stopped?.(reason);
    }

    onUnmounted(disconnect);
    return { connect, disconnect, sendMessage, messages, onlineCount, isConnected, isReconnecting };
  };
}

/**
 * One token for all who ask: a function that makes a new visitor must not make two, of whom one opens
 * the conversation and the other asks for its messages.
 */
function remembered(token) {
  let asked = null;
  return (expired) => {
    if (expired || asked === null) {
      asked = (async () => (typeof token === 'function' ? token(expired) : token))();
      asked.catch(() => { asked = null; });
    }
    return asked;
  };
}

/** How many people of the shop are online. Only staff are told; for a visitor there is no count. */
class Online {
  #http;
  #timers;
  #signal;
  #tell;
  #people = new Set();
  #timer = null;

  constructor(http, timers, signal, tell) {
    this.#http = http;
    this.#timers = timers;
    this.#signal = signal;
    this.#tell = tell;
    signal.addEventListener('abort', () => timers.clearTimeout(this.#timer));
  }

  async look() {
    try {
      if (!isStaff(await this.#http.token())) {
        return;
      }
      const { body } = await this.#http.call('api/presence');
      this.#people = new Set(body.online.map((person) => person.user_id));
      this.#count();
    } catch {
      // A hint for people: the next look mends it.
    }
    if (!this.#signal.aborted) {
      this.#timers.clearTimeout(this.#timer);
      this.#timer = this.#timers.setTimeout(() => this.look(), LOOK_WHO_IS_ONLINE_MS);
    }
  }

  heard({ type, user_id: userId, status }) {
    if (type === 'presence') {
      this.#people[status === 'online' ? 'add' : 'delete'](userId);
      this.#count();
    }
  }

  #count() {
    if (!this.#signal.aborted) {
      this.#tell(this.#people.size);
    }
  }
}

/** A token is a JWT; one that cannot be read is taken for a visitor's. */
function isStaff(token) {
  try {
    const claims = JSON.parse(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')));
    return claims.role === 'agent' || claims.role === 'admin';
  } catch {
    return false;
  }
}
