import { ChatClient } from '../chat/client.js';
import { Http, openedSession, untilAnswered } from '../chat/http.js';
import { clientId, userOf, visitorToken } from '../chat/identity.js';
import { sessionStorageOrNull } from '../chat/storage.js';
import { loadWords, t } from '../lib/i18n.js';
import { MessageList } from '../ui/message-list.js';
import { OneSound } from '../ui/sound.js';
import { Conversation } from './conversation.js';
import { FirstWords, LastConversation } from './memory.js';
import { Frame } from './frame.js';

/**
 * The chat in a shop's page, in the loader's shadow root. A conversation is opened with the first
 * message, so that visitors who only look leave nothing in the agents' inbox.
 */
export class Panel {
  #parts;
  #language;
  #user;
  #clientId;
  #sound;
  #first;
  #last;
  /** Whether first words are kept under whose they are. */
  #isKnown;
  #sentHere = new Set();
  #getToken;
  #frame = null;
  #list = null;
  #session = null;
  #conversation = null;
  #finding = null;
  #opening = null;
  #isOpen = false;
  #saidWhere = false;

  /** Calls `on.opened(bool)`, `on.unread(count)`, `on.message(message)`, `on.state(state)`. */
  constructor(parts) {
    const { shop, storage, user, language } = parts;
    this.#parts = parts;
    this.#language = language;
    this.#clientId = clientId(storage);
    this.#sound = new OneSound(storage);
    this.#isOf(user);
  }

  /** Draws the panel, closed, and continues an open conversation. */
  async start() {
    await Promise.all([loadWords(this.#language), this.#style()]);
    this.#draw();
    for (const event of ['online', 'pageshow']) {
      globalThis.addEventListener(event, () => this.#conversation?.online());
    }
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') {
        this.#conversation?.online();
        this.#conversation?.look();
      }
    });
    await this.#begin();
  }

  open() {
    this.#isOpen = true;
    this.#frame.show();
    this.#parts.on.opened(true);
    this.#conversation?.look();
    this.#askAvailability();
    this.#sayWhere();
  }

  close() {
    if (this.#isOpen) {
      this.#isOpen = false;
      this.#frame.hide();
      this.#parts.on.opened(false);
    }
  }

  /** Another person, who has their own conversation. */
  async setUser(user) {
    this.#opening?.abort();
    this.#opening = null;
    this.#isOf(user);
    this.#leave();
    this.#frame.chat.replaceChildren();
    await this.#begin();
  }

  async setLocale(language) {
    this.#language = language;
    await loadWords(language);
    this.#leave();
    const before = this.#frame;
    this.#draw();
    before.replaceBy(this.#frame);
    await this.#begin();
  }

  async #style() {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(await (await fetch(`${this.#parts.base}css/widget.css`)).text());
    this.#parts.root.adoptedStyleSheets = [...this.#parts.root.adoptedStyleSheets, sheet];
  }

  #draw() {
    this.#frame = new Frame(this.#parts.root, this.#sound, {
      close: () => this.close(),
      send: (content) => this.#send(content),
      typing: (active) => this.#conversation?.typing(active),
    });
  }

  async #askAvailability() {
    const { away, contact } = this.#frame;
    try {
      const { body } = await this.#http().call(`api/shops/${this.#parts.shop}/availability`, { anonymous: true });
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

  #isOf(user) {
    this.#user = user;
    // Whoever is signed in is known with the token; until then it must not be kept for the next person.
    this.#isKnown = !user;
    this.#rememberIn(user ? null : this.#parts.storage, this.#parts.shop);
    this.#getToken = user ?? visitorToken(this.#parts.base, this.#parts.shop, this.#parts.storage, () => {
      const { name } = this.#frame;
      return name ? { name } : {};
    });
  }

  #rememberIn(storage, owner) {
    this.#first = new FirstWords(storage, owner);
    this.#last = new LastConversation(storage, storage && sessionStorageOrNull(), owner);
  }

  async #rememberWhoSignedIn(list) {
    const user = this.#user;
    const owner = user && await (async () => userOf(await user(false)))().catch(() => null);
    if (owner && list === this.#list) {
      const before = this.#isKnown ? [] : this.#first.takeAll();
      this.#rememberIn(this.#parts.storage, `${this.#parts.shop}.${owner}`);
      this.#isKnown = true;
      this.#first.put(before);
    }
  }

  #http() {
    return new Http({ base: this.#parts.base, getToken: this.#getToken });
  }

  async #begin() {
    this.#list = new MessageList(
      this.#frame.chat, (message) => message.sender_role === 'visitor', (draft) => this.#send(draft.content));
    const list = this.#list;
    await this.#rememberWhoSignedIn(list);
    if (list !== this.#list) {
      return;
    }
    const { drafts } = this.#first;
    drafts.forEach((draft) => this.#list.addDraft(draft));
    if (drafts.length > 0) {
      this.#openConversation();
    } else if (this.#user !== null || this.#parts.storage?.getItem(`crossfade.visitor.${this.#parts.shop}`)) {
      await this.#find();
    }
  }

  /** Resolves after the first answer or failure; goes on trying. */
  #find() {
    const finding = new AbortController();
    const { signal } = finding;
    this.#finding = finding;
    const http = this.#http();
    return new Promise((goOn) => {
      const retrying = () => {
        this.#frame.showTrouble();
        goOn();
      };
      untilAnswered(() => http.call('api/sessions?status=open', { signal }), { signal, retrying })
        .then(async ({ body: { sessions: [found] } }) => {
          await this.#settleLast(found?.session_id ?? null, signal);
          signal.throwIfAborted();
          if (this.#first.drafts.length > 0) {
            this.#first.drafts.forEach((draft) => this.#list.addDraft(draft));
            this.#openConversation();
          } else if (found) {
            this.#converse({ id: found.session_id, head: found.head, readAtMost: found.head - found.unread });
          }
        })
        .catch(() => {})
        .finally(goOn);
    });
  }

  #settleLast(current, signal) {
    return this.#last.settle(current, this.#http(), this.#first, (draft, refusal) => this.#list.failed(draft, refusal.message), signal);
  }

  /** A request under way takes along what is written meanwhile; one that pauses is made again at once. */
  async #openConversation() {
    if (this.#opening && !this.#opening.pauses) {
      return;
    }
    this.#opening?.abort();
    const opening = new AbortController();
    this.#opening = opening;
    try {
      const { session_id: id, head } = await openedSession(this.#http(), {
        signal: opening.signal,
        about: () => {
          opening.pauses = false;
          const { mail } = this.#frame;
          return { ...whereabouts(), ...(mail && { subject: mail }) };
        },
        retrying: () => {
          opening.pauses = true;
          this.#frame.showTrouble();
        },
      });
      await this.#settleLast(id, opening.signal);
      if (opening === this.#opening) {
        this.#opening = null;
        this.#converse({ id, head, readAtMost: head });
        this.#first.takeAll().forEach((draft) => this.#conversation.send(draft.content, draft.client_msg_id));
      }
    } catch (refusal) {
      if (opening === this.#opening) {
        this.#opening = null;
        this.#first.takeAll().forEach((draft) => this.#list.failed(draft, refusal.message));
      }
    }
  }

  #converse(session) {
    if (this.#session === session.id) {
      return;
    }
    this.#session = session.id;
    this.#last.is(session.id);
    const getToken = this.#getToken;
    const makeClient = (parts) => new ChatClient({
      base: this.#parts.base, shopId: this.#parts.shop, session: session.id, clientId: this.#clientId, getToken, storage: this.#parts.storage, ...parts,
    });
    const panel = { list: this.#list, frame: this.#frame, sound: this.#sound, storage: this.#parts.storage, sentHere: this.#sentHere };
    const first = this.#first;
    const conversation = new Conversation(session, makeClient, panel, {
      looks: () => this.#isOpen && document.visibilityState === 'visible',
      message: this.#parts.on.message,
      unread: this.#parts.on.unread,
      state: this.#parts.on.state,
      // Refused after it was left, as by another language: it waits for the next one of this person.
      over: (drafts) => (conversation === this.#conversation ? this.#startOver(drafts) : first.putBefore(drafts)),
    });
    this.#conversation = conversation;
    conversation.start();
  }

  #leave() {
    this.#finding?.abort();
    this.#conversation?.stop();
    this.#conversation = null;
    this.#session = null;
    this.#parts.on.unread(0);
  }

  async #startOver(drafts) {
    this.#leave();
    drafts.forEach((draft) => this.#list.dropDraft(draft));
    this.#list.note(t('widget.closed'));
    this.#first.putBefore(drafts);
    await this.#begin();
  }

  #send(content) {
    if (this.#conversation) {
      this.#conversation.send(content);
    } else {
      this.#list.addDraft(this.#first.add(content));
      this.#openConversation();
    }
  }
}

/** Without query and fragment: shops keep secrets in there. */
function whereabouts() {
  return location.protocol.startsWith('http') ? { page: (location.origin + location.pathname).slice(0, 2_000) } : {};
}
