import { ChatClient } from '../chat/client.js';
import { find } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { Composer } from './composer.js';
import { showState } from './connection-state.js';
import { MessageList } from './message-list.js';

/**
 * One conversation in a page: binds a ChatClient to `#chat`, `#composer` and `#state`. Tests rely on
 * these ids, on `[data-seq]` of each message and on `data-transport` and `data-state` of `#state`.
 */
export class ChatView {
  #client = null;
  #session = null;
  #composer;

  #typingTimer = null;

  /** Typing is announced every 3 s; the announcement that it has stopped may be lost. */
  static TYPING_ENDS_MS = 7_000;

  /**
   * @param {(text: string) => boolean} takes whether the page keeps the text, so it is not a message
   * @param {() => boolean} silent whether typing is not announced
   */
  constructor({ takes = () => false, silent = () => false } = {}) {
    this.#composer = new Composer(find('#composer'), {
      send: (text) => takes(text) || this.#send(text),
      typing: (active) => silent() || this.#client?.typing(active),
    });
    this.#composer.enable(false);
    globalThis.addEventListener('online', () => this.#client?.online());
    globalThis.addEventListener('pageshow', () => this.#client?.online());
    document.addEventListener('visibilitychange', () => this.#read());
  }

  #list = null;
  /** Clients of conversations that were left with unsent drafts; each stops when they are sent. */
  #leaving = new Map();

  /** If there are more, the oldest stops; its drafts wait in storage until it is shown again. */
  static MAX_LEAVING = 10;

  get composer() {
    return this.#composer;
  }

  /** The messages that are shown; null before the first conversation. */
  get list() {
    return this.#list;
  }

  /**
   * @param {object} parts for the ChatClient, and `mine(message)`; `stopped(reason)` returns whether
   *   the page goes on by itself; `typist(userId)` returns the words for a person who is typing;
   *   `shown()` is called when messages have come, `heard(frame)` at each event, `lost(draft, refusal)`
   *   when a draft was refused after its conversation was left
   */
  show({
    mine, stopped = () => false, typist = () => t('typing'), shown = () => {}, heard = () => {}, lost = () => {},
    ...parts
  }) {
    this.close();
    this.#leaving.get(parts.session)?.stop();
    this.#leaving.delete(parts.session);
    find('#chat').replaceChildren();
    this.#types('');
    this.#list = new MessageList(find('#chat'), mine);
    const list = this.#list;
    const here = (act) => (...args) => client === this.#client && act(...args);
    const client = new ChatClient({
      ...parts,
      on: {
        messages: here((messages) => {
          list.add(messages);
          shown();
          this.#read();
        }),
        sent: () => this.#letGo(client, parts.session),
        failed: (draft, refusal) => {
          if (client === this.#client) {
            list.failed(draft, refusal.message);
          } else {
            lost(draft, refusal);
          }
          this.#letGo(client, parts.session);
        },
        state: here((state) => showState(find('#state'), state)),
        event: here((frame) => {
          this.#event(list, frame, typist);
          heard(frame);
        }),
        reset: here(() => list.clear()),
        missed: here(() => list.note(t('missed'))),
        stopped: here((reason) => {
          if (stopped(reason)) {
            return;
          }
          find('#state').dataset.state = 'stopped';
          find('#state').textContent = `${t('state.stopped')} (${reason})`;
        }),
      },
    });
    this.#client = client;
    this.#session = parts.session;
    this.#client.unsent.forEach((draft) => list.addDraft(draft));
    this.#client.start();
    this.#composer.enable(true);
  }

  /** Drafts on their way are still sent. */
  close() {
    if (this.#client?.unsent.length > 0) {
      this.#leaving.set(this.#session, this.#client);
      if (this.#leaving.size > ChatView.MAX_LEAVING) {
        const [oldest, client] = this.#leaving.entries().next().value;
        client.stop();
        this.#leaving.delete(oldest);
      }
    } else {
      this.#client?.stop();
    }
    this.#client = null;
    this.#composer.enable(false);
  }

  #letGo(client, session) {
    if (client !== this.#client && client.unsent.length === 0) {
      client.stop();
      if (this.#leaving.get(session) === client) {
        this.#leaving.delete(session);
      }
    }
  }

  #send(text) {
    this.#list.addDraft(this.#client.send(text));
  }

  #types(words) {
    clearTimeout(this.#typingTimer);
    find('#typing').textContent = words;
    this.#typingTimer = words && setTimeout(() => this.#types(''), ChatView.TYPING_ENDS_MS);
  }

  #event(list, frame, typist) {
    if (frame.type === 'message_status') {
      list.marked(frame.seq, frame.status);
    } else if (frame.type === 'typing') {
      this.#types(frame.active ? typist(frame.user_id) : '');
    }
  }

  #read() {
    if (this.#client && document.visibilityState === 'visible' && this.#client.cursor > 0) {
      this.#client.read(this.#client.cursor);
    }
  }
}
