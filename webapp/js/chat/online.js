/** Presence is told over sockets only and at most once, so it is asked for, too. */
const LOOK_WHO_IS_ONLINE_MS = 30_000;

/** How many people of the shop are online. The server tells only staff; a visitor has no count. */
export class Online {
  #http;
  #timers;
  #signal;
  #tell;
  #people = new Set();
  /** How many more there are than names are known; may be negative. */
  #unnamed = 0;
  #timer = null;

  constructor(http, timers, signal, tell) {
    this.#http = http;
    this.#timers = timers;
    this.#signal = signal;
    this.#tell = tell;
    signal.addEventListener('abort', () => timers.clearTimeout(this.#timer));
  }

  async look() {
    try {
      if (!isStaff(await this.#http.token())) {
        return;
      }
      const { body } = await this.#http.call('api/presence');
      this.#people = new Set(body.online.map((person) => person.user_id));
      this.#unnamed = 0;
      this.#count();
    } catch {
      // It is a hint for people; the next look corrects it.
    }
    if (!this.#signal.aborted) {
      this.#timers.clearTimeout(this.#timer);
      this.#timer = this.#timers.setTimeout(() => this.look(), LOOK_WHO_IS_ONLINE_MS);
    }
  }

  heard({ type, user_id: userId, status, online }) {
    if (type === 'presence_count') {
      // So many came or went at once that they are not named; the next look names them.
      this.#unnamed = online - this.#people.size;
      this.#count();
    } else if (type === 'presence') {
      this.#people[status === 'online' ? 'add' : 'delete'](userId);
      this.#count();
    }
  }

  #count() {
    this.#say(this.#people.size + this.#unnamed);
  }

  #say(count) {
    if (!this.#signal.aborted) {
      this.#tell(count);
    }
  }
}

/** A token is a JWT; one that cannot be read counts as a visitor's. */
function isStaff(token) {
  try {
    const claims = JSON.parse(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')));
    return claims.role !== 'visitor';
  } catch {
    return false;
  }
}
