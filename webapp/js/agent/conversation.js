import { clientId } from '../chat/identity.js';
import { element, find } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { ChatView } from '../ui/chat-view.js';
import { nameOf } from '../ui/conversation-list.js';
import { lookAt } from '../ui/insertions.js';
import { Notes } from './notes.js';
import { base, getToken, http, isMe, me, quietly, say, tried } from './server.js';
import { readVisitor, showVisitor } from './visitor.js';

/**
 * The one conversation that is open, or none. What an agent sees of it comes from the list of
 * conversations or is asked for; no frame is applied on top, so both transports show the same.
 */
export class OpenConversation {
  #on;
  #current = null;
  #lookedFor = null;
  #notes = new Notes(() => this.#current?.status === 'closed');
  #chat = new ChatView({ takes: (text) => this.#takesNote(text), silent: () => this.#notes.writing });
  /** What was written and not sent, by conversation: it must not end up in another one. */
  #drafts = new Map();

  /** @param {object} on `selected(id)` when another one is open, null for none; `left()` */
  constructor(on) {
    this.#on = on;
    find('#accept').addEventListener('click', () => this.accept());
    find('#close').addEventListener('click', () => this.closeOrReopen());
  }

  /** Null where none is open. */
  get current() {
    return this.#current;
  }

  /** @param {number|null} seq of a message to scroll to */
  open(session, seq = null) {
    this.#lookedFor = seq;
    if (session.session_id !== this.#current?.session_id) {
      this.#leave();
      this.#current = session;
      history[history.state?.chat ? 'replaceState' : 'pushState']({ chat: true }, '', `#${session.session_id}`);
      this.#showMessages(session);
      const draft = this.#drafts.get(session.session_id);
      this.#chat.composer.text = draft?.text ?? '';
      this.#notes.write(draft?.note ?? false);
      this.#notes.show(session.session_id);
      showVisitor(session.session_id);
    }
    find('main').dataset.shows = 'chat';
    this.#showHead();
    this.#on.selected(session.session_id);
    this.#look();
  }

  /** On a phone, the list alone. */
  openNone() {
    if (this.#current !== null) {
      this.#leave();
      this.#chat.close();
      this.#current = null;
    }
    find('main').dataset.shows = 'list';
    find('#chat').replaceChildren(element('p', { className: 'note', text: t('console.choose') }));
    find('#who').textContent = '';
    this.#chat.composer.text = '';
    this.#notes.write(false);
    for (const button of ['#accept', '#assign', '#close', '#note']) {
      find(button).disabled = true;
    }
    this.#on.selected(null);
  }

  /** Takes its state from the list. One that the list does not hold is asked for: it may be closed. */
  async follow(opened) {
    if (this.#current === null) {
      return;
    }
    const id = this.#current.session_id;
    const listed = opened.find((one) => one.session_id === id);
    const now = listed ?? (await quietly(http.call(`api/sessions/${id}`)))?.body;
    if (now && this.#isStill(id)) {
      this.#changed(now);
      if (listed && listed.notes !== this.#notes.count) {
        this.#notes.read();
      }
    }
  }

  accept() {
    if (!find('#accept').disabled) {
      this.assign(me);
    }
  }

  assign(agent) {
    this.#change('assign', { agent_id: agent });
  }

  closeOrReopen() {
    this.#change(this.#current?.status === 'open' ? 'close' : 'reopen');
  }

  /** Puts the caret into the composer, for a message or for a note. */
  write({ note }) {
    if (this.#current?.status === 'open' || (note && this.#current)) {
      this.#notes.write(note);
    }
    if (!note || this.#current) {
      this.#chat.composer.focus();
    }
  }

  #showMessages(session) {
    this.#chat.show({
      base, getToken, session: session.session_id, user: me, clientId: clientId(),
      mine: (message) => isMe(message.sender_id),
      typist: (user) => (user === this.#current?.visitor_id ? t('typing') : t('console.typing', { who: user })),
      shown: () => this.#look(),
      lost: (draft, refusal) => this.#notSent(session, draft, refusal),
      heard: (frame) => frame.type === 'presence' && frame.user_id === this.#current?.visitor_id && readVisitor(),
    });
  }

  #showHead() {
    const { status, agent_id: agent } = this.#current;
    const isOpen = status === 'open';
    find('#who').textContent = nameOf(this.#current);
    find('#who').title = nameOf(this.#current);
    find('#accept').disabled = !isOpen || isMe(agent);
    find('#accept').textContent = t(agent === null || isMe(agent) ? 'console.accept' : 'console.take_over');
    find('#assign').disabled = !isOpen;
    find('#assign').textContent = agent === null ? t('console.assign') : `→ ${agent}`;
    find('#close').disabled = false;
    find('#close').textContent = t(isOpen ? 'agent.close' : 'console.reopen');
    find('#note').disabled = !isOpen;
    if (!isOpen) {
      this.#notes.write(true);
    }
  }

  async #change(what, body = {}) {
    const id = this.#current?.session_id;
    if (id !== undefined) {
      const answer = await tried(http.call(`api/sessions/${id}/${what}`, { body }));
      if (answer && this.#isStill(id)) {
        this.#changed(answer.body);
      }
    }
  }

  #changed(session) {
    this.#current = { ...this.#current, ...session };
    this.#showHead();
  }

  #isStill(id) {
    return this.#current?.session_id === id;
  }

  /** Once the message that was searched for is there. */
  #look() {
    if (this.#lookedFor !== null && lookAt(find('#chat'), this.#lookedFor)) {
      this.#lookedFor = null;
    }
  }

  // ---- what was written

  #takesNote(text) {
    if (this.#notes.writing) {
      this.#saveNote(this.#current.session_id, text);
    }
    return this.#notes.writing;
  }

  async #saveNote(id, text) {
    if (await this.#notes.save(text)) {
      return;
    }
    if (this.#isStill(id)) {
      this.#chat.composer.text = [text, this.#chat.composer.text].filter(Boolean).join('\n');
      this.#notes.write(true);
    } else {
      this.#drafts.set(id, { text, note: true });
    }
  }

  /** It was refused after the agent had gone on: it waits in its conversation. */
  #notSent(session, draft, refusal) {
    this.#drafts.set(session.session_id, { text: draft.content, note: false });
    say(`${nameOf(session)}: ${t('failed')}: ${refusal.message}`);
  }

  /** What was written stays for when the agent comes back. */
  #leave() {
    const { text } = this.#chat.composer;
    if (this.#current !== null && text !== '') {
      this.#drafts.set(this.#current.session_id, { text, note: this.#notes.writing });
    } else {
      this.#drafts.delete(this.#current?.session_id);
    }
    this.#notes.show(null);
    showVisitor(null);
    this.#on.left();
  }
}
