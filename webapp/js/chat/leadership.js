/**
 * The tab that holds the Web Lock leads. A tab that is looked at and hears nothing of its leader takes
 * the lock away: systems freeze pages in the background together with the locks they hold.
 */
export class Leadership {
  /** A leader that has not answered by then is taken for frozen. */
  static SILENT_MS = 3_000;

  static ASK_EVERY_MS = 15_000;

  #name;
  #locks;
  #timers;
  #visible;
  #on;
  #leads = false;
  #release = null;
  #abort = null;
  #deadline = null;
  #asking = null;
  #steal = false;
  #stopped = false;

  /** Without `locks` every tab leads. `on.ask()` is to ask the leader for a sign of life. */
  constructor({ name, locks, timers, visible, on }) {
    this.#name = name;
    this.#locks = locks;
    this.#timers = timers;
    this.#visible = visible;
    this.#on = on;
  }

  start() {
    if (this.#locks === null) {
      this.#lead();
      return;
    }
    this.#campaign();
    this.#askLater();
  }

  stop() {
    this.#stopped = true;
    this.#timers.clearTimeout(this.#deadline);
    this.#timers.clearTimeout(this.#asking);
    this.#resign();
    this.#abort?.abort();
  }

  ask() {
    if (this.#leads || this.#stopped) {
      return;
    }
    this.#on.ask();
    this.#timers.clearTimeout(this.#deadline);
    this.#deadline = this.#timers.setTimeout(() => {
      if (!this.#leads && !this.#stopped && this.#visible()) {
        this.#steal = true;
        this.#abort.abort();
      }
    }, Leadership.SILENT_MS);
  }

  /** The leader lives. */
  heard() {
    this.#timers.clearTimeout(this.#deadline);
  }

  async #campaign() {
    while (!this.#stopped) {
      this.#abort = new AbortController();
      const wanted = this.#steal ? { steal: true } : { signal: this.#abort.signal };
      this.#steal = false;
      try {
        await this.#locks.request(this.#name, wanted, () => this.#lead());
      } catch (refusal) {
        // AbortError: given up to steal it, or stolen by another tab. Anything else: no locks here.
        if (refusal.name !== 'AbortError') {
          this.#lead();
          return;
        }
      }
      this.#resign();
      if (!this.#steal) {
        this.ask();
      }
    }
  }

  /** @returns {Promise<void>} pending as long as this tab leads */
  #lead() {
    if (this.#stopped) {
      return Promise.resolve();
    }
    this.#timers.clearTimeout(this.#deadline);
    this.#leads = true;
    this.#on.lead();
    return new Promise((release) => { this.#release = release; });
  }

  #resign() {
    this.#leads = false;
    this.#on.resign();
    this.#release?.();
    this.#release = null;
  }

  #askLater() {
    this.#asking = this.#timers.setTimeout(() => {
      if (this.#visible()) {
        this.ask();
      }
      this.#askLater();
    }, Leadership.ASK_EVERY_MS);
  }
}
