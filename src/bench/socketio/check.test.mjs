import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blindTo, check } from './check.mjs';
import { schedule } from './proxy.mjs';

const members = ['a', 'b'].map((id) => ({ id, conversation: 0 }));
const sent = Array.from({ length: 10 }, (_, n) => ({ key: `k${n}`, conversation: 0, sender: 'a', n, at: n * 100 }));
const clean = {
  members, sent, acked: sent.map(({ key }) => key), refused: [],
  shown: sent.flatMap(({ key, at }) => members.map(({ id }) => ({ member: id, key, at: at + 5 }))),
};

test('a clean run has nothing to say', () => {
  const { lost, doubled, reordered, foreign, unknown, expected, delivered, latest } = check(clean);
  assert.deepEqual({ lost, doubled, reordered, foreign, unknown, expected, delivered, latest },
    { lost: 0, doubled: 0, reordered: 0, foreign: 0, unknown: 0, expected: 20, delivered: 20, latest: 5 });
});

test('each way to spoil the records is noticed', () => assert.deepEqual(blindTo(clean), []));

test('what nobody saw and nobody acked has vanished; what one saw is partly there', () => {
  const acked = clean.acked.slice(2);
  const shown = clean.shown.filter(({ key, member }) => key !== 'k0' && (key !== 'k1' || member === 'b'));
  const counts = check({ ...clean, acked, shown });
  assert.deepEqual([counts.unknown, counts.vanished, counts.partly, counts.lost], [2, 1, 1, 0]);
});

test('the time without a message is seen, also at the end', () => {
  assert.equal(check({ ...clean, shown: clean.shown.slice(0, 10) }).dark, 900 - 405);
});

test('the same seed makes the same cuts, another makes others', () => {
  const of = (seed) => schedule({ seed, members: 12, seconds: 120, everySeconds: 20 });
  assert.deepEqual(of(7), of(7));
  assert.notDeepEqual(of(7), of(8));
});
