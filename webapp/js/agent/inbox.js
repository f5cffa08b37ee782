import { SessionWatch } from '../chat/session-watch.js';
import { element, find } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { ConversationList, nameOf } from '../ui/conversation-list.js';
import { http, isMe, me, say, signIn } from './server.js';

/** The server lists no more. */
const MAX_LISTED = 300;

/** Which of the open conversations a view shows; the closed ones have a list of their own. */
const VIEWS = {
  mine: (session) => isMe(session.agent_id),
  unassigned: (session) => session.agent_id === null,
  all: () => true,
  closed: null,
};

/** An agent is called for their own conversations and for those of nobody. */
const concerns = (session) => isMe(session.agent_id) || session.agent_id === null;

const instance = `list-${crypto.getRandomValues(new Uint32Array(2)).join('-')}`;

/** The lists of conversations, always up to date; one of them is shown. */
export class Inbox {
  #bell;
  #on;
  #list;
  #watch;
  #closedWatch = null;
  #view = 'all';
  #opened = [];
  #closed = [];
  /** Highest seq by conversation in the last list; null before the first list. */
  #heads = null;
  #isLost = false;

  /**
   * @param {object} on `chosen(session)`, `changed(opened)`; `isCurrent(session)` tells whether it is
   *   the conversation that is open
   */
  constructor(bell, on) {
    this.#bell = bell;
    this.#on = on;
    this.#list = new ConversationList(find('#conversations'), on.chosen);
    find('#views').append(...Object.keys(VIEWS).map((name) => {
      const button = element('button', { type: 'button', dataset: { view: name } }, t(`console.view.${name}`), ' ', element('b'));
      button.addEventListener('click', () => this.show(name));
      return button;
    }));
    for (const what of ['focus', 'blur']) {
      globalThis.addEventListener(what, () => this.render());
    }
  }

  start() {
    this.#watch = this.#watching('open', (sessions) => {
      this.#opened = sessions;
      this.#ring(sessions);
      this.render();
      this.#on.changed(sessions);
    });
    globalThis.addEventListener('online', () => this.#watch.online());
  }

  show(name) {
    this.#view = name;
    this.#closedWatch?.stop();
    this.#closedWatch = name === 'closed' ? this.#watching('closed', (sessions) => {
      this.#closed = sessions;
      this.render();
    }) : null;
    this.render();
  }

  /** Moves to the next conversation (1) or the one before (-1). */
  step(direction) {
    this.#list.step(direction);
  }

  /** @param {number|null} id of the conversation that is open now */
  select(id) {
    this.#list.select(id);
    this.render();
  }

  render() {
    const all = this.#view === 'closed' ? this.#closed : this.#opened;
    const shown = this.#view === 'closed' ? all : all.filter(VIEWS[this.#view]);
    this.#list.show(shown);
    find('#empty').hidden = shown.length > 0;
    find('#cut').hidden = all.length < MAX_LISTED;
    for (const button of document.querySelectorAll('[data-view]')) {
      const belongs = VIEWS[button.dataset.view];
      button.setAttribute('aria-pressed', String(button.dataset.view === this.#view));
      button.querySelector('b').textContent = belongs && me !== null ? this.#opened.filter(belongs).length : '';
    }
    const waiting = this.#opened.filter((session) => concerns(session) && !this.#isWatched(session));
    this.#bell.count(waiting.reduce((sum, session) => sum + session.unread, 0));
  }

  #watching(status, listed) {
    return new SessionWatch({
      http, status, instance: `${instance}-${status}`,
      on: {
        list: async (sessions) => {
          await signIn();
          if (this.#isLost) {
            this.#isLost = false;
            say('');
          }
          listed(sessions);
        },
        lost: () => {
          this.#isLost = true;
          say(t('state.reconnecting'));
        },
        refused: (refusal) => say(refusal.message, { signedOut: refusal.status === 401 }),
      },
    }).start();
  }

  /** For what visitors wrote since the last list. */
  #ring(sessions) {
    for (const session of sessions) {
      if (this.#isNews(session) && concerns(session) && !this.#isWatched(session)) {
        const { session_id: id, head, last_message: last } = session;
        this.#bell.ring({ id, head, name: nameOf(session), text: last.content, open: () => this.#on.chosen(session) });
      }
    }
    this.#heads = new Map(sessions.map(({ session_id: id, head }) => [id, head]));
  }

  #isNews(session) {
    const { session_id: id, head, unread, last_message: last } = session;
    // What is shown is marked as read at once, even in a window that nobody looks at.
    const unseen = unread > 0 || this.#on.isCurrent(session);
    return this.#heads !== null && head > (this.#heads.get(id) ?? 0) && unseen && last?.sender_role === 'visitor';
  }

  #isWatched(session) {
    return this.#on.isCurrent(session) && document.hasFocus();
  }
}
