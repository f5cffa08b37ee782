import { fullJitter } from '../chat/backoff.js';
import { ChatClient, DEFAULTS } from '../chat/client.js';
import { Http } from '../chat/http.js';
import { keep, readKept } from '../chat/storage.js';
import { SharedClient } from '../chat/tabs.js';
import { element, icon } from '../lib/dom.js';
import { loadWords, t } from '../lib/i18n.js';
import { clientId, visitorToken } from '../chat/identity.js';
import { Composer } from '../ui/composer.js';
import { showState } from '../ui/connection-state.js';
import { MessageList } from '../ui/message-list.js';
import { Sound } from '../ui/sound.js';

const BELL = 'M12 3a6 6 0 0 0-6 6v5l-2 3h16l-2-3V9a6 6 0 0 0-6-6zm-2 15a2 2 0 0 0 4 0z';
const CROSSED = 'M3 4.4 4.4 3 21 19.6 19.6 21z';

/** Where the place is kept up to which this browser has read a conversation. */
const readKey = (session) => `crossfade.read.${session}`;

/** Texts that wait for their conversation to be opened; more are not taken. */
const MAX_FIRST = 20;

/** Which tab makes the sound: the one that was touched last. */
const SOUND_TAB = 'crossfade.sound';

/** The conversation goes on in another one where this is why a message was refused. */
const OVER = ['session_closed', 'not_found', 'not_authenticated'];

/**
 * The chat in a shop's page, drawn into the shadow root that the loader has made. A conversation is
 * opened with the first message, so that a look around leaves nothing in the agents' inbox.
 *
 * Calls `on.opened(bool)`, `on.unread(count)`, `on.message(message)`, `on.state({transport, state, reason})`.
 * Hooks for tests: `#panel`, `#state`, `#chat [data-seq]`, `#composer`, `#contact`, `#mute`, `#close`.
 */
export class Panel {
  #root;
  #base;
  #shop;
  #storage;
  #on;
  #language;
  #user;
  #clientId;
  #tab = `w-${Math.random().toString(36).slice(2)}`;
  #sound;
  #parts = null;
  #list = null;
  #client = null;
  #channel = null;
  #session = null;
  #getToken = null;
  #opening = null;
  #open = false;
  #readUpTo = 0;
  #unread = [];
  #sentHere = new Set();
  #historyUpTo = 0;
  #saidWhere = false;
  #asksForSession = false;

  /** @param {{user: (() => Promise<string>)|null, language: string, storage: Storage|null}} parts */
  constructor({ root, base, shop, storage, user, language, on }) {
    this.#root = root;
    this.#base = base;
    this.#shop = shop;
    this.#storage = storage;
    this.#user = user;
    this.#language = language;
    this.#on = on;
    this.#clientId = clientId(storage);
    this.#sound = new Sound(storage);
  }

  /** Draws the panel, closed, and goes on with a conversation that is there. Throws where the server is away. */
  async start() {
    await Promise.all([loadWords(this.#language), this.#style()]);
    this.#draw();
    for (const event of ['online', 'pageshow']) {
      globalThis.addEventListener(event, () => this.#client?.online());
    }
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') {
        this.#client?.online();
        this.#read();
      }
    });
    for (const event of ['pointerdown', 'keydown']) {
      document.addEventListener(event, () => this.#touched(), { capture: true, passive: true });
    }
    await this.#begin();
  }

  open() {
    this.#open = true;
    this.#parts.panel.hidden = false;
    this.#parts.text.focus();
    this.#parts.chat.scrollTop = this.#parts.chat.scrollHeight;
    this.#on.opened(true);
    this.#read();
    this.#askAvailability();
    this.#sayWhere();
  }

  close() {
    if (this.#open) {
      this.#open = false;
      this.#parts.panel.hidden = true;
      this.#on.opened(false);
    }
  }

  /** Another person: what was there before is let go, and their own conversation shown. */
  async setUser(user) {
    this.#user = user;
    this.#leave();
    this.#parts.chat.replaceChildren();
    await this.#begin();
  }

  async setLocale(language) {
    this.#language = language;
    await loadWords(language);
    const typed = this.#parts.text.value;
    this.#parts.panel.remove();
    this.#leave();
    this.#draw();
    this.#parts.text.value = typed;
    this.#parts.panel.hidden = !this.#open;
    await this.#begin();
  }

  // ---- what it looks like

  async #style() {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(await (await fetch(`${this.#base}css/widget.css`)).text());
    this.#root.adoptedStyleSheets = [...this.#root.adoptedStyleSheets, sheet];
  }

  #draw() {
    const title = element('h2', { id: 'title', text: t('widget.title') });
    const mute = element('button', { type: 'button', id: 'mute', className: 'icon' });
    const close = element('button', { type: 'button', id: 'close', className: 'icon', text: '×', 'aria-label': t('widget.close') });
    const state = element('p', { id: 'state', role: 'status' });
    const away = element('p', { id: 'away', text: t('widget.away'), hidden: '' });
    const chat = element('div', { id: 'chat', role: 'log', 'aria-label': t('messages'), tabindex: 0 });
    const typing = element('p', { id: 'typing' });
    const name = element('input', { type: 'text', maxlength: 100, autocomplete: 'name' });
    const mail = element('input', { type: 'email', maxlength: 200, autocomplete: 'email' });
    const contact = element('form', { id: 'contact', hidden: '' },
      element('p', { text: t('widget.leave') }),
      element('label', {}, element('span', { text: t('widget.name') }), name),
      element('label', {}, element('span', { text: t('widget.mail') }), mail));
    const text = element('textarea', { rows: 2, maxlength: 4000, 'aria-label': t('write'), placeholder: t('write'), dir: 'auto' });
    const composer = element('form', { id: 'composer' }, text, element('button', { type: 'submit', text: t('send') }));
    const panel = element('section', { id: 'panel', role: 'dialog', 'aria-labelledby': 'title', hidden: '' },
      element('header', {}, title, mute, close), state, away, chat, typing, contact, composer);
    this.#parts = { panel, mute, state, away, chat, typing, name, mail, contact, text };

    close.addEventListener('click', () => this.close());
    panel.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') {
        this.close();
      }
      // The shop's own shortcuts are not for what is written here.
      event.stopPropagation();
    });
    mute.addEventListener('click', () => {
      this.#sound.mute(!this.#sound.muted);
      this.#showMute();
    });
    contact.addEventListener('submit', (event) => event.preventDefault());
    new Composer(composer, {
      send: (content) => this.#send(content),
      typing: (active) => this.#client?.typing(active),
    });
    this.#showMute();
    this.#root.append(panel);
  }

  #showMute() {
    const { mute } = this.#parts;
    mute.replaceChildren(icon(this.#sound.muted ? `${BELL}${CROSSED}` : BELL));
    mute.setAttribute('aria-label', t('widget.sound'));
    mute.setAttribute('aria-pressed', String(!this.#sound.muted));
  }

  async #askAvailability() {
    const { away, contact } = this.#parts;
    try {
      const { body } = await this.#http().call(`api/shops/${this.#shop}/availability`, { anonymous: true });
      away.hidden = body.online;
      contact.hidden = body.online || this.#session !== null || this.#user !== null;
    } catch {
      // The state line says what is wrong.
    }
  }

  /** The agent sees which page the visitor asks from. */
  #sayWhere() {
    if (this.#session !== null && !this.#saidWhere) {
      this.#saidWhere = true;
      this.#http().call('api/sessions', { body: whereabouts() }).catch(() => { this.#saidWhere = false; });
    }
  }

  // ---- whose conversation

  #http() {
    return new Http({ base: this.#base, fetch: (...args) => fetch(...args), getToken: this.#getToken });
  }

  /** With the open conversation of who is known here, if there is one. */
  async #begin() {
    this.#getToken = this.#user ?? visitorToken(this.#base, this.#shop, this.#storage, () => {
      const name = this.#parts.name.value.trim();
      return name ? { name } : {};
    });
    this.#list = this.#newList();
    const known = this.#user !== null || this.#storage?.getItem(`crossfade.visitor.${this.#shop}`);
    const first = this.#first;
    first.forEach((draft) => this.#list.addDraft(draft));
    if (first.length > 0) {
      this.#openSession();
    } else if (known) {
      await this.#find();
    }
  }

  async #find() {
    try {
      const { body } = await this.#http().call('api/sessions?status=open');
      const session = body.sessions[0];
      if (session) {
        this.#converse(session.session_id, session.head, session.head - session.unread);
      }
    } catch (failure) {
      if (failure.retryable !== false) {
        this.#showTrouble();
        this.#opening = setTimeout(() => this.#find(), fullJitter(1, DEFAULTS.retry) + (failure.retryAfterMs ?? 0));
      }
    }
  }

  /** Until there is one: the server may be restarting just now, or the train be in a tunnel. */
  async #openSession(attempt = 0) {
    clearTimeout(this.#opening);
    if (this.#asksForSession) {
      // The one under way takes along what was written since.
      return;
    }
    this.#asksForSession = true;
    const who = this.#getToken;
    try {
      const mail = this.#parts.mail.value.trim();
      const { body } = await this.#http().call('api/sessions', { body: { ...whereabouts(), ...(mail && { subject: mail }) } });
      this.#asksForSession = false;
      if (who !== this.#getToken) {
        this.#openSession();
        return;
      }
      this.#converse(body.session_id, body.head, body.head);
      const first = this.#first;
      this.#first = [];
      first.forEach((draft) => this.#post(draft.content, draft.client_msg_id));
    } catch (failure) {
      this.#asksForSession = false;
      if (failure.retryable === false) {
        this.#first.forEach((draft) => this.#list.failed(draft, failure.message));
        this.#first = [];
      } else {
        this.#showTrouble();
        const pause = fullJitter(attempt, DEFAULTS.retry) + (failure.retryAfterMs ?? 0);
        this.#opening = setTimeout(() => this.#openSession(attempt + 1), pause);
      }
    }
  }

  #showTrouble() {
    showState(this.#parts.state, { transport: 'polling', state: 'reconnecting', reason: null });
  }

  /**
   * @param {number} head what is up to it is history, and not read out
   * @param {number} readAtMost how far it was read, as the server knows it
   */
  #converse(session, head, readAtMost) {
    if (this.#session === session) {
      return;
    }
    this.#session = session;
    this.#parts.contact.hidden = true;
    this.#readUpTo = Math.max(readKept(this.#storage, readKey(session), 0), readAtMost);
    this.#unread = [];
    this.#historyUpTo = head;
    this.#parts.chat.setAttribute('aria-live', head > 0 ? 'off' : 'polite');
    const list = this.#list;
    this.#client = new SharedClient({
      session,
      storage: sessionStorageOrNull(),
      makeClient: (parts) => new ChatClient({
        base: this.#base, shopId: this.#shop, session, clientId: this.#clientId, getToken: this.#getToken,
        storage: this.#storage, ...parts,
      }),
      on: {
        messages: (messages) => this.#received(list, messages),
        draft: (draft) => list.addDraft(draft),
        failed: (draft, refusal) => this.#failed(list, draft, refusal),
        state: (state) => {
          showState(this.#parts.state, state);
          this.#on.state(state);
        },
        event: (frame) => this.#heard(list, frame),
        reset: () => list.clear(),
        missed: () => list.note(t('missed')),
        readUpTo: (seq) => this.#haveRead(seq),
        stopped: (reason) => this.#stopped(reason),
      },
    });
    if (globalThis.BroadcastChannel) {
      this.#channel = new BroadcastChannel(`crossfade.${session}`);
    }
    this.#client.unsent.forEach((draft) => list.addDraft(draft));
    this.#client.start();
  }

  #leave() {
    clearTimeout(this.#opening);
    this.#client?.stop();
    this.#client = null;
    this.#channel?.close();
    this.#channel = null;
    this.#session = null;
    this.#unread = [];
    this.#on.unread(0);
  }

  /** A token that ended makes a new visitor, who has a conversation of their own. */
  #stopped(reason) {
    if (OVER.includes(reason)) {
      this.#startOver(this.#client.unsent.filter((draft) => this.#sentHere.has(draft.client_msg_id)));
    } else {
      this.#parts.state.dataset.state = 'stopped';
      this.#parts.state.textContent = t('state.stopped');
    }
  }

  // ---- what is said

  get #first() {
    const kept = readKept(this.#storage, `crossfade.first.${this.#shop}`, this.#firstHere);
    return Array.isArray(kept) ? kept : [];
  }

  set #first(drafts) {
    this.#firstHere = drafts;
    keep(this.#storage, `crossfade.first.${this.#shop}`, drafts);
  }

  #firstHere = [];

  #newList() {
    return new MessageList(this.#parts.chat, (message) => message.sender_role === 'visitor', (draft) => this.#send(draft.content));
  }

  #send(content) {
    if (this.#client) {
      this.#post(content);
      return;
    }
    if (this.#first.length >= MAX_FIRST) {
      throw new RangeError('too many wait');
    }
    const draft = { content, client_msg_id: `f-${crypto.getRandomValues(new Uint32Array(3)).join('-')}` };
    this.#first = [...this.#first, draft];
    this.#list.addDraft(draft);
    this.#openSession();
  }

  #post(content, id) {
    const draft = this.#client.send(content, id ? { client_msg_id: id } : {});
    this.#sentHere.add(draft.client_msg_id);
    this.#list.addDraft(draft);
  }

  /** With what was written here and is not stored. */
  async #startOver(drafts) {
    this.#leave();
    drafts.forEach((draft) => this.#list.dropDraft(draft));
    this.#list.note(t('widget.closed'));
    this.#first = drafts.map(({ content, client_msg_id: id }) => ({ content, client_msg_id: id }));
    await this.#begin();
  }

  /** A conversation that was closed meanwhile is followed by a new one, with what was just written. */
  #failed(list, draft, refusal) {
    if (!OVER.includes(refusal.code)) {
      list.failed(draft, refusal.message);
    } else if (list === this.#list) {
      const others = this.#client.unsent.filter((one) => one.client_msg_id !== draft.client_msg_id);
      this.#startOver([draft, ...others].filter((one) => this.#sentHere.has(one.client_msg_id)));
    }
  }

  #received(list, messages) {
    list.add(messages);
    const news = messages.filter((m) => m.sender_role !== 'visitor' && m.seq > this.#readUpTo);
    this.#unread = [...this.#unread, ...news.map((m) => m.seq)];
    news.filter((m) => m.seq > this.#historyUpTo).forEach((message) => this.#on.message(message));
    if (this.#client.cursor >= this.#historyUpTo) {
      // When this has been drawn, and not with it.
      setTimeout(() => this.#parts.chat.setAttribute('aria-live', 'polite'));
    }
    if (news.length > 0) {
      this.#parts.typing.textContent = '';
    }
    if (news.some((m) => m.seq > this.#historyUpTo)) {
      this.#parts.away.hidden = true;
    }
    if (!this.#read() && news.length > 0 && this.#soundsHere()) {
      this.#sound.play();
    }
    this.#showUnread();
  }

  #heard(list, frame) {
    if (frame.type === 'message_status') {
      list.marked(frame.seq, frame.status);
    } else if (frame.type === 'typing') {
      this.#parts.typing.textContent = frame.active ? t('typing') : '';
    }
  }

  // ---- what was read

  /** Whether somebody looks at it, and has now read it. */
  #read() {
    const looked = this.#open && document.visibilityState === 'visible';
    if (looked && this.#client && this.#client.cursor > this.#readUpTo) {
      this.#client.read(this.#client.cursor);
      this.#haveRead(this.#client.cursor);
    }
    return looked;
  }

  #haveRead(seq) {
    this.#readUpTo = Math.max(this.#readUpTo, seq);
    keep(this.#storage, readKey(this.#session), this.#readUpTo);
    this.#unread = this.#unread.filter((one) => one > this.#readUpTo);
    this.#showUnread();
  }

  #showUnread() {
    this.#on.unread(this.#unread.length);
    // For tabs that have not loaded the panel.
    if (this.#client?.leading) {
      this.#channel?.postMessage({ unread: this.#unread.length });
    }
  }

  // ---- one sound

  #touched() {
    this.#sound.unlock();
    if (this.#storage && this.#storage.getItem(SOUND_TAB) !== this.#tab) {
      this.#storage.setItem(SOUND_TAB, this.#tab);
      globalThis.addEventListener('pagehide', () => {
        if (this.#storage.getItem(SOUND_TAB) === this.#tab) {
          this.#storage.removeItem(SOUND_TAB);
        }
      }, { once: true });
    }
  }

  #soundsHere() {
    const tab = this.#storage?.getItem(SOUND_TAB);
    return tab === this.#tab || (!tab && this.#client.leading);
  }
}

/** Without query and fragment: shops keep secrets in there. */
function whereabouts() {
  return location.protocol.startsWith('http') ? { page: (location.origin + location.pathname).slice(0, 2_000) } : {};
}

function sessionStorageOrNull() {
  try {
    return globalThis.sessionStorage;
  } catch {
    return null;
  }
}
