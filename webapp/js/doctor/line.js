/** Longer than a slow network takes to answer. */
export const ANSWER_WITHIN_MS = 10_000;
const ECHO_WITHIN_MS = 5_000;

/** One socket to the echo endpoint. Each wait has an upper bound, and none rejects. */
export class Line {
  code = 0;

  /** 'open', 'refused' or 'timeout' */
  opened;
  #socket;
  #timers;
  #closed;
  #heard = () => {};

  constructor(open, timers, ended) {
    this.#timers = timers;
    try {
      this.#socket = open();
    } catch {
      this.opened = Promise.resolve('refused');
      return;
    }
    const socket = this.#socket;
    ended.addEventListener('abort', () => socket.close(), { once: true });
    this.#closed = new Promise((resolve) => {
      socket.addEventListener('close', (event) => {
        this.code = event.code;
        resolve('closed');
      });
    });
    socket.addEventListener('message', (event) => this.#heard(event.data));
    const isOpen = new Promise((resolve) => {
      socket.addEventListener('open', () => resolve('open'));
    });
    this.opened = this.#within(ANSWER_WITHIN_MS, 'timeout', isOpen, this.#closed.then(() => 'refused'));
  }

  /** 'echoed', 'closed' or 'deaf' */
  echo(text) {
    const echoed = new Promise((resolve) => {
      this.#heard = (heard) => heard === text && resolve('echoed');
    });
    this.#socket.send(text);
    return this.#within(ECHO_WITHIN_MS, 'deaf', echoed, this.#closed);
  }

  /** 'quiet' or 'closed' */
  quiet(ms) {
    return this.#within(ms, 'quiet', this.#closed);
  }

  close() {
    this.#socket?.close();
  }

  #within(ms, otherwise, ...promises) {
    const { setTimeout, clearTimeout } = this.#timers;
    let timer;
    const over = new Promise((resolve) => {
      timer = setTimeout(() => resolve(otherwise), ms);
    });
    return Promise.race([...promises, over]).finally(() => clearTimeout(timer));
  }
}
