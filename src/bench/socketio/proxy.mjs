import net from 'node:net';
import { seeded } from './random.mjs';

/** What can happen to the connections of one member; of the last three, somebody is told nothing for a while. */
export const KINDS = ['fin', 'rst', 'client-untold', 'server-untold', 'nobody-told'];
const DARK_MS = { least: 5_000, most: 60_000 };
/** Nothing is cut before everybody has been shown a message: Socket.IO recovers nobody who has seen none. */
const FIRST_AT_S = 5;
const ALL_EVERY_S = 60;
const ALL_REFUSED_MS = 2_000;

/**
 * Every cut of a run, from the seed alone: at such a time, to such a member (or to all), of such a kind.
 *
 * @returns {{at: number, member: number|null, kind: string, darkMs: number}[]}
 */
export function schedule({ seed, members, seconds, everySeconds }) {
  const random = seeded(seed);
  const cuts = [];
  const fill = (mean, more) => {
    for (let at = FIRST_AT_S + gap(mean); at < seconds; at += gap(mean)) {
      cuts.push({ at: at * 1000, ...more() });
    }
  };
  const gap = (mean) => -mean * Math.log(1 - random());
  for (let member = 0; member < members; member++) {
    fill(everySeconds, () => ({
      member,
      kind: KINDS[Math.floor(random() * KINDS.length)],
      darkMs: DARK_MS.least + random() * (DARK_MS.most - DARK_MS.least),
    }));
  }
  fill(ALL_EVERY_S, () => ({ member: null, kind: 'all', darkMs: ALL_REFUSED_MS }));
  return cuts.sort((a, b) => a.at - b.at);
}

/** The way of one member to one server: passes bytes, until it is cut. New connections pass at once. */
export class Way {
  #target;
  #server;
  #live = new Set();
  #dark = new Set();
  #refusing = false;

  constructor(target) {
    this.#target = target;
    this.#server = net.createServer((client) => this.#join(client));
  }

  async open() {
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.port = this.#server.address().port;
    return this;
  }

  /** @returns {number} how many connections it hit */
  cut({ kind, darkMs }) {
    const hit = [...this.#live];
    this.#live.clear();
    for (const pair of hit) {
      pair.passing = false;
      HOW[kind](pair);
      this.#dark.add(pair);
      pair.timer = setTimeout(() => this.#end(pair), kind === 'fin' ? 1_000 : darkMs);
    }
    if (kind === 'all') {
      this.#refusing = true;
      setTimeout(() => { this.#refusing = false; }, darkMs);
    }
    return hit.length;
  }

  /** From now on the path is whole: nobody is left untold. */
  heal() {
    [...this.#dark].forEach((pair) => this.#end(pair));
  }

  close() {
    this.#server.close();
    [...this.#live, ...this.#dark].forEach((pair) => this.#end(pair));
  }

  #end(pair) {
    clearTimeout(pair.timer);
    this.#dark.delete(pair);
    this.#live.delete(pair);
    pair.client.resetAndDestroy();
    pair.server.resetAndDestroy();
  }

  #join(client) {
    if (this.#refusing) {
      client.resetAndDestroy();
      return;
    }
    const pair = { client, server: net.connect(this.#target), passing: true };
    this.#live.add(pair);
    this.#carry(pair, pair.client, pair.server);
    this.#carry(pair, pair.server, pair.client);
  }

  /** Once cut, a connection carries nothing: neither bytes nor the news that one side has gone. */
  #carry(pair, from, to) {
    from.setNoDelay(true);
    from.on('data', (bytes) => pair.passing && to.write(bytes));
    from.on('error', () => {});
    from.on('end', () => pair.passing && to.end());
    from.on('close', () => {
      if (pair.passing) {
        this.#live.delete(pair);
        to.destroy();
      }
    });
  }
}

const HOW = {
  fin({ client, server }) { client.end(); server.end(); },
  rst({ client, server }) { client.resetAndDestroy(); server.resetAndDestroy(); },
  all: (pair) => HOW.rst(pair),
  'client-untold': ({ server }) => server.resetAndDestroy(),
  'server-untold': ({ client }) => client.resetAndDestroy(),
  'nobody-told'() {},
};
