import { element } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { shortTime } from '../lib/time.js';

/** The messages of one conversation, each once; drafts on their way stand below them. */
export class MessageList {
  /** Older ones leave the page, not the conversation. */
  static MAX = 500;

  #list;
  /** A log whose role is not a list's must not hold list items. */
  #mine;
  #shown = new Map();
  #drafts = new Map();
  #retry;
  #last = null;

  /**
   * @param {(message: object) => boolean} mine
   * @param {((draft: object) => void)|null} retry offered with a draft that was refused
   */
  constructor(list, mine, retry = null) {
    this.#list = list;
    this.#mine = mine;
    this.#retry = retry;
  }

  add(messages) {
    const atEnd = this.#atEnd();
    for (const message of messages) {
      this.#drafts.get(message.client_msg_id)?.remove();
      this.#drafts.delete(message.client_msg_id);
      if (!this.#shown.has(message.seq)) {
        const item = this.#message(message);
        this.#shown.set(message.seq, item);
        this.#list.insertBefore(item, this.#after(this.#last, message.created_at));
        this.#last = item;
      }
    }
    while (this.#shown.size > MessageList.MAX) {
      const [seq, item] = this.#shown.entries().next().value;
      item.remove();
      this.#shown.delete(seq);
    }
    this.#follow(atEnd);
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
    this.#follow(true);
  }

  /** It goes another way. */
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
      this.#follow(true);
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

  /** Puts something that is no message between the messages, by its time. */
  addBeside(item, at) {
    const atEnd = this.#atEnd();
    item.dataset.at = at;
    const before = [...this.#list.querySelectorAll(':scope > [data-at]')].reverse()
      .find((other) => other.dataset.at <= at);
    this.#list.insertBefore(item, before ? before.nextSibling : this.#list.firstChild);
    this.#follow(atEnd);
  }

  /** Brings a message to the middle and marks it; false where it is not shown. */
  lookAt(seq) {
    const item = this.#shown.get(seq);
    this.#list.querySelector('.looked-for')?.classList.remove('looked-for');
    item?.classList.add('looked-for');
    item?.scrollIntoView({ block: 'center' });
    return item !== undefined;
  }

  /** A line that nobody wrote. */
  note(text) {
    this.#list.append(element('div', { className: 'note', text }));
  }

  clear() {
    this.#shown.forEach((item) => item.remove());
    this.#shown.clear();
    this.#last = null;
  }

  /** Where the next message belongs: below the last one and what stands beside it from before. */
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

  #atEnd() {
    const { scrollTop, clientHeight, scrollHeight } = this.#list;
    return scrollHeight - scrollTop - clientHeight < 60;
  }

  #follow(wasAtEnd) {
    if (wasAtEnd) {
      this.#list.scrollTop = this.#list.scrollHeight;
    }
  }
}
