import { ANSWER_WITHIN_MS, Line } from './line.js';
import { CHECKS, MAX_HEADER_CHARS } from './rules.js';

const ROUNDS = 3;

/** About the size of a batch of messages; some paths hold up large frames and pass small ones. */
const LARGE_CHARS = 20_000;

export const OPTIONS = { holdSeconds: 25, silenceSeconds: 70 };

/**
 * One run of all checks from this browser. Time, network and sockets are handed in; there is no DOM.
 * `facts` fills up as checks end, `pending` holds those that have not; `told()` is called at each change.
 */
export class Checkup {
  facts;
  pending = new Map(CHECKS.map((id) => [id, 'waiting']));
  #world;
  #options;
  #told;
  #ended = new AbortController();
  #leftOut = new AbortController();

  /**
   * @param world {base, page, browser, fetch, WebSocket, setTimeout, clearTimeout, now (ms, only forward), date (ms),
   *   random (32 hex digits), hop (url → the protocol a browser used for it, or '')}
   */
  constructor(world, options, told) {
    this.#world = world;
    this.#options = { ...OPTIONS, ...options };
    this.#told = told;
    this.facts = { at: Math.floor(world.date() / 1_000), page: ascii(world.page, 120), browser: ascii(world.browser, 200) };
  }

  /** Resolves when every check has ended or was left out; never rejects. */
  async run() {
    this.#started('http', 'address', 'protocol');
    await this.#http();
    if (this.facts.http.error) {
      this.#done(...this.pending.keys());
      return;
    }
    await Promise.all([this.#sockets(), this.#parts(), this.#hold()]);
  }

  /** Leaves out the long checks. */
  skip() {
    this.#leftOut.abort();
    this.#done('hold', 'silence');
  }

  /** Ends all checks; `told` is not called any more. */
  stop() {
    this.#told = () => {};
    this.#ended.abort();
    this.#leftOut.abort();
  }

  // ---- over HTTP

  async #http() {
    let http = { ms: Infinity };
    for (let i = 0; i <= ROUNDS && !http.error; i++) {
      const answer = await this.#get('api/doctor');
      if (answer.body?.address) {
        const { address, self, protocol, ajp, websocket, forwarded } = answer.body;
        this.facts.seen = {
          address: ascii(address, 60), self: ascii(self, 120), protocol: ascii(protocol, 20), ajp, websocket,
          forwarded: Object.fromEntries(
            Object.entries(forwarded).map(([name, value]) => [name, ascii(value, MAX_HEADER_CHARS)])),
        };
        // The first also pays for the connection.
        http = { ms: i === 0 ? Infinity : Math.min(http.ms, answer.ms), hop: ascii(answer.hop, 20) };
      } else {
        http = failure(answer);
        delete this.facts.seen;
      }
    }
    this.#found({ http }, 'http', ...(http.error ? [] : ['address']));
  }

  async #hold() {
    const asked = this.#options.holdSeconds;
    this.#started('hold');
    const answer = await this.#get(`api/doctor/hold?wait=${asked}`, asked * 1_000 + ANSWER_WITHIN_MS, this.#leftOut.signal);
    if (this.#leftOut.signal.aborted) {
      return;
    }
    const { ms, status } = answer;
    const results = [
      [answer.body?.held === true, 'answered'], [answer.body?.held === false, 'released'],
      [answer.body?.code, 'refused'], [answer.timedOut, 'deaf'], [status, 'status'], [true, 'cut']];
    const [, result] = results.find(([is]) => is);
    this.#found({ hold: { result, ms, asked, ...(result === 'status' && { status }) } }, 'hold');
  }

  async #parts() {
    const { fetch, now } = this.#world;
    let parts = { failed: true };
    this.#started('parts');
    try {
      const response = await fetch(`${this.#world.base}api/doctor/parts`, { cache: 'no-store', signal: this.#ended.signal });
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      const at = [];
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        for (const mark of read.value.matchAll(/[12]/g)) {
          at[mark[0]] = now();
        }
      }
      if (response.ok && at[1] !== undefined && at[2] !== undefined) {
        parts = { ms: Math.round(at[2] - at[1]) };
      }
    } catch {
      // It failed; the other checks tell whether the network is to blame.
    }
    this.#found({ parts }, 'parts');
  }

  /** Never rejects: an answer {ms, status, body?} where `body` is JSON, or {ms, status: 0, timedOut}. */
  async #get(path, withinMs = ANSWER_WITHIN_MS, signal = this.#ended.signal) {
    const { fetch, now, base, setTimeout, clearTimeout, hop } = this.#world;
    const late = new AbortController();
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      late.abort();
    }, withinMs);
    const abort = () => late.abort();
    signal.addEventListener('abort', abort, { once: true });
    const started = now();
    const taken = () => Math.round(now() - started);
    try {
      const response = await fetch(base + path, { cache: 'no-store', signal: late.signal });
      const text = await response.text();
      const ms = taken();
      return { ms, status: response.status, body: json(text), hop: hop(base + path) };
    } catch {
      return { ms: taken(), status: 0, timedOut };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    }
  }

  // ---- over WebSocket

  async #sockets() {
    const id = this.#world.random();
    this.#started('socket', 'frame');
    const line = this.#open(id);
    const socket = await this.#echoes(line);
    if (socket.result === 'open') {
      this.#found({ socket }, 'protocol', 'socket');
      this.#found({ frame: await this.#large(line) }, 'frame');
      line.close();
      await this.#silence();
      return;
    }
    line.close();
    const { body: arrival } = await this.#get(`api/doctor/handshake?id=${id}`);
    const { status: plain } = await this.#get('doctor/echo');
    const known = typeof arrival?.arrived === 'boolean' ? arrival : { arrived: false };
    this.#found({ socket, arrival: { ...known, plain } }, 'protocol', 'socket', 'frame', 'silence');
  }

  /** Three round trips of a few bytes; the shortest counts. */
  async #echoes(line) {
    const { now } = this.#world;
    const started = now();
    const opened = await line.opened;
    const ms = Math.round(now() - started);
    if (opened !== 'open') {
      return { result: opened, ms };
    }
    let echo = Infinity;
    for (let i = 0; i < ROUNDS; i++) {
      const sent = now();
      const heard = await line.echo(`round ${i}`);
      if (heard !== 'echoed') {
        return { result: heard, ms, ...(heard === 'closed' && { code: line.code }) };
      }
      echo = Math.min(echo, now() - sent);
    }
    return { result: 'open', ms, echo: Math.round(echo) };
  }

  async #large(line) {
    const { now } = this.#world;
    const sent = now();
    const result = await line.echo('0123456789'.repeat(LARGE_CHARS / 10));
    return { result, ms: Math.round(now() - sent), ...(result === 'closed' && { code: line.code }) };
  }

  /** On a socket of its own: one frame, a long silence, one frame. */
  async #silence() {
    const asked = this.#options.silenceSeconds;
    if (this.#leftOut.signal.aborted) {
      return;
    }
    this.#started('silence');
    const { now } = this.#world;
    const line = this.#open(this.#world.random());
    const leftOut = new Promise((resolve) => {
      this.#leftOut.signal.addEventListener('abort', () => resolve('left out'), { once: true });
    });
    let result = await line.opened;
    result = result === 'open' ? await line.echo('before') : result;
    const since = now();
    if (result === 'echoed') {
      result = await Promise.race([line.quiet(asked * 1_000), leftOut]);
    }
    const ms = Math.round(now() - since);
    if (result === 'quiet') {
      result = await line.echo('after');
    }
    line.close();
    if (this.#leftOut.signal.aborted) {
      return;
    }
    if (result === 'refused' || result === 'timeout') {
      this.#done('silence');
      return;
    }
    const results = { echoed: 'kept', closed: line.code === 1001 ? 'released' : 'closed', deaf: 'deaf' };
    this.#found({
      silence: { result: results[result], ms, asked, ...(result === 'closed' && { code: line.code }) },
    }, 'silence');
  }

  #open(id) {
    const { base, WebSocket, setTimeout, clearTimeout } = this.#world;
    return new Line(() => new WebSocket(`${base.replace(/^http/, 'ws')}doctor/echo?id=${id}`),
      { setTimeout, clearTimeout }, this.#ended.signal);
  }

  #started(...ids) {
    ids.filter((id) => this.pending.has(id)).forEach((id) => this.pending.set(id, 'running'));
    this.#told();
  }

  #found(facts, ...ids) {
    Object.assign(this.facts, facts);
    this.#done(...ids);
  }

  #done(...ids) {
    ids.forEach((id) => this.pending.delete(id));
    this.#told();
  }
}

function failure({ status }) {
  if (status === 0) {
    return { error: 'unreachable' };
  }
  return status === 200 ? { error: 'foreign' } : { error: 'status', status };
}

function json(text) {
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

function ascii(text, most) {
  return String(text ?? '').replace(/[^ -~]/g, '?').slice(0, most);
}
