import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChatClient } from '../../../webapp/js/chat/client.js';
import { FakeServer, FakeTime, MemoryStorage } from './fakes.js';

function setUp({ random = () => 0.5, ...server } = {}) {
  const time = new FakeTime();
  const fake = Object.assign(new FakeServer(time), server);
  const storage = new MemoryStorage();
  const seen = { messages: [], states: [], failed: [], resets: 0, stopped: null };
  const open = () => new ChatClient({
    base: 'http://x/', shopId: 'demo', session: 1, clientId: 'c', getToken: async () => 't',
    storage, keepPlace: true, fetch: fake.fetch, WebSocket: fake.WebSocket, timers: time.timers, now: () => time.now, random, options: {},
    on: {
      messages: (list) => seen.messages.push(...list.map((m) => m.seq)),
      state: (state) => seen.states.push(state),
      failed: (draft, refusal) => seen.failed.push(refusal.code),
      reset: () => { seen.resets++; seen.messages.length = 0; },
      stopped: (reason) => { seen.stopped = reason; },
    },
  }).start();
  return { time, fake, seen, open, now: () => seen.states.at(-1) };
}

const upTo = (n) => Array.from({ length: n }, (_, i) => i + 1);

test('polls at once, and changes to a socket when that has proven itself', async () => {
  const { time, fake, now, open } = setUp();
  open();
  await time.pass(0);
  assert.equal(now().transport, 'polling');
  await time.pass(100);
  assert.deepEqual([now().transport, now().state], ['websocket', 'connected']);
  assert.equal(fake.reports[0].event, 'proven');
  const polls = fake.polls;
  await time.pass(60_000);
  assert.equal(fake.polls, polls, 'polling stopped');
});

test('out of the percentage it polls and does not try a socket', async () => {
  const { time, fake, now, open } = setUp({ transport: 'polling', reason: 'out_of_percent' });
  open();
  await time.pass(10 * 60_000);
  assert.equal(now().transport, 'polling');
  assert.equal(fake.reports.length, 0);
});

for (const path of ['refuse', 'silent']) {
  test(`a path that is blocked (${path}) costs no message, is said within 10 s, and is tried again in the background`, async () => {
    const { time, fake, seen, now, open } = setUp({ path });
    open();
    fake.post({ content: 'a' });
    await time.pass(9_900);
    assert.deepEqual([now().transport, now().state, now().reason], ['polling', 'connected', 'fallback']);
    assert.equal(fake.reports[0].event, 'fallback');
    fake.post({ content: 'b' });
    await time.pass(100);
    assert.deepEqual(seen.messages, [1, 2]);
    fake.path = 'pass';
    await time.pass(60_000);
    assert.equal(now().transport, 'websocket');
    assert.equal(fake.reports.at(-1).event, 'recovered');
  });
}

test('a server that is down is not blamed on the path', async () => {
  const { time, fake, seen, now, open } = setUp();
  open();
  await time.pass(100);
  fake.goDown();
  await time.pass(120_000);
  assert.deepEqual([now().state, now().reason], ['reconnecting', null]);
  assert.ok(!fake.reports.some((report) => report.event === 'fallback'));
  fake.up = true;
  fake.post({ content: 'x' });
  await time.pass(60_000);
  assert.deepEqual([now().transport, now().state], ['websocket', 'connected']);
  assert.deepEqual(seen.messages, [1]);
});

test('moved up and down during a conversation, every message shows once and in order', async () => {
  const { time, fake, seen, now, open } = setUp({ transport: 'polling', reason: 'out_of_percent' });
  const client = open();
  await time.pass(100);
  for (let round = 0; round < 5; round++) {
    fake.transport = 'websocket';
    fake.reason = 'in_percent';
    fake.post({ content: 'while polling' });
    fake.releasePolls();
    await time.pass(5);
    fake.post({ content: 'during the change' });
    client.send('mine');
    await time.pass(1_000);
    assert.equal(now().transport, 'websocket', `round ${round}`);
    fake.post({ content: 'over the socket' });
    fake.transport = 'polling';
    fake.reason = 'out_of_percent';
    fake.sockets.forEach((socket) => socket.say({ type: 'transport', use: 'polling', within_ms: 10_000, reason: 'out_of_percent' }));
    client.send('mine too');
    fake.post({ content: 'during the change back' });
    await time.pass(10_100);
    assert.equal(now().transport, 'polling', `round ${round}`);
    assert.equal(fake.sockets.length, 0, 'the socket was let go');
  }
  await time.pass(1_000);
  assert.deepEqual(seen.messages, upTo(fake.messages.length));
  assert.equal(fake.messages.length, 30);
});

test('when moved down the socket is let go only after polling has answered', async () => {
  const { time, fake, open } = setUp();
  open();
  await time.pass(100);
  const [socket] = fake.sockets;
  fake.transport = 'polling';
  fake.up = false;
  socket.say({ type: 'transport', use: 'polling', within_ms: 0, reason: 'killed' });
  await time.pass(5_000);
  assert.equal(socket.readyState, 1, 'no poll was answered yet');
  fake.up = true;
  await time.pass(60_000);
  assert.equal(socket.readyState, 3);
});

test('a message whose fate is unknown is sent again with the same id and stored once', async () => {
  const { time, fake, seen, open } = setUp({ transport: 'polling', reason: 'out_of_percent' });
  const client = open();
  await time.pass(100);
  let lost = 0;
  client.http.call = async (path, options) => {
    // The server stores it, the answer is lost on the way: three times.
    if (path === 'api/messages' && options.body && lost < 3) {
      lost++;
      fake.post(options.body);
      throw new TypeError('network');
    }
    return Object.getPrototypeOf(client.http).call.call(client.http, path, options);
  };
  client.send('once');
  await time.pass(60_000);
  assert.equal(lost, 3);
  assert.equal(fake.messages.length, 1);
  assert.deepEqual(seen.messages, [1]);
  assert.deepEqual(client.unsent, []);
});

test('what was unsent when the page went is sent by the next page, from the place of the last', async () => {
  const { time, fake, seen, open } = setUp();
  const client = open();
  await time.pass(100);
  client.send('one');
  await time.pass(100);
  fake.goDown();
  client.send('two');
  await time.pass(100);
  client.stop();
  fake.up = true;
  const next = open();
  assert.equal(next.cursor, 1);
  await time.pass(60_000);
  assert.deepEqual(fake.messages.map((m) => m.content), ['one', 'two']);
  assert.deepEqual(seen.messages, [1, 2]);
});

test('a log that was restored is read anew', async () => {
  const { time, fake, seen, open } = setUp({ transport: 'polling', reason: 'out_of_percent' });
  open();
  fake.post({ content: 'a' });
  fake.post({ content: 'b' });
  await time.pass(100);
  fake.epoch = 'e2';
  fake.messages = [{ seq: 1, content: 'a' }];
  fake.releasePolls();
  await time.pass(60_000);
  assert.equal(seen.resets, 1);
  assert.deepEqual(seen.messages, [1]);
});

for (const [code, transport] of [[4000, 'polling'], [4408, 'polling']]) {
  test(`a close with ${code} means: poll, and ask again later`, async () => {
    const { time, fake, now, open } = setUp();
    open();
    await time.pass(100);
    fake.transport = 'polling';
    fake.reason = 'killed';
    fake.sockets[0].drop(code);
    await time.pass(30_000);
    assert.equal(now().transport, transport);
    fake.transport = 'websocket';
    fake.reason = 'in_percent';
    await time.pass(61_000);
    assert.equal(now().transport, 'websocket');
  });
}

test('a close with 4409 ends it', async () => {
  const { time, fake, seen, open } = setUp();
  open();
  await time.pass(100);
  fake.sockets[0].drop(4409);
  const polls = fake.polls;
  await time.pass(10 * 60_000);
  assert.equal(seen.stopped, '4409');
  assert.equal(fake.polls, polls);
});
