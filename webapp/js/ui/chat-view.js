import { ChatClient } from '../chat/client.js';
import { find } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { Composer } from './composer.js';
import { showState } from './connection-state.js';
import { MessageList } from './message-list.js';

/**
 * One conversation in a page: binds a ChatClient to `#chat`, `#composer` and `#state`. Those ids,
 * `[data-seq]` on each message and `data-transport`, `data-state` on `#state` are what tests hold on to.
 */
export class ChatView {
  #client = null;
  #composer;

  #typingTimer = null;

  /** Whoever types says so every 3 s; a word that they stopped may be lost. */
  static TYPING_ENDS_MS = 7_000;

  /**
   * @param {(text: string) => boolean} takes whether the page takes what was written for itself,
   *   and it is no message
   * @param {() => boolean} silent whether nobody is to see that something is being written
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

  get composer() {
    return this.#composer;
  }

  /** The messages that are shown; null before the first conversation. */
  get list() {
    return this.#list;
  }

  /**
   * @param {object} parts for the ChatClient, and `mine(message)`; `stopped(reason)` returns whether
   *   it has found a way to go on; `typist(userId)` are the words for who is typing; `shown()` runs
   *   when messages have come, `heard(frame)` at each event
   */
  show({ mine, stopped = () => false, typist = () => t('typing'), shown = () => {}, heard = () => {}, ...parts }) {
    this.close();
    find('#chat').replaceChildren();
    this.#types('');
    this.#list = new MessageList(find('#chat'), mine);
    const list = this.#list;
    this.#client = new ChatClient({
      ...parts,
      on: {
        messages: (messages) => {
          list.add(messages);
          shown();
          this.#read();
        },
        failed: (draft, refusal) => list.failed(draft, refusal.message),
        state: (state) => showState(find('#state'), state),
        event: (frame) => {
          this.#event(list, frame, typist);
          heard(frame);
        },
        reset: () => list.clear(),
        missed: () => list.note(t('missed')),
        stopped: (reason) => {
          if (stopped(reason)) {
            return;
          }
          find('#state').dataset.state = 'stopped';
          find('#state').textContent = `${t('state.stopped')} (${reason})`;
        },
      },
    });
    this.#client.unsent.forEach((draft) => list.addDraft(draft));
    this.#client.start();
    this.#composer.enable(true);
  }

  close() {
    this.#client?.stop();
    this.#client = null;
    this.#composer.enable(false);
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
