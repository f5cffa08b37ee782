import { element, icon } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { Composer } from '../ui/composer.js';
import { showState } from '../ui/connection-state.js';

const BELL = 'M12 3a6 6 0 0 0-6 6v5l-2 3h16l-2-3V9a6 6 0 0 0-6-6zm-2 15a2 2 0 0 0 4 0z';
const CROSSED = 'M3 4.4 4.4 3 21 19.6 19.6 21z';

/**
 * What the panel looks like, drawn closed, in the language that is loaded.
 * Hooks for tests: `#panel`, `#state`, `#chat [data-seq]`, `#composer`, `#contact`, `#mute`, `#close`.
 */
export class Frame {
  state = element('p', { id: 'state', role: 'status' });
  away = element('p', { id: 'away', text: t('widget.away'), hidden: '' });
  chat = element('div', { id: 'chat', role: 'log', 'aria-label': t('messages'), tabindex: 0 });
  typing = element('p', { id: 'typing' });
  #name = element('input', { type: 'text', maxlength: 100, autocomplete: 'name' });
  #mail = element('input', { type: 'email', maxlength: 200, autocomplete: 'email' });
  contact = element('form', { id: 'contact', hidden: '' },
    element('p', { text: t('widget.leave') }),
    element('label', {}, element('span', { text: t('widget.name') }), this.#name),
    element('label', {}, element('span', { text: t('widget.mail') }), this.#mail));
  text = element('textarea', { rows: 2, maxlength: 4000, 'aria-label': t('write'), placeholder: t('write'), dir: 'auto' });
  #mute = element('button', { type: 'button', id: 'mute', className: 'icon', 'aria-label': t('widget.sound') });
  #panel;

  /** Calls `on.close()`, `on.send(text)`, which may throw, and `on.typing(active)`. */
  constructor(root, sound, on) {
    const close = element('button', { type: 'button', id: 'close', className: 'icon', text: '×', 'aria-label': t('widget.close') });
    const composer = element('form', { id: 'composer' }, this.text, element('button', { type: 'submit', text: t('send') }));
    this.#panel = element('section', { id: 'panel', role: 'dialog', 'aria-labelledby': 'title', hidden: '' },
      element('header', {}, element('h2', { id: 'title', text: t('widget.title') }), this.#mute, close),
      this.state, this.away, this.chat, this.typing, this.contact, composer);
    close.addEventListener('click', on.close);
    this.#panel.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') {
        on.close();
      }
      // The shop's own shortcuts are not for what is written here.
      event.stopPropagation();
    });
    this.#mute.addEventListener('click', () => {
      sound.mute(!sound.muted);
      this.#showMute(sound.muted);
    });
    this.contact.addEventListener('submit', (event) => event.preventDefault());
    new Composer(composer, on);
    this.#showMute(sound.muted);
    root.append(this.#panel);
  }

  get name() {
    return this.#name.value.trim();
  }

  get mail() {
    return this.#mail.value.trim();
  }

  show() {
    this.#panel.hidden = false;
    this.text.focus();
    this.chat.scrollTop = this.chat.scrollHeight;
  }

  hide() {
    this.#panel.hidden = true;
  }

  /** Another frame in its place, in the language that is loaded now, with what was being written. */
  replaceBy(frame) {
    frame.text.value = this.text.value;
    frame.#panel.hidden = this.#panel.hidden;
    this.#panel.remove();
  }

  showTrouble() {
    showState(this.state, { transport: 'polling', state: 'reconnecting', reason: null });
  }

  showStopped() {
    this.state.dataset.state = 'stopped';
    this.state.textContent = t('state.stopped');
  }

  #showMute(muted) {
    this.#mute.replaceChildren(icon(muted ? `${BELL}${CROSSED}` : BELL));
    this.#mute.setAttribute('aria-pressed', String(!muted));
  }
}
