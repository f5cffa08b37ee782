import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as chat from '../../../webapp/js/chat/index.js';
import * as factory from '../../../webapp/js/chat/vue.js';
import { FakeServer, FakeTime, MemoryStorage } from './fakes.js';

const text = (path) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

test('the types name what is exported, and nothing else', () => {
  const named = (file) => [...text(`webapp/js/chat/${file}`).matchAll(/^export declare (?:class|function|const) (\w+)/gm)].map((m) => m[1]).sort();
  assert.deepEqual(named('crossfade.d.ts'), Object.keys(chat).sort());
  assert.deepEqual(named('vue.d.ts'), Object.keys(factory).sort());
  // It imports `vue`, which is not here.
  assert.deepEqual(named('use-web-socket.d.ts'), [...text('webapp/js/chat/use-web-socket.js').matchAll(/^export const (\w+)/gm)].map((m) => m[1]));
});

test('the package has the version and licence of the project', () => {
  const { version, license } = JSON.parse(text('webapp/js/chat/package.json'));
  assert.equal(version, text('pom.xml').match(/<artifactId>crossfade<\/artifactId>\s*<version>([^<]+)/)[1]);
  assert.equal(license, text('pom.xml').match(/<license><name>([^<]+)/)[1]);
});

test('the example loads the Vue that the build packs', () => {
  const packed = text('pom.xml').match(/<vue.version>([^<]+)/)[1];
  assert.ok(text('webapp/examples/vue.js').includes(`/webjars/vue/${packed}/dist/`));
});

/** A component around `useWebSocket`, and what the server was asked. */
function component(token, options = {}) {
  const time = new FakeTime();
  const fake = new FakeServer(time);
  const asked = [];
  const state = { online: ['v-1', 7], sessions: 200, unmount: null };
  const fetch = async (url, request = {}) => {
    const call = new URL(url).pathname.split('/api/')[1];
    asked.push(`${call} ${request.headers?.Authorization ?? ''}`.trim());
    if (call === 'sessions' && fake.up) {
      return Response.json({ session_id: 5, code: 'forbidden', error: 'no', retryable: false }, { status: state.sessions });
    }
    if (call === 'presence') {
      return Response.json({ online: state.online.map((id) => ({ user_id: id })), count: state.online.length });
    }
    return fake.fetch(url, request);
  };
  const stopped = [];
  const useWebSocket = factory.createUseWebSocket({
    ref: (value) => ({ value }),
    onUnmounted: (hook) => { state.unmount = hook; },
  });
  const parts = useWebSocket(token, {
    base: 'http://x/', clientId: 'c-1', storage: new MemoryStorage(), fetch, WebSocket: fake.WebSocket,
    timers: time.timers, now: () => time.now, random: () => 0.5, options: {},
    on: { stopped: (reason) => stopped.push(reason) },
    ...options,
  });
  /** In parts: opening a conversation is a longer chain of promises than one settling waits for. */
  const pass = async (ms) => {
    for (let i = 0; i < 10; i++) {
      await time.pass(ms / 10);
    }
  };
  return { pass, fake, asked, state, stopped, ...parts };
}

/** Not signed: the server is a fake, and only the role is read. */
const jwt = (role) => `x.${Buffer.from(JSON.stringify({ role, name: '客服??>>' })).toString('base64url')}.x`;

test('useWebSocket opens the conversation, shows what is said once, and says how it stands', async () => {
  const it = component(jwt('visitor'));
  assert.throws(() => it.sendMessage('too early'), /not connected/);
  it.connect();
  it.connect();
  assert.equal(it.isConnected.value, false);
  await it.pass(1_000);
  assert.equal(it.isConnected.value, true);
  assert.equal(it.asked.filter((call) => call.startsWith('sessions')).length, 1);
  it.sendMessage('one');
  await it.pass(1_000);
  it.fake.post({ content: 'two' });
  await it.pass(1_000);
  assert.deepEqual(it.messages.value.map((m) => m.content), ['one', 'two']);

  it.fake.goDown();
  await it.pass(2_000);
  assert.equal(it.isConnected.value, false);
  assert.equal(it.isReconnecting.value, true);
  it.sendMessage('three');
  it.fake.up = true;
  await it.pass(60_000);
  assert.equal(it.isConnected.value, true);
  assert.deepEqual(it.messages.value.map((m) => m.content), ['one', 'two', 'three']);

  it.disconnect();
  assert.equal(it.isConnected.value, false);
  assert.throws(() => it.sendMessage('too late'), /not connected/);
  assert.equal(it.fake.sockets.length, 0);
  it.connect();
  await it.pass(1_000);
  assert.deepEqual(it.messages.value.map((m) => m.content), ['one', 'two', 'three'], 'shown anew, not twice');
  it.state.unmount();
  await it.pass(1_000);
  assert.equal(it.fake.sockets.length, 0);
});

test('a server that is away when it opens is waited for, unless the page has left', async () => {
  const it = component('t');
  it.fake.up = false;
  it.connect();
  await it.pass(10_000);
  assert.equal(it.isReconnecting.value, true);
  it.fake.up = true;
  await it.pass(30_000);
  assert.equal(it.isConnected.value, true);

  const gone = component('t');
  gone.fake.up = false;
  gone.connect();
  await gone.pass(100);
  gone.disconnect();
  gone.fake.up = true;
  const before = gone.asked.length;
  await gone.pass(60_000);
  assert.equal(gone.isReconnecting.value, false);
  assert.equal(gone.asked.length, before);
  assert.deepEqual(gone.stopped, []);
});

test('who is refused for good is told so, and may try again', async () => {
  const it = component('t');
  it.state.sessions = 403;
  it.connect();
  await it.pass(1_000);
  assert.deepEqual(it.stopped, ['forbidden']);
  assert.equal(it.isReconnecting.value, false);
  it.state.sessions = 201;
  it.connect();
  await it.pass(1_000);
  assert.equal(it.isConnected.value, true);
});

test('a function gives one token to all who ask', async () => {
  let made = 0;
  const it = component(() => `t-${++made}`);
  it.connect();
  await it.pass(5_000);
  assert.equal(made, 1);
  assert.deepEqual(new Set(it.asked.map((call) => call.split(' ')[2]).filter(Boolean)), new Set(['t-1']));
});

test('staff see how many are online; a visitor neither sees it nor asks', async () => {
  const staff = component(jwt('agent'), { session: 5 });
  staff.connect();
  await staff.pass(1_000);
  assert.ok(!staff.asked.some((call) => call.startsWith('sessions')), 'a named conversation is not opened');
  assert.equal(staff.onlineCount.value, 2);
  const tell = (user, status) => staff.fake.sockets[0].say({ type: 'presence', user_id: user, status });
  tell('v-2', 'online');
  tell('v-2', 'online');
  assert.equal(staff.onlineCount.value, 3);
  tell(7, 'offline');
  assert.equal(staff.onlineCount.value, 2);
  staff.fake.sockets[0].say({ type: 'presence_count', online: 5_000 });
  assert.equal(staff.onlineCount.value, 5_000, 'so many at once are a count without names');
  staff.state.online = ['v-1'];
  await staff.pass(40_000);
  assert.equal(staff.onlineCount.value, 1);
  staff.disconnect();
  assert.equal(staff.onlineCount.value, null);
  const before = staff.asked.length;
  await staff.pass(120_000);
  assert.equal(staff.asked.length, before);

  const visitor = component(jwt('visitor'));
  visitor.connect();
  await visitor.pass(60_000);
  assert.equal(visitor.onlineCount.value, null);
  assert.ok(!visitor.asked.some((call) => call.startsWith('presence')));
});

test('the list keeps the newest messages', async () => {
  const it = component('t');
  for (let i = 1; i <= factory.MAX_MESSAGES + 3; i++) {
    it.fake.post({ content: String(i) });
  }
  it.connect();
  await it.pass(1_000);
  assert.equal(it.messages.value.length, factory.MAX_MESSAGES);
  assert.equal(it.messages.value[0].content, '4');
  it.disconnect();
});
