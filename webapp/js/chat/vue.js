import { ChatClient } from './client.js';
import { Http, openSession } from './http.js';
import { clientId as keptClientId } from './identity.js';
import { Online } from './online.js';

/** Older messages leave the list, not the conversation. */
export const MAX_MESSAGES = 500;

/** Where this file was served from. In a variable, because bundlers replace `new URL(…, import.meta.url)`. */
const here = import.meta.url;

/**
 * Makes `useWebSocket` with the Vue of the page: under `script-src 'self'` there is no import map, so
 * this file cannot know where Vue is.
 *
 * `useWebSocket(token, options)` is one conversation over a ChatClient. `token` is a string, or a
 * function that is called again with `true` when its token has expired. `options` are those of
 * ChatClient; without a `session` the visitor's open conversation is used, or one is opened.
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
    /** Aborted by `disconnect`: what began before must not touch the refs afterwards. */
    let current = null;

    /** Never rejects: a final failure is told to `on.stopped`. A second call has no effect. */
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
     * While the client reconnects, up to 100 messages wait.
     *
     * @returns {object} the draft; throws Error before `connect` has opened the conversation and after
     *   `disconnect`, RangeError if too many wait
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
              // Earlier, we would not be counted ourselves.
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
 * One token for all calls: a function that makes a new visitor must not make two, one who opens the
 * conversation and one who asks for its messages.
 */
function remembered(token) {
  let asked = null;
  let known = null;
  return (expired, refused) => {
    if (asked === null || expired && known === refused) {
      known = null;
      asked = (async () => (typeof token === 'function' ? token(expired, refused) : token))();
      asked.then((got) => { known = got; }, () => { asked = null; });
    }
    return asked;
  };
}
