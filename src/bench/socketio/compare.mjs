import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { blindTo, check } from './check.mjs';
import { CrossfadeSystem } from './crossfade.mjs';
import { Way, schedule } from './proxy.mjs';
import { table } from './report.mjs';
import { SocketIoSystem } from './socketio.mjs';

/** How many members each conversation has; the first and the last of them write. */
const CONVERSATIONS = [2, 3, 4, 3];
const SETTLE_MS = 90_000;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '120' },
    every: { type: 'string', default: '20' },
    rate: { type: 'string', default: '2' },
    url: { type: 'string', default: 'http://localhost:8080/crossfade/' },
    mended: { type: 'boolean', default: false }, // Socket.IO without the fault that deaf.mjs shows
    out: { type: 'string' },
  },
});
const [seed, seconds, everySeconds, rate] = [values.seed, values.seconds, values.every, values.rate].map(Number);
const { mended } = values;
const quick = { pingInterval: 2_000, pingTimeout: 2_000 };
const systems = [
  new CrossfadeSystem(values.url),
  new SocketIoSystem({ name: 'Socket.IO, recovery', mended }),
  new SocketIoSystem({ name: 'Socket.IO, recovery, ping 2 s/2 s', ping: quick, mended }),
  new SocketIoSystem({ name: 'Socket.IO, recovery + recipe', recipe: true, mended }),
  new SocketIoSystem({ name: 'Socket.IO, recovery + recipe, ping 2 s/2 s', ping: quick, recipe: true, mended }),
];
const members = CONVERSATIONS.flatMap((size, conversation) =>
  Array.from({ length: size }, (_, i) => ({
    id: `c${conversation}m${i}`, conversation, writes: i === 0 || i === size - 1, isLast: i === size - 1,
  })));
const cuts = schedule({ seed, members: members.length, seconds, everySeconds });

/** Everybody is there and connected before the first message and the first cut. */
async function setUp(system) {
  const target = await system.open();
  const run = {
    system, ways: [], hits: {}, connections: 0, done: new Set(),
    records: { members, sent: [], acked: [], refused: [], shown: [] },
  };
  for (const { id, conversation, isLast } of members) {
    const way = await new Way(target).open();
    run.ways.push(way);
    const on = {
      shown: (key) => run.records.shown.push({ member: id, key, at: performance.now() }),
      acked: (key) => run.records.acked.push(key),
      refused: (key) => run.records.refused.push(key),
    };
    run[id] = await system.join({ port: way.port, conversation, member: id, isLast, on });
  }
  return run;
}

function write({ records, ...run }, { id, conversation }, n) {
  const key = `${seed}:${id}:${n}`;
  records.sent.push({ key, conversation, sender: id, n, at: performance.now() });
  try {
    run[id].say(key);
  } catch {
    records.refused.push(key); // a full outbox: the composer says so
  }
}

function cut(run, planned) {
  const ways = planned.member === null ? run.ways : [run.ways[planned.member]];
  const hit = ways.reduce((sum, way) => sum + way.cut(planned), 0);
  run.connections += hit;
  run.hits[planned.kind] = (run.hits[planned.kind] ?? 0) + (hit > 0 ? 1 : 0);
}

/** Open loop: a message is written at its time, whatever became of those before. */
async function play(runs) {
  const plan = cuts.map((planned) => ({ at: planned.at, act: () => runs.forEach((run) => cut(run, planned)) }));
  const writers = members.filter(({ writes }) => writes);
  for (let n = 0; n < seconds * rate; n++) {
    writers.forEach((writer, i) => plan.push({
      at: ((n + i / writers.length) * 1000) / rate,
      act: () => runs.forEach((run) => write(run, writer, n)),
    }));
  }
  plan.sort((a, b) => a.at - b.at);
  const start = performance.now();
  for (const { at, act } of plan) {
    const wait = start + at - performance.now();
    if (wait > 0) {
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
    act();
  }
}

/** Until all has come everywhere, or the path has been whole for so long that nothing more will. */
async function settle(runs) {
  runs.forEach(({ ways }) => ways.forEach((way) => way.heal()));
  const end = performance.now() + SETTLE_MS;
  const complete = ({ records }) => {
    const { lost, unknown, partly } = check(records);
    return lost + unknown + partly === 0;
  };
  while (performance.now() < end && !runs.every(complete)) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

const runs = await Promise.all(systems.map(setUp));
await play(runs);
await settle(runs);
const blind = runs.map(({ records }) => blindTo(records)).flat();
if (blind.length > 0) {
  throw new Error(`the checker does not notice: ${blind}`);
}
const require = createRequire(import.meta.url);
const { dependencies } = JSON.parse(await readFile(new URL('package.json', import.meta.url), 'utf8'));
const versions = Object.keys(dependencies).map((name) => `${name} ${require(`${name}/package.json`).version}`);
const text = table({
  command: `node compare.mjs --seed ${seed} --seconds ${seconds} --every ${everySeconds} --rate ${rate}${mended ? ' --mended' : ''}`,
  versions: [`Node ${process.versions.node}`, ...versions],
  members: members.length, conversations: CONVERSATIONS.length, cuts,
  columns: runs.map(({ system, records, hits, connections }) => ({
    name: system.name, counts: check(records), hits, connections, notes: system.notes(),
  })),
});
console.log(text);
if (values.out) {
  await writeFile(values.out, text, { flag: 'a' });
}
runs.forEach(({ system, ways }) => { system.close(); ways.forEach((way) => way.close()); });
process.exit(0);
