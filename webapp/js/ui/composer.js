/** The box to write in. Enter sends, Shift+Enter is a new line; an input method keeps its Enter. */
export class Composer {
  #form;
  #text;

  static TYPING_EVERY_MS = 3_000;

  #typedAt = -Infinity;

  /** If `send(text)` throws, the text stays in the box. */
  constructor(form, { send, typing }) {
    this.#form = form;
    this.#text = form.querySelector('textarea');
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const text = this.#text.value;
      if (text.trim() !== '') {
        send(text);
        this.#text.value = '';
        this.#text.focus();
        this.#typedAt = -Infinity;
        typing(false);
      }
    });
    this.#text.addEventListener('input', () => {
      const now = performance.now();
      if (now - this.#typedAt > Composer.TYPING_EVERY_MS) {
        this.#typedAt = now;
        typing(true);
      }
    });
    this.#text.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        form.requestSubmit();
      }
    });
  }

  get text() {
    return this.#text.value;
  }

  set text(text) {
    this.#text.value = text;
  }

  focus() {
    this.#text.focus();
  }

  enable(on) {
    this.#form.querySelectorAll('textarea, button').forEach((part) => { part.disabled = !on; });
  }
}
