/** A short tone. Until the page was touched, browsers keep it silent. */
export class Sound {
  static MUTED = 'crossfade.muted';

  #storage;
  #context = null;
  #muted = false;

  /** The mute is kept in `storage`, for all tabs of a browser. */
  constructor(storage) {
    this.#storage = storage;
  }

  get muted() {
    return this.#storage ? this.#storage.getItem(Sound.MUTED) === 'true' : this.#muted;
  }

  mute(on) {
    this.#muted = on;
    this.#storage?.setItem(Sound.MUTED, String(on));
  }

  /** Call it in the handler of a touch or a key. */
  unlock() {
    this.#context ??= globalThis.AudioContext ? new AudioContext() : null;
    this.#context?.resume();
  }

  play() {
    if (this.muted || this.#context?.state !== 'running') {
      return;
    }
    const tone = this.#context.createOscillator();
    const loudness = this.#context.createGain();
    const now = this.#context.currentTime;
    tone.frequency.value = 880;
    loudness.gain.setValueAtTime(0.15, now);
    loudness.gain.exponentialRampToValueAtTime(0.001, now + 0.25);
    tone.connect(loudness).connect(this.#context.destination);
    tone.start(now);
    tone.stop(now + 0.25);
  }
}

/** Which tab was touched last. */
const TAB = 'crossfade.sound';

/** A sound of one tab only: the tab that was touched last, else the tab that leads. */
export class OneSound extends Sound {
  #storage;
  #tab = `w-${Math.random().toString(36).slice(2)}`;

  constructor(storage) {
    super(storage);
    this.#storage = storage;
    for (const event of ['pointerdown', 'keydown']) {
      document.addEventListener(event, () => this.#touched(), { capture: true, passive: true });
    }
  }

  playIfHere(leads) {
    const tab = this.#storage?.getItem(TAB);
    if (tab === this.#tab || (!tab && leads)) {
      this.play();
    }
  }

  #touched() {
    this.unlock();
    if (this.#storage && this.#storage.getItem(TAB) !== this.#tab) {
      this.#storage.setItem(TAB, this.#tab);
      globalThis.addEventListener('pagehide', () => {
        if (this.#storage.getItem(TAB) === this.#tab) {
          this.#storage.removeItem(TAB);
        }
      }, { once: true });
    }
  }
}
