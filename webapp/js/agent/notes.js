import { element, find } from '../lib/dom.js';
import { shortTime, t } from '../lib/i18n.js';
import { insertByTime } from '../ui/insertions.js';
import { http, quietly, tried } from './server.js';

/**
 * Private notes of the conversation that is open, and whether the composer writes one. There is no
 * event for notes: the list of conversations counts them, and `read` is called if the count differs.
 */
export class Notes {
  #isClosed;
  #session = null;
  #shown = new Set();

  /** @param {() => boolean} isClosed a closed conversation takes notes only */
  constructor(isClosed) {
    this.#isClosed = isClosed;
    find('#note').addEventListener('click', () => this.write(!this.writing));
  }

  get count() {
    return this.#shown.size;
  }

  get writing() {
    return find('#note').getAttribute('aria-pressed') === 'true';
  }

  /** Switches the composer between notes and messages. */
  write(on) {
    find('#note').setAttribute('aria-pressed', String(on));
    find('#composer').dataset.note = on;
    const words = t(this.#isClosed() ? 'console.note.closed' : on ? 'console.note.write' : 'write');
    find('#composer textarea').setAttribute('aria-label', words);
    find('#composer textarea').placeholder = words;
    find('#composer [type=submit]').textContent = t(on ? 'console.note.save' : 'send');
  }

  /** @param {number|null} session */
  show(session) {
    this.#session = session;
    this.#shown.clear();
    if (session !== null) {
      this.read();
    }
  }

  async read() {
    const answer = await quietly(http.call(`api/sessions/${this.#session}/notes`));
    answer?.body.notes.forEach((note) => this.#add(note));
  }

  /** @returns {Promise<boolean>} whether it was stored */
  async save(text) {
    const answer = await tried(http.call(`api/sessions/${this.#session}/notes`, { body: { text } }));
    if (answer) {
      this.#add(answer.body);
    }
    return answer !== null;
  }

  #add(note) {
    if (note.session_id === this.#session && !this.#shown.has(note.id)) {
      this.#shown.add(note.id);
      const item = element(
        'div',
        { className: 'message private', dataset: { note: note.id } },
        element('b', { text: t('console.note.by', { who: note.author }), dir: 'auto' }),
        element('p', { text: note.text, dir: 'auto' }),
        element('small', { text: shortTime(note.created_at) }),
      );
      insertByTime(find('#chat'), item, note.created_at);
    }
  }
}
