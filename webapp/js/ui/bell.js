import { t } from '../lib/i18n.js';
import { Sound } from './sound.js';

/** Within this time no other tab of this browser rings for the same message. */
const ONE_TAB_MS = 3_000;

/**
 * Calls an agent: a count in the title, a short sound, and a notification if the agent has allowed
 * them. This browser remembers whether the sound is muted.
 */
export class Bell {
  #title = document.title;
  #mute;
  #allow;
  #sound;

  /**
   * @param {HTMLButtonElement} mute switches the sound
   * @param {HTMLButtonElement} allow asks for permission; shown only while that is undecided
   */
  constructor(mute, allow, storage = localStorage) {
    this.#mute = mute;
    this.#allow = allow;
    this.#sound = new Sound(storage);
    mute.addEventListener('click', () => this.#setMuted(!this.#sound.muted));
    this.#setMuted(this.#sound.muted);
    allow.addEventListener('click', async () => {
      await Notification.requestPermission();
      this.#showAllow();
    });
    this.#showAllow();
    // Browsers allow sound only after the user has touched the page.
    for (const touch of ['pointerdown', 'keydown']) {
      document.addEventListener(touch, () => this.#sound.unlock(), { passive: true });
    }
  }

  count(unread) {
    document.title = unread > 0 ? `(${unread}) ${this.#title}` : this.#title;
  }

  /** @param {{id: number, head: number, name: string, text: string, open: () => void}} message */
  async ring({ id, head, name, text, open }) {
    if (!(await this.#firstTab(`crossfade.bell.${id}.${head}`))) {
      return;
    }
    this.#sound.play();
    if (globalThis.Notification?.permission === 'granted') {
      const shown = new Notification(name, { body: text.slice(0, 200), tag: `crossfade-${id}` });
      shown.onclick = () => {
        globalThis.focus();
        shown.close();
        open();
      };
    }
  }

  /** Of several tabs only the first one rings; without locks (plain HTTP) each does. */
  #firstTab(name) {
    if (!navigator.locks) {
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      navigator.locks.request(name, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock && new Promise((done) => { setTimeout(done, ONE_TAB_MS); });
      });
    });
  }

  #setMuted(muted) {
    this.#sound.mute(muted);
    this.#mute.setAttribute('aria-pressed', String(muted));
    this.#mute.title = t(muted ? 'console.muted' : 'console.sounds');
  }

  #showAllow() {
    this.#allow.hidden = globalThis.Notification?.permission !== 'default';
  }
}
