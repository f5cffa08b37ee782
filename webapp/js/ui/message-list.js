import { element } from '../lib/dom.js';
import { shortTime, t } from '../lib/i18n.js';

/** Changes a list; if its end was in view, it stays in view. */
export function keepEnd(list, change) {
  const { scrollTop, clientHeight, scrollHeight } = list;
  const atEnd = scrollHeight - scrollTop - clientHeight < 60;
  change();
  if (atEnd) {
    list.scrollTop = list.scrollHeight;
  }
}

/** The messages of one conversation, each once; drafts follow at the end. */
export class MessageList {
  static MAX = 500;

  #list;
  #mine;
  #shown = new Map();
  #drafts = new Map();
  #retry;
  #last = null;

  /**
   * @param {HTMLElement} list of role `log`, which must not hold list items
   * @param {((draft: object) => void)|null} retry offered with a refused draft
   */
  constructor(list, mine, retry = null) {
    this.#list = list;
    this.#mine = mine;
    this.#retry = retry;
  }

  add(messages) {
    keepEnd(this.#list, () => messages.forEach((message) => this.#add(message)));
  }

  #add(message) {
    this.dropDraft(message);
    if (!this.#shown.has(message.seq)) {
      const item = this.#message(message);
      this.#shown.set(message.seq, item);
      this.#list.insertBefore(item, this.#after(this.#last, message.created_at));
      this.#last = item;
    }
    if (this.#shown.size > MessageList.MAX) {
      const [seq, oldest] = this.#shown.entries().next().value;
      oldest.remove();
      this.#shown.delete(seq);
    }
  }

  /** Twice is harmless. */
  addDraft(draft) {
    if (this.#drafts.has(draft.client_msg_id)) {
      return;
    }
    const item = element('div', { className: 'message mine pending' }, element('p', { text: draft.content }));
    item.append(element('small', { text: t('sending') }));
    this.#drafts.set(draft.client_msg_id, item);
    this.#list.append(item);
    this.#showEnd();
  }

  dropDraft(draft) {
    this.#drafts.get(draft.client_msg_id)?.remove();
    this.#drafts.delete(draft.client_msg_id);
  }

  failed(draft, reason) {
    const item = this.#drafts.get(draft.client_msg_id);
    if (item) {
      item.classList.replace('pending', 'failed');
      item.lastChild.textContent = `${t('failed')}: ${reason}`;
      if (this.#retry) {
        const again = element('button', { type: 'button', className: 'again', text: t('retry') });
        again.addEventListener('click', () => {
          this.dropDraft(draft);
          this.#retry(draft);
        });
        item.append(again);
      }
      this.#showEnd();
    }
  }

  /** Another member has got as far as `seq`. */
  marked(seq, status) {
    for (const [at, item] of this.#shown) {
      const state = item.querySelector('[data-status]');
      if (state && at <= seq && state.dataset.status !== 'read') {
        state.dataset.status = status;
        state.textContent = t(status);
      }
    }
  }

  note(text) {
    this.#list.append(element('div', { className: 'note', text }));
  }

  clear() {
    this.#shown.forEach((item) => item.remove());
    this.#shown.clear();
    this.#last = null;
  }

  /** The next message belongs after the last one and after older insertions. */
  #after(last, at) {
    const draft = this.#firstDraft();
    let next = last ? last.nextSibling : this.#list.firstChild;
    while (next !== draft && next !== null && !(next.dataset.at > at)) {
      next = next.nextSibling;
    }
    return next;
  }

  #message(message) {
    const mine = this.#mine(message);
    const item = element('div', {
      className: mine ? 'message mine' : 'message theirs',
      dataset: { seq: message.seq, at: message.created_at, role: message.sender_role },
    });
    if (!mine) {
      item.append(element('b', { text: message.sender_name ?? t(message.sender_role), dir: 'auto' }));
    }
    item.append(element('p', { text: message.content, dir: 'auto' }));
    const foot = element('small', { text: shortTime(message.created_at) });
    if (mine) {
      foot.append(' ', element('span', { text: t(message.status), dataset: { status: message.status } }));
    }
    item.append(foot);
    return item;
  }

  #firstDraft() {
    return this.#drafts.values().next().value ?? null;
  }

  #showEnd() {
    this.#list.scrollTop = this.#list.scrollHeight;
  }
}
