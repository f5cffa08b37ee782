/** The box to write in. Enter sends, Shift+Enter is a new line; an input method's Enter is its own. */
export class Composer {
  #form;
  #text;

  /** @param {(text: string) => void} send may throw: then the text stays */
  constructor(form, send) {
    this.#form = form;
    this.#text = form.querySelector('textarea');
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const text = this.#text.value;
      if (text.trim() !== '') {
        send(text);
        this.#text.value = '';
        this.#text.focus();
      }
    });
    this.#text.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        form.requestSubmit();
      }
    });
  }

  enable(on) {
    this.#form.querySelectorAll('textarea, button').forEach((part) => { part.disabled = !on; });
  }
}
