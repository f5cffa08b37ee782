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

  constructor() {
    this.#composer = new Composer(find('#composer'), {
      send: (text) => this.#send(text),
      typing: (active) => this.#client?.typing(active),
    });
    this.#composer.enable(false);
    globalThis.addEventListener('online', () => this.#client?.online());
    globalThis.addEventListener('pageshow', () => this.#client?.online());
    document.addEventListener('visibilitychange', () => this.#read());
  }

  #list = null;

  /**
   * @param {object} parts for the ChatClient, and `mine(message)`; `stopped(reason)` returns whether
   *   it has found a way to go on
   */
  show({ mine, stopped = () => false, ...parts }) {
    this.close();
    find('#chat').replaceChildren();
    this.#list = new MessageList(find('#chat'), mine);
    const list = this.#list;
    this.#client = new ChatClient({
      ...parts,
      on: {
        messages: (messages) => {
          list.add(messages);
          this.#read();
        },
        failed: (draft, refusal) => list.failed(draft, refusal.message),
        state: (state) => showState(find('#state'), state),
        event: (frame) => this.#event(list, frame),
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

  #event(list, frame) {
    if (frame.type === 'message_status') {
      list.marked(frame.seq, frame.status);
    } else if (frame.type === 'typing') {
      find('#typing').textContent = frame.active ? t('typing') : '';
    }
  }

  #read() {
    if (this.#client && document.visibilityState === 'visible' && this.#client.cursor > 0) {
      this.#client.read(this.#client.cursor);
    }
  }
}
