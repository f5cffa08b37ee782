/*
 * The widget's loader, one line in a shop's page:
 *   <script async src="https://…/crossfade/widget.js" data-shop="ID"></script>
 * Puts a button into a shadow root, and loads the rest on the first click or the first unread message.
 * Calls made before it is there wait in an array: (window.crossfade = window.crossfade || []).push(['open']).
 */
(() => {
  'use strict';

  /** Between two tries to watch for news, where the server did not answer. */
  const RETRY_MS = 30_000;

  const script = document.currentScript;
  const base = new URL('./', script.src).href;
  const { shop, locale } = script.dataset;
  const queued = Array.isArray(window.crossfade) ? window.crossfade : [];
  const listeners = { message: [], unread: [], state: [], open: [], close: [] };

  /** A browser may forbid storage altogether: then things last as long as the page. */
  const storage = (() => {
    try {
      localStorage.getItem('');
      return localStorage;
    } catch {
      return null;
    }
  })();

  const CSS = `
    :host { all: initial !important; position: fixed !important; z-index: 2147483000 !important; inset: auto 0 0 auto !important; }
    #launcher { position: fixed; inset-inline-end: 20px; inset-block-end: 20px; width: 56px; height: 56px; padding: 14px; border: 0;
      border-radius: 50%; cursor: pointer; background: var(--crossfade-accent, #1f5fd0); color: var(--crossfade-on-accent, #fff);
      box-shadow: 0 4px 14px #0005; }
    #launcher:focus-visible { outline: 3px solid var(--crossfade-accent, #1f5fd0); outline-offset: 3px; }
    #launcher[aria-expanded=true] { visibility: hidden; }
    #launcher svg { display: block; fill: currentColor; }
    #launcher span { position: absolute; inset-block-start: -4px; inset-inline-end: -4px; min-width: 22px; padding: 0 6px; border-radius: 11px;
      background: #b3261e; color: #fff; font: 600 13px/22px system-ui, sans-serif; box-sizing: border-box; }
    #launcher span:empty { display: none; }
    @media print { #launcher { display: none; } }`;

  const host = document.createElement('crossfade-chat');
  const root = host.attachShadow({ mode: 'open' });
  const launcher = document.createElement('button');
  launcher.type = 'button';
  launcher.id = 'launcher';
  launcher.setAttribute('aria-expanded', 'false');
  const icon = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  icon.setAttribute('viewBox', '0 0 24 24');
  icon.setAttribute('aria-hidden', 'true');
  const shape = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  shape.setAttribute('d', 'M4 3h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2h-7l-5 4v-4H4a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2z');
  icon.append(shape);
  const badge = document.createElement('span');
  launcher.append(icon, badge);
  root.append(launcher);
  const style = new CSSStyleSheet();
  style.replaceSync(CSS);
  root.adoptedStyleSheets = [style];

  let words = (key) => (key === 'widget.open' ? 'Chat' : key);
  let language = locale || document.documentElement.lang || navigator.language;
  let unread = 0;
  let user = null;
  let panel = null;
  let stopWatching = () => {};

  function emit(event, value) {
    for (const listener of listeners[event]) {
      try {
        listener(value);
      } catch (mistake) {
        // The shop's own mistake must not stop the chat, nor go unseen.
        setTimeout(() => { throw mistake; });
      }
    }
  }

  function label() {
    launcher.setAttribute('aria-label', unread > 0 ? words('widget.open_unread', { count: unread }) : words('widget.open'));
  }

  function showUnread(count) {
    if (count !== unread) {
      unread = count;
      badge.textContent = count > 99 ? '99+' : count || '';
      label();
      emit('unread', count);
    }
  }

  /** The words are for who reads with the ears, and of no hurry. */
  async function readWords() {
    const { loadWords, t } = await import(`${base}js/lib/i18n.js`);
    await loadWords(language);
    words = t;
    label();
  }

  function load() {
    stopWatching();
    panel ??= (async () => {
      const { Panel } = await import(`${base}js/widget/panel.js`);
      const made = new Panel({
        root, base, shop, storage, user, language,
        on: {
          unread: showUnread,
          message: (message) => emit('message', message),
          state: (state) => emit('state', state),
          opened: (is) => {
            launcher.setAttribute('aria-expanded', String(is));
            if (!is) {
              launcher.focus();
            }
            emit(is ? 'open' : 'close');
          },
        },
      });
      await made.start();
      return made;
    })().catch((failure) => {
      // The network was away: the next click tries again.
      panel = null;
      throw failure;
    });
    return panel;
  }

  const quietly = (work) => work.catch(() => null);

  const api = {
    open: () => quietly(load().then((it) => it.open())),
    close: () => quietly(Promise.resolve(panel?.then((it) => it.close()))),
    /** A token that the shop's server has signed, or a function that gets one; null: nobody any more. */
    setUser(token) {
      user = typeof token === 'string' ? async () => token : token;
      showUnread(0);
      return quietly(panel ? panel.then((it) => it.setUser(user)) : watch());
    },
    setLocale(tag) {
      language = tag;
      quietly(readWords());
      return quietly(Promise.resolve(panel?.then((it) => it.setLocale(tag))));
    },
    on(event, listener) {
      if (!listeners[event]) {
        throw new TypeError(`crossfade: no event ${event}; there are ${Object.keys(listeners).join(', ')}`);
      }
      listeners[event].push(listener);
    },
    push([method, ...values]) {
      return this[method](...values);
    },
  };

  // ---- who has a conversation and has not opened the panel yet

  /** Who has never written costs the server nothing. */
  async function watch() {
    stopWatching();
    const own = new AbortController();
    stopWatching = () => own.abort();
    const token = user ? await user() : storage?.getItem(`crossfade.visitor.${shop}`);
    if (!token || panel) {
      return;
    }
    const { sessions: [session], etag } = await list(token, '', null, own.signal);
    if (session) {
      noticed(session);
      if (navigator.locks && window.BroadcastChannel) {
        inTurn(token, session, etag, own.signal);
      } else {
        waitForNews(token, etag, own.signal);
      }
    }
  }

  /** One tab of the browser waits for news; a tab with an open panel goes first, and tells the others. */
  function inTurn(token, session, etag, signal) {
    const name = `crossfade.${session.session_id}`;
    const channel = new BroadcastChannel(name);
    let turn = null;
    const queue = () => {
      const mine = new AbortController();
      turn = mine;
      quietly(navigator.locks.request(name, { signal: mine.signal }, () => waitForNews(token, etag, mine.signal)));
    };
    channel.onmessage = ({ data }) => {
      if (data.want) {
        turn.abort();
        queue();
      } else if ('unread' in data) {
        showUnread(data.unread);
      }
    };
    signal.addEventListener('abort', () => {
      turn.abort();
      channel.close();
    });
    queue();
  }

  async function waitForNews(token, known, signal) {
    let etag = known;
    while (!signal.aborted) {
      try {
        const answer = await list(token, '&wait=25', etag, signal);
        etag = answer.etag;
        if (answer.sessions[0]) {
          noticed(answer.sessions[0]);
        }
      } catch (failure) {
        if (signal.aborted || failure.final) {
          return;
        }
        await new Promise((resolve) => { setTimeout(resolve, RETRY_MS); });
      }
    }
  }

  function noticed(session) {
    showUnread(session.unread);
    if (session.unread > 0) {
      quietly(load());
    }
  }

  async function list(token, wait, etag, signal) {
    const headers = { Authorization: `Bearer ${token}`, ...(etag && { 'If-None-Match': etag }) };
    const response = await fetch(`${base}api/sessions?status=open&instance=widget${wait}`, { headers, signal });
    if (!response.ok && response.status !== 304) {
      throw Object.assign(new Error(`HTTP ${response.status}`), { final: response.status < 500 && response.status !== 429 });
    }
    const { sessions } = response.status === 304 ? { sessions: [] } : await response.json();
    return { sessions, etag: response.headers.get('ETag') ?? etag };
  }

  launcher.addEventListener('click', api.open);
  label();
  // Not into the body: what moves the body must not move the chat.
  document.documentElement.append(host);
  window.crossfade = api;
  queued.forEach((call) => api.push(call));
  quietly(readWords());
  quietly(watch());
})();
