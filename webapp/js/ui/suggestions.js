import { element } from '../lib/dom.js';

/** A slash at the start of a word, and what follows it up to the caret; not in an address or a fraction. */
const WORD = /(?<![A-Za-z0-9/:.])\/([\p{L}\p{M}\p{N}_-]*)$/u;

const MAX_SHOWN = 50;

/** The replies that fit the word before the caret, best first; null if it does not begin with a slash. */
export function suggest(replies, before) {
  const typed = WORD.exec(before)?.[1].toLowerCase();
  if (typed === undefined) {
    return null;
  }
  const starts = (reply) => reply.shortcut.toLowerCase().startsWith(typed);
  const holds = (reply) => reply.shortcut.toLowerCase().includes(typed) || reply.text.toLowerCase().includes(typed);
  const fit = [...replies.filter(starts), ...replies.filter((reply) => !starts(reply) && holds(reply))];
  return { length: typed.length + 1, fit: fit.slice(0, MAX_SHOWN) };
}

/**
 * Canned replies anywhere in a text: `/` opens a list above the box, the arrow keys move in it, Enter
 * and Tab insert a reply at the caret, Escape closes it. The focus stays in the box.
 */
export class Suggestions {
  /** [{shortcut, text}] */
  replies = [];

  #box;
  #list;
  #fit = [];
  #length = 0;
  #chosen = 0;

  constructor(box, list) {
    this.#box = box;
    this.#list = list;
    box.setAttribute('aria-autocomplete', 'list');
    box.setAttribute('aria-controls', list.id);
    box.addEventListener('input', () => this.#look());
    box.addEventListener('click', () => this.#look());
    box.addEventListener('blur', () => this.close());
    // Before the composer's handler: while the list is open, Enter selects a reply and does not send.
    box.addEventListener('keydown', (event) => this.#key(event), { capture: true });
  }

  close() {
    this.#fit = [];
    this.#show();
  }

  #look() {
    const { selectionStart, selectionEnd, value } = this.#box;
    const found = selectionStart === selectionEnd ? suggest(this.replies, value.slice(0, selectionStart)) : null;
    this.#fit = found?.fit ?? [];
    this.#length = found?.length ?? 0;
    this.#chosen = 0;
    this.#show();
  }

  #key(event) {
    if (this.#fit.length === 0 || event.isComposing) {
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      this.#chosen = (this.#chosen + step + this.#fit.length) % this.#fit.length;
      this.#show();
    } else if (event.key === 'Enter' && !event.shiftKey || event.key === 'Tab' && !event.shiftKey) {
      this.#put(this.#fit[this.#chosen]);
    } else if (event.key === 'Escape') {
      this.close();
    } else {
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  #put(reply) {
    const end = this.#box.selectionStart;
    this.#box.setRangeText(reply.text, end - this.#length, end, 'end');
    this.close();
    this.#box.dispatchEvent(new Event('input', { bubbles: true }));
    this.#box.focus();
  }

  #show() {
    const open = this.#fit.length > 0;
    this.#list.hidden = !open;
    this.#list.replaceChildren(...this.#fit.map((reply, i) => this.#option(reply, i)));
    if (open) {
      // A combobox only while there is something to select.
      this.#box.setAttribute('role', 'combobox');
      this.#box.setAttribute('aria-expanded', 'true');
      this.#box.setAttribute('aria-activedescendant', `${this.#list.id}-${this.#chosen}`);
      this.#list.children[this.#chosen].scrollIntoView({ block: 'nearest' });
    } else {
      for (const name of ['role', 'aria-expanded', 'aria-activedescendant']) {
        this.#box.removeAttribute(name);
      }
    }
  }

  #option(reply, i) {
    const option = element(
      'li',
      { role: 'option', id: `${this.#list.id}-${i}`, 'aria-selected': String(i === this.#chosen) },
      element('b', { text: `/${reply.shortcut}`, dir: 'auto' }),
      element('span', { text: reply.text, dir: 'auto' }),
    );
    // A click would come too late: the box would have lost its focus, and the list would be closed.
    option.addEventListener('pointerdown', (event) => {
      event.preventDefault();
      this.#put(reply);
    });
    return option;
  }
}
