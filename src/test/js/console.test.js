import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from '../../../webapp/js/chat/protocol.js';
import { SessionWatch } from '../../../webapp/js/chat/session-watch.js';
import { userOf } from '../../../webapp/js/chat/identity.js';
import { suggest } from '../../../webapp/js/ui/suggestions.js';
import { FakeTime } from './fakes.js';

/** Answers each question by the next of `answers`; then holds. */
function watch(answers) {
  const time = new FakeTime();
  const seen = { asked: [], lists: [], lost: 0, refused: null };
  const http = {
    call: (path, { headers }) => {
      seen.asked.push([path.includes('wait='), headers['If-None-Match'] ?? null]);
      const answer = answers.shift();
      if (answer === undefined) {
        return new Promise(() => {});
      }
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  };
  const made = new SessionWatch({
    http, status: 'open', instance: 'i', timers: time.timers, random: () => 0.5,
    on: {
      list: (sessions) => seen.lists.push(sessions),
      lost: () => { seen.lost++; },
      refused: (refusal) => { seen.refused = refusal.code; },
    },
  }).start();
  return { time, seen, made };
}

const list = (etag, ...sessions) => ({ status: 200, body: { sessions }, headers: new Headers(etag ? { ETag: etag } : {}) });
const same = (etag) => ({ status: 304, body: null, headers: new Headers({ ETag: etag }) });

test('a list is asked for at once, then held; what is the same is not shown again', async () => {
  const { time, seen } = watch([list('"1"', 'a'), same('"1"'), list('"2"', 'b')]);
  await time.pass(0);
  assert.deepEqual(seen.lists, [['a'], ['b']]);
  assert.deepEqual(seen.asked, [[false, null], [true, '"1"'], [true, '"1"'], [true, '"2"']]);
});

test('after a lost connection the whole list is asked for anew, not guessed', async () => {
  const { time, seen } = watch([list('"1"', 'a'), new TypeError('gone'), new TypeError('gone'), list('"1"', 'a')]);
  await time.pass(0);
  assert.deepEqual([seen.lost, seen.asked.length], [1, 2]);
  await time.pass(5_000);
  assert.equal(seen.lost, 2);
  assert.deepEqual(seen.asked.slice(2), [[false, null], [false, null], [true, '"1"']]);
  assert.deepEqual(seen.lists, [['a'], ['a']]);
});

test('an answer that cannot be held is no reason to ask without a pause', async () => {
  const { time, seen } = watch(Array.from({ length: 50 }, () => list(null, 'a')));
  await time.pass(1_000);
  assert.ok(seen.asked.length < 5, String(seen.asked.length));
});

test('a refusal that does not pass ends the asking and is said', async () => {
  const { time, seen } = watch([new Refusal({ code: 'not_authenticated', error: 'no', retryable: false }, 401, 0)]);
  await time.pass(60_000);
  assert.deepEqual([seen.refused, seen.asked.length, seen.lost], ['not_authenticated', 1, 0]);
});

test('a slash at the start of a word offers replies, best first', () => {
  const replies = [{ shortcut: 'bye', text: 'Thank you' }, { shortcut: 'Thanks', text: 'T' }, { shortcut: '谢谢', text: 'X' }];
  const offered = (before) => suggest(replies, before)?.fit.map((reply) => reply.shortcut) ?? null;
  assert.deepEqual(offered('/th'), ['Thanks', 'bye']);
  assert.deepEqual(offered('hi /'), ['bye', 'Thanks', '谢谢']);
  assert.deepEqual(offered('好的/谢'), ['谢谢']);
  assert.deepEqual(offered('hi /zzz'), []);
  for (const none of ['', 'th', '1/2', 'https://th', 'a/th', '/th ', 'and/or']) {
    assert.equal(offered(none), null, none);
  }
  assert.equal(suggest(replies, 'x /th').length, 3);
});

test('a token says whom it was made for', () => {
  const claims = Buffer.from(JSON.stringify({ sub: 'agent-7', name: '李' })).toString('base64url');
  assert.equal(userOf(`h.${claims}.s`), 'agent-7');
});
