import { element } from '../lib/dom.js';
import { shortTime, t } from '../lib/i18n.js';

/**
 * The list of conversations. A change keeps the lines that remain, so that a busy list does not lose
 * the focus and the scroll position.
 */
export class ConversationList {
  #list;
  #select;
  #lines = new Map();
  #selected = null;
  /** The last index of the selected line, which may have left the list. */
  #at = 0;

  /** @param {(session: object) => void} select called when a line is chosen */
  constructor(list, select) {
    this.#list = list;
    this.#select = select;
  }

  /** @param {object[]} sessions in the order of the list */
  show(sessions) {
    const focused = document.activeElement;
    const kept = new Map();
    for (const session of sessions) {
      kept.set(session.session_id, this.#lines.get(session.session_id) ?? this.#line());
    }
    for (const [id, line] of this.#lines) {
      if (!kept.has(id)) {
        line.item.remove();
      }
    }
    this.#lines = kept;
    let next = this.#list.firstChild;
    for (const session of sessions) {
      const line = kept.get(session.session_id);
      this.#fill(line, session);
      if (line.item === next) {
        next = next.nextSibling;
      } else {
        this.#list.insertBefore(line.item, next);
      }
    }
    if (focused !== document.activeElement && this.#list.contains(focused)) {
      focused.focus({ preventScroll: true });
    }
    this.#remember();
  }

  select(id) {
    this.#selected = id;
    for (const [own, { button }] of this.#lines) {
      mark(button, own === id);
    }
    this.#lines.get(id)?.button.scrollIntoView({ block: 'nearest' });
    this.#remember();
  }

  /** Selects the next line (1) or the previous one (-1). */
  step(direction) {
    const ids = [...this.#lines.keys()];
    const now = ids.indexOf(this.#selected);
    // If the selected line has left the list, its index is the next line's now.
    const from = now >= 0 ? now + direction : direction > 0 ? this.#at : this.#at - 1;
    const to = this.#selected === null ? 0 : Math.max(0, Math.min(ids.length - 1, from));
    const line = this.#lines.get(ids[to]);
    if (line && ids[to] !== this.#selected) {
      this.#select(line.session);
    }
  }

  #remember() {
    const at = [...this.#lines.keys()].indexOf(this.#selected);
    this.#at = at >= 0 ? at : this.#at;
  }

  #line() {
    const name = element('b', { dir: 'auto' });
    const time = element('small');
    const text = element('span', { dir: 'auto' });
    const unread = element('em');
    const agent = element('i', { dir: 'auto' });
    const button = element('button', { type: 'button' }, name, time, text, unread, agent);
    const line = { item: element('li', {}, button), button, name, time, text, unread, agent, session: null };
    button.addEventListener('click', () => this.#select(line.session));
    return line;
  }

  #fill(line, session) {
    line.session = session;
    line.button.dataset.sessionId = session.session_id;
    mark(line.button, session.session_id === this.#selected);
    line.name.textContent = nameOf(session);
    line.time.textContent = shortTime(session.updated_at);
    line.text.textContent = session.last_message?.content.slice(0, 200) ?? '';
    line.agent.textContent = session.agent_id === null ? '' : `→ ${session.agent_id}`;
    const unread = session.unread > 0 && session.session_id !== this.#selected;
    line.unread.hidden = !unread;
    line.unread.textContent = unread ? session.unread : '';
    line.unread.title = t('console.unread');
  }
}

function mark(button, current) {
  if (current) {
    button.setAttribute('aria-current', 'true');
  } else {
    button.removeAttribute('aria-current');
  }
}

/** The visitor's name. */
export function nameOf(session) {
  return session.visitor_name ?? `${t('visitor')} ${session.session_id}`;
}
