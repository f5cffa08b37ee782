/**
 * Which tab of a browser leads: the one that holds the Web Lock. When it closes, the next takes over. A
 * tab that is looked at and hears nothing of its leader takes the lock away from it: systems freeze
 * pages in the background together with the locks they hold.
 */
export class Leadership {
  /** A leader that has not answered by then does not live. */
  static SILENT_MS = 3_000;

  /** How often a tab that is looked at asks whether its leader lives. */
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

  /**
   * @param {object} parts `locks` is null where a browser has none: then every tab leads. Calls
   *   `on.lead()`, `on.resign()`, and `on.ask()` when the leader is to be asked for a sign of life
   */
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

  /** Asks for a sign of life, unless this tab leads. */
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
        // Aborted to be asked for anew, or taken away by another tab; anything else: there are no locks here.
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
