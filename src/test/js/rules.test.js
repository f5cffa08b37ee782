import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cursor } from '../../../webapp/js/chat/receiving.js';
import * as rules from '../../../webapp/js/chat/rules.js';
import { Outbox } from '../../../webapp/js/chat/sending.js';
import { Refusal } from '../../../webapp/js/chat/protocol.js';
import { FirstWords, LastConversation } from '../../../webapp/js/widget/memory.js';
import { adviceFor, isHerd } from '../../../webapp/js/chat/protocol.js';
import { MemoryStorage } from './fakes.js';

const message = (seq) => ({ seq });

test('full jitter stays within a limit that doubles, and has a ceiling', () => {
  const bounds = { baseMs: 1000, maxMs: 30_000 };
  assert.equal(rules.fullJitter(0, bounds, () => 0.999), 999);
  assert.equal(rules.fullJitter(3, bounds, () => 0.5), 4000);
  assert.equal(rules.fullJitter(99, bounds, () => 0.999), 29_970);
  assert.equal(rules.fullJitter(5, bounds, () => 0), 0);
});

test('a path is blamed only while polling over it works', () => {
  assert.equal(rules.whoseFault({ pollingWorks: true }), 'path');
  assert.equal(rules.whoseFault({ pollingWorks: false }), 'server');
});

test('a fallback is remembered for 30 minutes, then twice as long, up to a day', () => {
  let memory = rules.remember(null, 0);
  assert.equal(memory.until, 30 * 60_000);
  assert.ok(rules.isRemembered(memory, memory.until - 1));
  assert.ok(!rules.isRemembered(memory, memory.until));
  memory = rules.remember(memory, 0);
  assert.equal(memory.until, 60 * 60_000);
  for (let i = 0; i < 20; i++) {
    memory = rules.remember(memory, 0);
  }
  assert.equal(memory.until, 24 * 3_600_000);
  assert.ok(!rules.isRemembered(null, 0));
});

test('tries in the background grow apart and are jittered by half', () => {
  assert.equal(rules.nextProbe(1, rules.DEFAULTS.probe, () => 0), 15_000);
  assert.equal(rules.nextProbe(1, rules.DEFAULTS.probe, () => 1), 30_000);
  assert.equal(rules.nextProbe(50, rules.DEFAULTS.probe, () => 1), rules.DEFAULTS.probe.maxMs);
});

test('a message is taken once and in order, whichever carrier brings it', () => {
  const cursor = new Cursor(null, 'c');
  assert.deepEqual(cursor.take([message(1), message(2)]).taken.map((m) => m.seq), [1, 2]);
  assert.deepEqual(cursor.take([message(2), message(3)]).taken.map((m) => m.seq), [3]);
  assert.deepEqual(cursor.take([message(1)]), { taken: [], gap: false });
});

test('what comes after a gap is not taken, and the gap is said', () => {
  const cursor = new Cursor(null, 'c');
  const { taken, gap } = cursor.take([message(1), message(3)]);
  assert.deepEqual(taken.map((m) => m.seq), [1]);
  assert.ok(gap);
  assert.equal(cursor.seq, 1);
});

test('a place outlives a reload, and another epoch starts over', () => {
  const storage = new MemoryStorage();
  const before = new Cursor(storage, 'c');
  before.epochIs('e1');
  before.take([message(1), message(2)]);
  const after = new Cursor(storage, 'c');
  assert.equal(after.seq, 2);
  assert.equal(after.epochIs('e1'), false);
  assert.equal(after.epochIs('e2'), true);
  assert.equal(after.seq, 0);
});

test('drafts outlive a reload, keep their order and have a bound', () => {
  const storage = new MemoryStorage();
  const before = new Outbox(storage, 'o');
  before.add({ client_msg_id: 'a' });
  before.add({ client_msg_id: 'b' });
  const after = new Outbox(storage, 'o');
  assert.equal(after.first.client_msg_id, 'a');
  after.settle('a');
  assert.equal(new Outbox(storage, 'o').first.client_msg_id, 'b');
  for (let i = 1; i < Outbox.MAX; i++) {
    after.add({ client_msg_id: `x${i}` });
  }
  assert.throws(() => after.add({ client_msg_id: 'one too many' }), RangeError);
});

test('two pages with one outbox overwrite nothing of each other, and take nothing back that is done', () => {
  const storage = new MemoryStorage();
  const kept = () => new Outbox(storage, 'o').all.map((draft) => draft.client_msg_id);
  const one = new Outbox(storage, 'o');
  one.add({ client_msg_id: 'a' });
  const other = new Outbox(storage, 'o');
  other.add({ client_msg_id: 'b' });
  one.add({ client_msg_id: 'c' });
  assert.deepEqual(kept(), ['a', 'b', 'c']);
  one.settle('a');
  other.add({ client_msg_id: 'd' });
  assert.deepEqual(kept(), ['b', 'c', 'd'], 'a page that was frozen does not bring back what was sent');
  const third = new Outbox(storage, 'o');
  one.settle('c');
  assert.deepEqual(third.takeAll().map((draft) => draft.client_msg_id), ['b', 'd'], 'not what was settled elsewhere');
  assert.deepEqual(kept(), []);
});

test('where storage is full or forbidden, drafts and first words last as long as the page', () => {
  const full = { getItem: () => null, setItem() { throw new DOMException('full', 'QuotaExceededError'); } };
  for (const storage of [full, null]) {
    const outbox = new Outbox(storage, 'o');
    outbox.add({ client_msg_id: 'a' });
    outbox.add({ client_msg_id: 'b' });
    assert.deepEqual(outbox.all.map((draft) => draft.client_msg_id), ['a', 'b']);
    const words = new FirstWords(storage, 'demo');
    words.add('one');
    words.add('two');
    assert.deepEqual(words.takeAll().map((draft) => draft.content), ['one', 'two']);
    assert.deepEqual(words.drafts, []);
  }
});

test('what two tabs bring into a new conversation is each there once', () => {
  const storage = new MemoryStorage();
  const [one, other] = [new FirstWords(storage, 'demo'), new FirstWords(storage, 'demo')];
  one.put([{ client_msg_id: 'a', content: 'A', session_id: 1 }, { client_msg_id: 'b', content: 'B', session_id: 1 }]);
  other.put([{ client_msg_id: 'a', content: 'A', session_id: 1 }]);
  assert.deepEqual(other.takeAll(), [{ content: 'A', client_msg_id: 'a' }, { content: 'B', client_msg_id: 'b' }]);
  assert.deepEqual(one.drafts, []);
});

test('what was left in a closed conversation comes before the first words of the next, and what was stored does not', async () => {
  const storage = new MemoryStorage();
  const left = new Outbox(storage, 'crossfade.outbox.1');
  for (const id of ['stored', 'too long', 'late', 'later']) {
    left.add({ client_msg_id: id, content: id, session_id: 1 });
  }
  const words = new FirstWords(storage, 'demo');
  words.put([{ client_msg_id: 'new', content: 'new' }]);
  const tab = new MemoryStorage();
  new Outbox(tab, 'crossfade.pending.1').add({ client_msg_id: 'latest', content: 'latest', session_id: 1 });
  const last = new LastConversation(storage, tab, 'demo');
  last.is(1);
  const refused = { late: 'session_closed', later: 'session_closed', latest: 'session_closed', 'too long': 'too_long' };
  const http = {
    call: async (path, { body }) => {
      if (refused[body.content]) {
        throw new Refusal({ code: refused[body.content], retryable: false }, 409, 0);
      }
    },
  };
  const failed = [];
  const settle = (current) => last.settle(current, http, words, (draft) => failed.push(draft.content), new AbortController().signal);
  await settle(1);
  assert.deepEqual(words.drafts.map((draft) => draft.content), ['new'], 'it is still the current one');
  await settle(2);
  assert.deepEqual(words.drafts.map((draft) => draft.content), ['late', 'later', 'latest', 'new']);
  assert.deepEqual(failed, ['too long']);
  assert.deepEqual(new Outbox(storage, 'crossfade.outbox.1').all, []);
});

test('every close code of the protocol has its advice', () => {
  const advice = {
    1001: 'come-back', 1012: 'come-back', 1013: 'come-back', 1006: 'come-back', 4429: 'come-back',
    1003: 'stop', 1007: 'stop', 1009: 'stop', 4400: 'stop', 4403: 'stop', 4404: 'stop', 4409: 'stop',
    4000: 'poll', 4408: 'poll', 4401: 'new-token', 4410: 'nothing',
  };
  for (const [code, what] of Object.entries(advice)) {
    assert.equal(adviceFor(Number(code)), what, code);
  }
  assert.ok(isHerd(1012) && !isHerd(1006));
});

test('a client moves between its transports only as drawn', () => {
  const { POLLING, TRYING, SOCKET, LEAVING, FALLEN_BACK, YIELDED, STOPPED } = rules.Phase;
  const drawn = {
    [POLLING]: [TRYING, FALLEN_BACK], [TRYING]: [POLLING, SOCKET, FALLEN_BACK, YIELDED], [SOCKET]: [POLLING, TRYING, LEAVING, YIELDED],
    [LEAVING]: [POLLING, SOCKET], [FALLEN_BACK]: [SOCKET, YIELDED], [YIELDED]: [POLLING, TRYING, FALLEN_BACK],
  };
  for (const from of Object.values(rules.Phase)) {
    const to = Object.values(rules.Phase).filter((one) => rules.isAllowed(from, one));
    assert.deepEqual(new Set(to), new Set(from === STOPPED ? [] : [...drawn[from], STOPPED]), from);
  }
});
