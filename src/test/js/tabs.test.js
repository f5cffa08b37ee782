import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChatClient } from '../../../webapp/js/chat/client.js';
import { visitorToken } from '../../../webapp/js/chat/identity.js';
import { Leadership } from '../../../webapp/js/chat/leadership.js';
import { SharedClient } from '../../../webapp/js/chat/tabs.js';
import { FakeServer, FakeTime, MemoryStorage } from './fakes.js';

/** What a browser's lock manager does with one name. */
class FakeLocks {
  #holder = null;
  #waiting = [];

  request(name, { signal, steal }, work) {
    return new Promise((resolve, reject) => {
      const asked = { work, resolve, reject };
      signal?.addEventListener('abort', () => {
        if (this.#waiting.includes(asked)) {
          this.#waiting = this.#waiting.filter((one) => one !== asked);
          reject(new DOMException('aborted', 'AbortError'));
        }
      });
      if (steal) {
        this.#holder?.reject(new DOMException('stolen', 'AbortError'));
        this.#holder = null;
        this.#waiting.unshift(asked);
      } else {
        this.#waiting.push(asked);
      }
      this.#next();
    });
  }

  #next() {
    if (this.#holder === null && this.#waiting.length > 0) {
      const holder = this.#waiting.shift();
      this.#holder = holder;
      Promise.resolve(holder.work()).then(() => {
        holder.resolve();
        if (this.#holder === holder) {
          this.#holder = null;
          this.#next();
        }
      });
    }
  }
}

function browser() {
  const time = new FakeTime();
  const server = new FakeServer(time);
  const local = new MemoryStorage();
  const locks = new FakeLocks();
  const channels = new Set();

  function openChannel() {
    const own = {
      frozen: false,
      postMessage(data) {
        const copy = JSON.stringify(data);
        for (const other of channels) {
          if (other !== own && !other.frozen && !own.frozen) {
            Promise.resolve().then(() => other.onmessage?.({ data: JSON.parse(copy) }));
          }
        }
      },
      close() { channels.delete(own); },
    };
    channels.add(own);
    return own;
  }

  function tab({ visible = true, session = new MemoryStorage() } = {}) {
    const page = { messages: [], drafts: [], failed: [], state: null, missed: null, readUpTo: 0, clients: 0, channel: null };
    page.client = new SharedClient({
      session: 1, locks, storage: session, timers: time.timers, now: () => time.now, visible: () => visible,
      openChannel: () => { page.channel = openChannel(); return page.channel; },
      makeClient: (parts) => {
        page.clients++;
        page.place = parts.place;
        return new ChatClient({
          base: 'http://x/', session: 1, clientId: 'c', getToken: async () => 't', storage: local, fetch: server.fetch,
          WebSocket: server.WebSocket, timers: time.timers, now: () => time.now, options: {}, ...parts,
        });
      },
      on: {
        messages: (list) => page.messages.push(...list.map((m) => m.content)),
        draft: (draft) => page.drafts.push(draft.content),
        failed: (draft, refusal) => page.failed.push(refusal.code),
        state: (state) => { page.state = state; },
        missed: (upTo) => { page.missed = upTo; },
        readUpTo: (seq) => { page.readUpTo = seq; },
      },
    }).start();
    return page;
  }
  return { time, server, tab };
}

const say = (server, content) => server.post({ session_id: 1, content });

test('many tabs have one connection, and all of them every message, once and in order', async () => {
  const { time, server, tab } = browser();
  const tabs = [tab(), tab(), tab()];
  await time.pass(1_000);
  assert.deepEqual(tabs.map((one) => one.clients), [1, 0, 0]);
  assert.equal(server.sockets.length, 1);
  for (let i = 1; i <= 5; i++) {
    say(server, `m${i}`);
  }
  await time.pass(1_000);
  for (const one of tabs) {
    assert.deepEqual(one.messages, ['m1', 'm2', 'm3', 'm4', 'm5']);
    assert.deepEqual([one.state.transport, one.state.state], ['websocket', 'connected']);
  }
});

test('what a tab sends that does not lead is stored once, and seen as a draft in the others', async () => {
  const { time, server, tab } = browser();
  const [first, second] = [tab(), tab()];
  await time.pass(1_000);
  second.client.send('from the second');
  await time.pass(1_000);
  assert.deepEqual(server.messages.map((m) => m.content), ['from the second']);
  assert.deepEqual(first.drafts, ['from the second']);
  assert.deepEqual(first.messages, second.messages);
  assert.deepEqual(second.client.unsent, []);
});

test('the leader closes: another takes over from its own place, and nothing is missed', async () => {
  const { time, server, tab } = browser();
  const [first, second, third] = [tab(), tab(), tab()];
  await time.pass(1_000);
  say(server, 'a');
  await time.pass(1_000);
  first.client.stop();
  say(server, 'b');
  third.client.send('c');
  await time.pass(5_000);
  assert.ok(second.client.leading);
  assert.equal(second.place.seq, 1);
  assert.deepEqual(second.messages, ['a', 'b', 'c']);
  assert.deepEqual(third.messages, ['a', 'b', 'c']);
  assert.equal(server.messages.length, 3);
});

test('a leader that is frozen in the background loses the lock to a tab that is looked at', async () => {
  const { time, server, tab } = browser();
  const [first, hidden, looked] = [tab(), tab({ visible: false }), tab()];
  await time.pass(1_000);
  first.channel.frozen = true;
  looked.client.send('is anybody there?');
  hidden.client.send('me too');
  await time.pass(Leadership.ASK_EVERY_MS + Leadership.SILENT_MS + 1_000);
  assert.ok(looked.client.leading);
  assert.ok(!first.client.leading && !hidden.client.leading);
  assert.deepEqual(server.messages.map((m) => m.content), ['is anybody there?', 'me too']);
  first.channel.frozen = false;
  say(server, 'yes');
  await time.pass(Leadership.ASK_EVERY_MS + 1_000);
  for (const one of [first, hidden, looked]) {
    assert.deepEqual(one.messages, ['is anybody there?', 'me too', 'yes']);
  }
});

test('a reload keeps what was sent and nobody had taken', async () => {
  const { time, server, tab } = browser();
  const first = tab();
  await time.pass(1_000);
  const session = new MemoryStorage();
  const second = tab({ session });
  await time.pass(1_000);
  first.channel.frozen = true;
  second.client.send('before the reload');
  second.client.stop();
  first.client.stop();
  const again = tab({ session });
  assert.deepEqual(again.client.unsent.map((d) => d.content), ['before the reload']);
  await time.pass(2_000);
  assert.deepEqual(server.messages.map((m) => m.content), ['before the reload']);
  assert.deepEqual(again.messages, ['before the reload']);
  assert.deepEqual(again.client.unsent, []);
});

test('a tab that comes late has what is kept; reading in one tab is known in all', async () => {
  const { time, server, tab } = browser();
  const first = tab();
  for (let i = 1; i <= SharedClient.MAX_KEPT + 10; i++) {
    say(server, `m${i}`);
  }
  await time.pass(30_000);
  assert.equal(first.messages.length, SharedClient.MAX_KEPT + 10);
  const late = tab();
  await time.pass(1_000);
  assert.deepEqual(late.messages, first.messages.slice(10));
  assert.equal(late.missed, null);
  late.client.read(510);
  await time.pass(100);
  assert.deepEqual([first.readUpTo, late.readUpTo], [510, 510]);
});

test('a tab that comes while the server is down sees what waits, and the same draft counts once', async () => {
  const { time, server, tab } = browser();
  const [first, second] = [tab(), tab()];
  await time.pass(1_000);
  server.goDown();
  second.client.send('waits');
  await time.pass(1_000);
  const late = tab();
  await time.pass(1_000);
  assert.deepEqual(late.drafts, ['waits']);
  second.client.online();
  await time.pass(1_000);
  assert.deepEqual(first.drafts, ['waits']);
  assert.deepEqual(late.messages, []);
});

test('without locks each tab has its own connection', async () => {
  const time = new FakeTime();
  const made = [];
  const client = { unsent: [], place: { seq: 0, epoch: null }, start() {}, stop() {}, send: (text) => made.push(text) };
  const tab = new SharedClient({ session: 1, locks: null, timers: time.timers, makeClient: () => client, on: {} }).start();
  assert.ok(tab.leading);
  tab.send('alone');
  assert.deepEqual(made, ['alone']);
  tab.stop();
});

test('who asks for a token twice at once is one visitor, and another only when it has ended', async () => {
  const real = globalThis.fetch;
  let made = 0;
  globalThis.fetch = async () => {
    const token = `v${++made}`;
    await new Promise((resolve) => { setImmediate(resolve); });
    return { ok: true, json: async () => ({ token }) };
  };
  try {
    for (const storage of [new MemoryStorage(), null]) {
      made = 0;
      const getToken = visitorToken('http://x/', 'demo', storage);
      assert.deepEqual(await Promise.all([getToken(false), getToken(false)]), ['v1', 'v1']);
      assert.equal(await getToken(false), 'v1');
      assert.deepEqual(await Promise.all([getToken(true), getToken(true)]), ['v2', 'v2']);
      assert.equal(await getToken(false), 'v2');
    }
  } finally {
    globalThis.fetch = real;
  }
});
