import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChatClient } from '../../../webapp/js/chat/client.js';
import { Http } from '../../../webapp/js/chat/http.js';
import { visitorToken } from '../../../webapp/js/chat/identity.js';
import { Outbox, Sending } from '../../../webapp/js/chat/sending.js';
import { FakeServer, FakeTime, MemoryStorage, settle } from './fakes.js';

function setUp({ random = () => 0.5, wrapFetch = (f) => f, version, ...server } = {}) {
  const time = new FakeTime();
  const fake = Object.assign(new FakeServer(time), server);
  const storage = new MemoryStorage();
  const seen = { messages: [], states: [], failed: [], resets: 0, missed: null, stopped: null };
  const tokens = [];
  const open = (more = {}) => new ChatClient({
    base: 'http://x/', shopId: 'demo', session: 1, clientId: 'c', version, getToken: async (expired) => { tokens.push(expired); return `t${tokens.length}`; },
    storage, keepPlace: true, fetch: wrapFetch(fake.fetch, fake), WebSocket: fake.WebSocket, timers: time.timers, now: () => time.now, random, options: {}, ...more,
    on: {
      messages: (list) => seen.messages.push(...list.map((m) => m.seq)),
      state: (state) => seen.states.push(state),
      failed: (draft, refusal) => seen.failed.push(refusal.code),
      reset: () => { seen.resets++; seen.messages.length = 0; },
      missed: (upTo) => { seen.missed = upTo; },
      stopped: (reason) => { seen.stopped = reason; },
    },
  }).start();
  return { time, fake, seen, storage, tokens, open, now: () => seen.states.at(-1) };
}

const upTo = (n) => Array.from({ length: n }, (_, i) => i + 1);

test('polls at once, and changes to a socket when that has proven itself', async () => {
  const { time, fake, now, open } = setUp();
  open();
  await time.pass(0);
  assert.equal(now().transport, 'polling');
  await time.pass(100);
  assert.deepEqual([now().transport, now().state], ['websocket', 'connected']);
  assert.deepEqual(fake.reports.map((report) => report.event), ['connected', 'proven']);
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

test('says its version wherever a transport is chosen: asking, polling, opening a socket', async () => {
  const { time, fake, open } = setUp({ version: '4.2' });
  open();
  await time.pass(1_000);
  assert.ok(fake.polls > 0 && fake.sockets.length > 0);
  assert.deepEqual(new Set(fake.versions), new Set(['4.2']));
});

for (const path of ['refuse', 'silent']) {
  test(`a path that is blocked (${path}) costs no message, is said within 10 s, and is tried again in the background`, async () => {
    const { time, fake, seen, now, open } = setUp({ path });
    open();
    fake.post({ content: 'a' });
    await time.pass(9_900);
    assert.deepEqual([now().transport, now().state, now().reason], ['polling', 'connected', 'fallback']);
    assert.ok(fake.reports.some((report) => report.event === 'fallback'));
    fake.post({ content: 'b' });
    await time.pass(100);
    assert.deepEqual(seen.messages, [1, 2]);
    fake.path = 'pass';
    await time.pass(60_000);
    assert.equal(now().transport, 'websocket');
    assert.equal(fake.reports.at(-1).event, 'recovered');
  });
}

test('a proven socket that swallows a message is let go when the ack is due, not when silence is', async () => {
  const { time, fake, seen, now, open } = setUp();
  const client = open();
  await time.pass(100);
  assert.equal(now().transport, 'websocket');
  const [dead] = fake.sockets;
  dead.send = () => {};
  dead.say = () => {};
  client.send('a');
  await time.pass(9_900);
  assert.equal(fake.messages.length, 0);
  await time.pass(1_000);
  assert.deepEqual([fake.messages.length, client.unsent.length, seen.messages], [1, 0, [1]]);
  await time.pass(5_000);
  assert.equal(now().transport, 'websocket', 'and WebSocket is tried again');
});

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

test('told to leave and then to stay, it keeps its socket and does not poll', async () => {
  const { time, fake, now, open } = setUp();
  open();
  await time.pass(100);
  const [socket] = fake.sockets;
  const tell = (use) => socket.say({ type: 'transport', use, within_ms: 1_000, reason: 'percent' });
  tell('polling');
  fake.up = false;
  await time.pass(600);
  tell('websocket');
  fake.up = true;
  const { polls } = fake;
  await time.pass(60_000);
  assert.deepEqual([now().transport, socket.readyState, fake.polls], ['websocket', 1, polls]);
});

test('an earlier date to leave replaces a later one: a kill does not wait for the pace', async () => {
  const { time, fake, now, open } = setUp();
  open();
  await time.pass(100);
  const tell = (withinMs) => fake.sockets[0].say({ type: 'transport', use: 'polling', within_ms: withinMs, reason: 'r' });
  fake.transport = 'polling';
  tell(600_000);
  tell(2_000);
  tell(600_000);
  await time.pass(2_000);
  assert.equal(now().transport, 'polling');
});

test('steered back to polling while a socket is tried, it drops the try', async () => {
  const { time, fake, now, open } = setUp({ path: 'silent' });
  open();
  await time.pass(100);
  fake.transport = 'polling';
  fake.reason = 'out_of_percent';
  fake.releasePolls();
  await time.pass(60_000);
  assert.deepEqual([now().transport, now().reason], ['polling', null]);
  assert.ok(!fake.reports.some((report) => report.event === 'fallback'));
});

test('a path is blamed at once where a socket never worked, and after three tries more where one had', async () => {
  const { time, fake, now, open } = setUp({ path: 'refuse' });
  open();
  await time.pass(100);
  assert.deepEqual([fake.tries, now().reason], [1, 'fallback']);
  fake.path = 'pass';
  await time.pass(60_000);
  assert.deepEqual([fake.tries, now().transport], [2, 'websocket']);
  fake.path = 'refuse';
  fake.sockets[0].drop(1006);
  const fallbacks = () => fake.reports.filter((report) => report.event === 'fallback').length;
  while (fallbacks() === 1) {
    await time.pass(10);
  }
  assert.equal(fake.tries, 5);
  fake.reports.length = 0;
  await time.pass(30_000);
  assert.equal(fake.tries, 6, 'soon at first');
  await time.pass(60 * 60_000);
  assert.deepEqual([fallbacks(), now().reason], [0, 'fallback'], 'said once, and tried again in the background');
  assert.ok(fake.tries > 5 && fake.tries < 15, `${fake.tries} tries`);
});

test('a listener that throws does not stop the messages behind, and is not hidden', async () => {
  const { timers } = new FakeTime();
  const outbox = new Outbox(new MemoryStorage(), 'o');
  outbox.add({ client_msg_id: 'a' });
  outbox.add({ client_msg_id: 'b' });
  const sent = [];
  const sending = new Sending(outbox, () => ({ send: async (draft) => draft }), { timers }, {
    sent: (draft) => {
      sent.push(draft.client_msg_id);
      if (sent.length === 1) {
        throw new Error('a mistake');
      }
    },
  });
  await assert.rejects(sending.flush(), /a mistake/);
  await settle();
  assert.deepEqual([sent, outbox.all], [['a', 'b'], []]);
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

test('what one person could not send waits for that person, and is never sent by the next one', async () => {
  const { time, fake, open } = setUp();
  fake.goDown();
  const one = open({ user: 'lin' });
  one.send('by lin');
  await time.pass(100);
  one.stop();
  fake.up = true;
  const other = open({ user: 'wang' });
  other.send('by wang');
  await time.pass(60_000);
  assert.deepEqual(fake.messages.map((m) => m.content), ['by wang']);
  other.stop();
  assert.deepEqual(open({ user: 'lin' }).unsent.map((draft) => draft.content), ['by lin']);
  await time.pass(60_000);
  assert.deepEqual(fake.messages.map((m) => m.content), ['by wang', 'by lin']);
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

test('who reads too slowly polls for a while, although polls go on to say websocket', async () => {
  const { time, fake, now, open } = setUp();
  open();
  await time.pass(100);
  fake.sockets[0].drop(4408);
  await time.pass(30_000);
  assert.equal(now().transport, 'polling');
  assert.equal(fake.sockets.length, 0);
  await time.pass(40_000);
  assert.equal(now().transport, 'websocket');
});

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

/** A request that gets no answer, until it is given up. */
const blackHole = ({ signal }) => new Promise((_, reject) => {
  signal.addEventListener('abort', () => reject(signal.reason));
});

const polls = { transport: 'polling', reason: 'out_of_percent' };
const refusal = (status, body, headers = {}) => new Response(JSON.stringify({ retryable: false, ...body }), { status, headers });

test('a held poll that gets no answer is given up and asked again', async () => {
  let hole = true;
  const { time, fake, seen, open } = setUp({ ...polls,
    wrapFetch: (f) => (url, o = {}) => (hole && url.includes('wait=25') ? blackHole(o) : f(url, o)) });
  open();
  await time.pass(40_000);
  hole = false;
  fake.post({ content: 'a' });
  await time.pass(60_000);
  assert.equal(seen.stopped, null);
  assert.deepEqual(seen.messages, [1]);
});

test('a send that gets no answer holds up the next ones for a while only', async () => {
  let hole = true;
  const { time, fake, open } = setUp({ ...polls,
    wrapFetch: (f) => (url, o = {}) => (hole && url.endsWith('api/messages') ? blackHole(o) : f(url, o)) });
  const client = open();
  await time.pass(100);
  client.send('one');
  await time.pass(1);
  client.send('two');
  await time.pass(60_000);
  hole = false;
  await time.pass(60_000);
  assert.deepEqual(fake.messages.map((m) => m.content), ['one', 'two']);
});

test('a client that fell back stays on polling when ops have gone to 0 % meanwhile', async () => {
  const { time, fake, now, open } = setUp({ path: 'refuse' });
  open();
  await time.pass(5_000);
  assert.equal(now().reason, 'fallback');
  Object.assign(fake, polls, { path: 'pass' });
  await time.pass(10 * 60_000);
  assert.equal(now().transport, 'polling');
  Object.assign(fake, { transport: 'polling', reason: 'recent_fallback' });
  await time.pass(60 * 60_000);
  assert.equal(now().transport, 'websocket', 'and comes back when it is wanted again');
});

test('a page on a path where WebSocket failed lately begins by polling and tries in the background', async () => {
  const { time, fake, now, storage, open } = setUp();
  storage.setItem('crossfade.fallback', JSON.stringify({ until: 1_000_000 + 60_000, lastMs: 60_000 }));
  open();
  await time.pass(10_000);
  assert.equal(fake.sockets.length, 0);
  await time.pass(30_000);
  assert.equal(now().transport, 'websocket');
});

test('a join that is refused for now is tried again', async () => {
  const { time, fake, seen, now, open } = setUp();
  const Base = fake.WebSocket;
  let once = true;
  Object.defineProperty(fake, 'WebSocket', { value: class extends Base {
    send(text) {
      if (once && JSON.parse(text).type === 'join_session') {
        once = false;
        this.say({ type: 'error', code: 'unavailable', error: 'later', retryable: true });
      } else {
        super.send(text);
      }
    }
  } });
  open();
  await time.pass(120_000);
  assert.equal(seen.stopped, null);
  assert.equal(now().transport, 'websocket');
});

test('a cursor whose messages are not kept goes on from the earliest, and the page is told', async () => {
  let expired = true;
  const { time, fake, seen, open } = setUp({ ...polls,
    wrapFetch: (f) => async (url, o) => {
      if (expired && url.includes('api/messages?')) {
        expired = false;
        return refusal(410, { code: 'cursor_expired', earliest: 4 });
      }
      return f(url, o);
    } });
  fake.messages = [1, 2, 3, 4, 5].map((seq) => ({ seq, content: 'm' }));
  open();
  await time.pass(5_000);
  assert.deepEqual(seen.messages, [4, 5]);
  assert.equal(seen.missed, 3);
});

test('whatever is in storage, the page starts', async () => {
  const { time, storage, now, open } = setUp();
  for (const key of ['crossfade.outbox.1', 'crossfade.cursor.1', 'crossfade.fallback']) {
    storage.setItem(key, '{oops');
  }
  open();
  await time.pass(100);
  assert.equal(now().transport, 'websocket');
});

test('a message that went missing on the way is asked for again', async () => {
  const { time, fake, seen, open } = setUp();
  open();
  await time.pass(100);
  fake.messages = [1, 2, 3].map((seq) => ({ seq, content: 'm' }));
  fake.sockets[0].say({ type: 'new_message', message: { seq: 1 } });
  fake.sockets[0].say({ type: 'new_message', message: { seq: 3 } });
  await time.pass(5_000);
  assert.deepEqual(seen.messages, [1, 2, 3]);
});

test('a hole that reading again does not fill is reported, and asked for with a pause', async () => {
  const { time, fake, seen, open } = setUp({ transport: 'polling' });
  open();
  await time.pass(100);
  const [first, second, third] = [1, 2, 3].map((seq) => ({ seq, content: 'm' }));
  fake.messages = [first, third];
  const before = fake.polls;
  await time.pass(60_000);
  assert.deepEqual(seen.messages, [1]);
  assert.ok(fake.reports.some((report) => report.reason === 'gap'));
  assert.ok(fake.polls - before < 40, `${fake.polls - before} polls`);
  fake.messages = [first, second, third];
  await time.pass(10_000);
  assert.deepEqual(seen.messages, [1, 2, 3]);
});

/** Refuses what `isRefused` says of a bearer token, as the server does over HTTP. */
const refusing = (isRefused, body = '{"code":"not_authenticated","retryable":false}') => (f) => async (url, o) => {
  const token = o?.headers?.Authorization?.slice('Bearer '.length);
  return token && isRefused(token) ? new Response(body, { status: 401 }) : f(url, o);
};

test('a token that HTTP refuses is replaced once', async () => {
  const { time, tokens, now, open } = setUp({ wrapFetch: refusing((token) => token === 't1') });
  open();
  await time.pass(60_000);
  assert.deepEqual(tokens, [false, true]);
  assert.equal(now().transport, 'websocket');
});

test('a token that ends under a socket is replaced when HTTP refuses it too', async () => {
  let ended = false;
  const { time, fake, tokens, now, open } = setUp({ wrapFetch: refusing((token) => ended && token === 't1') });
  open();
  await time.pass(100);
  ended = true;
  fake.sockets[0].drop(4401);
  await time.pass(60_000);
  assert.deepEqual(tokens, [false, true]);
  assert.equal(now().transport, 'websocket');
});

test('a 4401 alone makes no new visitor: a slow line is closed with it as well', async () => {
  const { time, fake, tokens, now, open } = setUp({ path: 'late' });
  open();
  await time.pass(5 * 60_000);
  assert.ok(fake.tries > 1, 'sockets were tried');
  assert.deepEqual(tokens, [false]);
  assert.deepEqual([now().transport, now().state, now().reason], ['polling', 'connected', 'fallback']);
});

for (const body of ['', '{"message":"Unauthorized"}', '<html>']) {
  test(`a 401 that is not the server's own (${body}) makes no new visitor, and is got over`, async () => {
    let stray = true;
    const { time, seen, tokens, now, open } = setUp({ ...polls, wrapFetch: refusing(() => stray, body) });
    open().send('hello');
    await time.pass(60_000);
    assert.equal(now().state, 'reconnecting');
    stray = false;
    await time.pass(60_000);
    assert.deepEqual(tokens, [false]);
    assert.deepEqual([now().state, seen.messages, seen.stopped], ['connected', [1], null]);
  });
}

test('a refusal that comes late is about the token that was sent, not the one there is now', async () => {
  const late = [];
  const asked = [];
  const http = new Http({
    base: 'http://x/',
    getToken: async (expired, refused) => { asked.push(refused); return `t${asked.length}`; },
    fetch: async (url, { headers }) => {
      if (headers.Authorization === 'Bearer t1') {
        if (url.endsWith('slow')) {
          await new Promise((resolve) => { late.push(resolve); });
        }
        return refusal(401, { code: 'not_authenticated' });
      }
      return new Response('{}', { status: 200 });
    },
  });
  const slow = http.call('slow');
  await settle();
  await http.call('quick');
  late[0]();
  await slow;
  assert.deepEqual(asked, [null, 't1']);
});

test('tabs that are refused one after the other stay one visitor', async () => {
  const storage = new MemoryStorage();
  let made = 0;
  const { fetch } = globalThis;
  globalThis.fetch = async () => new Response(JSON.stringify({ token: `v${++made}` }), { status: 201 });
  try {
    const [one, other] = [visitorToken('http://x/', 'demo', storage), visitorToken('http://x/', 'demo', storage)];
    assert.deepEqual([await one(false), await other(false)], ['v1', 'v1']);
    assert.equal(await one(true, 'v1'), 'v2');
    assert.equal(await other(true, 'v1'), 'v2');
    assert.equal(await other(true), 'v3', 'who does not say which token means the last one');
    assert.deepEqual(await Promise.all([one(true, 'v3'), other(true, 'v3')]), ['v4', 'v4'], 'at once');
  } finally {
    globalThis.fetch = fetch;
  }
});

test('a node that dies is not asked by all its clients in the same moment', async () => {
  const { time, fake, open } = setUp();
  open();
  await time.pass(100);
  const before = fake.polls;
  fake.sockets[0].drop(1006);
  await time.pass(490);
  assert.equal(fake.polls, before);
  await time.pass(20);
  assert.ok(fake.polls > before);
});

test('a close with 4410 leaves the field to the newer carrier', async () => {
  const { time, fake, now, open } = setUp();
  open();
  await time.pass(100);
  fake.sockets[0].drop(4410);
  await time.pass(60_000);
  assert.equal(now().transport, 'polling');
  assert.equal(fake.sockets.length, 0);
});

test('when a server goes, its clients come back at the time it told them, polling too', async () => {
  const { time, fake, now, open } = setUp();
  open();
  await time.pass(100);
  const before = fake.polls;
  fake.sockets[0].say({ type: 'draining', reconnect_in_ms: 4_000 });
  fake.sockets[0].drop(1012);
  await time.pass(3_900);
  assert.equal(fake.polls, before);
  await time.pass(30_000);
  assert.equal(now().transport, 'websocket');
});

test('a busy server is asked again when it said, and a definite no marks the draft', async () => {
  const answers = [
    refusal(503, { code: 'unavailable', retryable: true }, { 'Retry-After': '20' }),
    refusal(409, { code: 'session_closed' }),
  ];
  const { time, fake, seen, open } = setUp({ ...polls,
    wrapFetch: (f) => async (url, o) => (url.endsWith('api/messages') && answers.length ? answers.shift() : f(url, o)) });
  const client = open();
  await time.pass(100);
  client.send('first');
  await time.pass(19_000);
  assert.equal(answers.length, 1, 'not before the time');
  await time.pass(5_000);
  assert.deepEqual(seen.failed, ['session_closed']);
  client.send('second');
  await time.pass(5_000);
  assert.deepEqual(fake.messages.map((m) => m.content), ['second']);
});
