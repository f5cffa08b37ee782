/** A short tone. Browsers let a page sound only after it was touched; before, it stays silent. */
export class Sound {
  static MUTED = 'crossfade.muted';

  #storage;
  #context = null;
  #muted = false;

  /** @param {Storage|null} storage where the mute is kept, for all tabs of a browser */
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

  /** In the handler of a touch or a key. */
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
