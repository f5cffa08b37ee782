import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Checkup } from '../../../webapp/js/doctor/checkup.js';
import { linesOf, remedies } from '../../../webapp/js/doctor/remedies.js';
import { CHECKS, FAULTS, MAX_LINK_CHARS, decode, encode, judge } from '../../../webapp/js/doctor/rules.js';
import { FakeTime } from './fakes.js';

const repository = new URL('../../../', import.meta.url);
const read = (path) => readFileSync(new URL(path, repository), 'utf8');
const languages = ['en', 'zh-CN'].map((one) => JSON.parse(read(`webapp/i18n/doctor/${one}.json`)));

const seen = {
  address: '203.0.113.7', self: 'https://chat.example', protocol: 'HTTP/1.1', ajp: false, websocket: 'served', forwarded: {},
};
const WELL = {
  at: 1_700_000_000, page: 'https://chat.example', browser: 'Mozilla/5.0', http: { ms: 20, hop: 'h2' }, seen,
  socket: { result: 'open', ms: 40, echo: 20 }, frame: { result: 'echoed', ms: 60 }, parts: { ms: 1_000 },
  hold: { result: 'answered', ms: 25_020, asked: 25 }, silence: { result: 'kept', ms: 70_000, asked: 70 },
};
const arrived = { arrived: true, upgrade: true, protocol: 'HTTP/1.1', status: 101, plain: 426 };
const refused = (arrival, more = {}) =>
  ({ ...WELL, socket: { result: 'refused', ms: 30 }, arrival: { ...arrived, ...arrival }, frame: undefined, silence: undefined, ...more });
const sees = (more) => ({ seen: { ...seen, ...more } });
const ids = ['deaf', 'closed'].map((result) => ({ socket: { result, ms: 30, code: 1006 } }));

/** What is found → the fault of the verdict. */
const CASES = {
  'all is well': [WELL, undefined],
  'no answer at all': [{ ...WELL, http: { error: 'unreachable' }, seen: undefined, socket: undefined }, 'unreachable'],
  'the page of a hotel': [{ ...WELL, http: { error: 'foreign' }, seen: undefined, socket: undefined }, 'foreign'],
  'a front end without a server': [{ ...WELL, http: { error: 'status', status: 502 }, seen: undefined, socket: undefined }, 'status'],
  'a kill is not the network': [refused({ status: 503 }, sees({ websocket: 'killed' })), 'off'],
  'nor is a disabled toggle': [refused({ status: 503 }, sees({ websocket: 'disabled' })), 'off'],
  'the Upgrade header is taken off': [refused({ upgrade: false, status: 426 }), 'upgrade'],
  'HTTP/1.0 to Tomcat': [refused({ upgrade: false, protocol: 'HTTP/1.0', status: 426 }, sees({ protocol: 'HTTP/1.0' })), 'upgrade'],
  'AJP': [refused({ upgrade: false, status: 426 }, sees({ ajp: true })), 'upgrade'],
  'AJP that drops the handshake': [refused({ arrived: false }, sees({ ajp: true })), 'ajp'],
  'HTTP/2 to Tomcat': [refused({ arrived: false }, sees({ protocol: 'HTTP/2.0' })), 'http2'],
  'https that the server does not know of': [{ ...WELL, ...sees({ self: 'http://chat.example' }) }, 'scheme'],
  'another host than was asked for': [{ ...WELL, ...sees({ self: 'https://crossfade:8080' }) }, 'host'],
  'a page of another origin': [refused({ status: 403 }), 'origin'],
  'a path that goes elsewhere': [refused({ arrived: false, plain: 404 }), 'path'],
  'handshakes that never arrive': [refused({ arrived: false }), 'blocked'],
  'a 101 that never came back': [refused({}), 'lost'],
  'a full server': [refused({ status: 503 }), 'refused'],
  'handshake passes, frames do not': [refused({}, ids[0]), 'deaf'],
  'a 101 by somebody else': [refused({ arrived: false }, ids[0]), 'deaf'],
  'closed at once': [refused({}, ids[1]), 'closed'],
  'a large frame is lost': [{ ...WELL, frame: { result: 'deaf', ms: 5_000 } }, 'frame'],
  'a large frame is fatal': [{ ...WELL, frame: { result: 'closed', ms: 50, code: 1009 } }, 'frame'],
  'an answer of 504 to a held poll': [{ ...WELL, hold: { result: 'status', status: 504, ms: 15_000, asked: 25 } }, 'hold'],
  'a held poll that is cut': [{ ...WELL, hold: { result: 'cut', ms: 15_000, asked: 25 } }, 'hold'],
  'a held poll that is forgotten': [{ ...WELL, hold: { result: 'deaf', ms: 35_000, asked: 25 } }, 'hold'],
  'a held poll while the server goes': [{ ...WELL, hold: { result: 'released', ms: 3_000, asked: 25 } }, undefined],
  'a held poll that is one too many': [{ ...WELL, hold: { result: 'refused', ms: 30, asked: 25 } }, undefined],
  'silence is cut before the heartbeat': [{ ...WELL, silence: { result: 'closed', ms: 20_000, asked: 70, code: 1006 } }, 'idle'],
  'silence is cut after it': [{ ...WELL, silence: { result: 'closed', ms: 60_000, asked: 70, code: 1006 } }, 'idle'],
  'silence is deadly without a word': [{ ...WELL, silence: { result: 'deaf', ms: 70_000, asked: 70 } }, 'idle'],
  'silence while the server goes': [{ ...WELL, silence: { result: 'released', ms: 7_000, asked: 70, code: 1001 } }, undefined],
  'everybody is the front end': [{ ...WELL, ...sees({ address: '127.0.0.1' }) }, 'forwarded'],
  'X-Forwarded-For that nobody reads': [
    { ...WELL, ...sees({ address: '10.0.0.3', forwarded: { x_forwarded_for: '203.0.113.7' } }) }, 'forwarded'],
  'parts that come together': [{ ...WELL, parts: { ms: 3 } }, 'buffering'],
  'parts that do not come': [{ ...WELL, parts: { failed: true } }, undefined],
  'a slow way': [{ ...WELL, http: { ms: 1_500, hop: 'h2' } }, 'slow'],
};

/** Keys of words that the cases have used. */
const used = new Set();

for (const [name, [facts, fault]] of Object.entries(CASES)) {
  test(`${name}: ${fault ?? 'no fault'}, in words, and the same from the link`, () => {
    const judged = judge(facts);
    assert.equal(judged.verdict.fault, fault);
    assert.equal(judged.verdict.level === 'good', fault === undefined);
    const texts = [judged.verdict, ...judged.checks];
    texts.push(...judged.faults.map((one) => ({ sentence: `advice.${one}`, values: {} })));
    for (const { sentence, values } of texts) {
      used.add(`doctor.${sentence}`);
      for (const words of languages) {
        const text = words[`doctor.${sentence}`];
        assert.ok(text, sentence);
        for (const [, place] of text.matchAll(/\{(\w+)\}/g)) {
          assert.ok(place in values, `${sentence} has no ${place}`);
        }
      }
    }
    assert.deepEqual(judge(decode(encode(facts))), judged);
  });
}

test('every fault has been seen, and no word is there that nobody says', () => {
  const faults = Object.values(CASES).map(([, fault]) => fault);
  assert.deepEqual(FAULTS.filter((fault) => !faults.includes(fault)), []);
  const sentences = Object.keys(languages[0]).filter((key) =>
    new RegExp(`^doctor\\.(verdict|advice|${CHECKS.join('|')})\\.`).test(key) && !/\.(what|running|so_far)$/.test(key));
  assert.deepEqual(sentences.filter((key) => !used.has(key)), []);
});

test('a kill says so and keeps silent of the network; what is known of the path is mended all the same', () => {
  const { verdict, checks, faults } = judge(refused({ upgrade: false, status: 426 }, sees({ websocket: 'killed' })));
  assert.equal(verdict.sentence, 'verdict.off');
  assert.equal(checks.find(({ id }) => id === 'socket').sentence, 'socket.killed');
  assert.deepEqual(faults, ['off', 'upgrade']);
  assert.match(languages[0]['doctor.socket.killed'], /503/);
});

test('silence that outlasts the heartbeat is a warning, a shorter one is bad', () => {
  const state = (ms) => judge({ ...WELL, silence: { result: 'closed', ms, asked: 70, code: 1006 } }).verdict.level;
  assert.deepEqual([state(29_000), state(31_000)], ['bad', 'warning']);
});

test('before all has ended it says so, and what was left out is not called good', () => {
  const pending = new Map([['hold', 'running'], ['silence', 'running']]);
  const { hold, silence, ...quick } = WELL;
  assert.equal(judge(quick, pending).verdict.sentence, 'verdict.so_far');
  assert.equal(judge({ at: 1, page: 'http://x' }, new Map(CHECKS.map((id) => [id, 'waiting']))).verdict.sentence, 'verdict.running');
  const judged = judge(quick);
  assert.equal(judged.verdict.sentence, 'verdict.good_but');
  assert.deepEqual(judged.checks.filter(({ state }) => state === 'skipped').map(({ id }) => id), ['hold', 'silence']);
});

// ---- the link

test('the longest facts fit into a link', () => {
  const x = (n) => 'x'.repeat(n);
  const page = `https://${x(112)}`;
  const forwarded = Object.fromEntries(['forwarded', 'x_forwarded_for', 'x_forwarded_proto', 'x_forwarded_host',
    'x_forwarded_port', 'via'].map((name) => [name, x(60)]));
  const facts = {
    ...refused({ protocol: x(20) }), page, browser: x(200), http: { ms: 10_000, hop: x(20) },
    seen: { ...seen, address: x(60), self: x(120), protocol: x(20), forwarded },
    silence: { result: 'closed', ms: 70_000, asked: 70, code: 1006 },
  };
  const link = encode(facts);
  assert.ok(link.length <= MAX_LINK_CHARS);
  assert.equal(decode(link).page, page);
});

const link = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const HOSTILE = {
  'nothing': '', 'no base64': '%%%', 'no JSON': link('hello'), 'null': link('null'), 'a list': link('[]'), 'empty': link({}),
  'too long': 'A'.repeat(MAX_LINK_CHARS + 1),
  'markup for an origin': link({ ...WELL, page: '<img src=x onerror=alert(1)>' }),
  'a script for an origin': link({ ...WELL, page: 'javascript:alert(1)' }),
  'a path behind the origin': link({ ...WELL, page: 'https://chat.example/evil' }),
  'a word for a figure': link({ ...WELL, http: { ms: 'soon' } }),
  'no figure': link({ ...WELL, http: {} }),
  'a figure below nothing': link({ ...WELL, parts: { ms: -1 } }),
  'an unknown result': link({ ...WELL, hold: { result: 'constructor', ms: 1, asked: 1 } }),
  'an unknown state': link({ ...WELL, seen: { ...seen, websocket: '__proto__' } }),
  'a stranger': link({ ...WELL, verdict: 'Send your password to …' }),
  'a prototype': link(`{"__proto__":{"x":1},${JSON.stringify(WELL).slice(1)}`),
  'a socket on a server that was not reached': link({ ...WELL, seen: undefined }),
  'a control character': link({ ...WELL, browser: 'a\u202eb' }),
};
for (const [name, hostile] of Object.entries(HOSTILE)) {
  test(`a link with ${name} is no result`, () => assert.equal(decode(hostile), null));
}

// ---- what mends it

const FILES = {
  'nginx': ['nginx.conf'], 'Apache httpd': ['httpd.conf'], 'HAProxy': ['haproxy.cfg'], 'Tomcat': ['crossfade.xml'],
};
for (const [front, [file]] of Object.entries(FILES)) {
  test(`every line for ${front} is one of tomcat-conf/${file}`, () => {
    const plain = (text) => text.replace(/\s+#.*$/gm, '').replace(/[ \t]+/g, ' ').trim();
    const ours = read(`tomcat-conf/${file}`).split('\n').map(plain);
    for (const line of linesOf(front)) {
      assert.ok(ours.includes(plain(line)), line);
    }
  });
}

test('only the lines that concern the fault are shown', () => {
  assert.deepEqual(remedies([]), []);
  assert.deepEqual(remedies(['off', 'deaf', 'slow', 'unreachable', 'refused']), []);
  const nginx = (...faults) => remedies(faults).find(({ front }) => front === 'nginx').text;
  assert.equal(nginx('hold'), '# in location /crossfade/ { }\nproxy_read_timeout 75s;\nproxy_send_timeout 75s;');
  assert.equal(nginx('hold', 'idle'), nginx('hold'));
  assert.match(nginx('upgrade', 'host'), /^# beside server.*\nmap [^#]*# in location[^#]*Upgrade[^#]*Connection[^#]*Host/s);
  assert.doesNotMatch(nginx('upgrade'), /timeout|buffering|Host/);
});

// ---- the run itself, on a clock that only the test moves

class World {
  time = new FakeTime();
  asked = [];
  sockets = [];
  /** What a socket does: open and echo; refuse; silent after 101; or die after so long. */
  path = 'echo';
  arrival = { arrived: true, upgrade: true, protocol: 'HTTP/1.1', status: 101 };
  holdCutMs = Infinity;
  look = { ...seen, self: 'http://localhost' };

  constructor() {
    const world = this;
    Object.assign(this, this.time.timers);
    this.WebSocket = class extends EventTarget {
      constructor(url) {
        super();
        world.sockets.push(this);
        this.url = url;
        world.setTimeout(() => this.#begin(), 10);
      }

      #begin() {
        if (world.path === 'refuse') {
          this.end(1006);
        } else {
          this.dispatchEvent(new Event('open'));
        }
      }

      send(text) {
        if (world.path === 'echo') {
          world.setTimeout(() => this.dispatchEvent(new MessageEvent('message', { data: text })), 7);
        }
      }

      end(code) {
        this.dispatchEvent(Object.assign(new Event('close'), { code }));
      }

      close() {}
    };
  }

  base = 'http://localhost/crossfade/';
  page = 'http://localhost';
  browser = 'Browser';
  now = () => this.time.now;
  date = () => 1_700_000_000_000;
  random = () => '0'.repeat(32);
  hop = () => 'http/1.1';

  fetch = (url, { signal }) => {
    this.asked.push(url);
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
      const answer = (status, body, ms, more) => this.setTimeout(() =>
        resolve({ ok: status === 200, status, text: async () => JSON.stringify(body), ...more }), ms);
      if (url.endsWith('/api/doctor')) {
        answer(200, this.look, 5);
      } else if (url.includes('/hold')) {
        this.setTimeout(() => reject(new TypeError('gone')), this.holdCutMs);
        answer(200, { held: true }, 25_000);
      } else if (url.includes('/handshake')) {
        answer(200, this.arrival, 5);
      } else if (url.endsWith('/echo')) {
        answer(426, { code: 'upgrade_required' }, 5);
      } else {
        answer(200, null, 5, { body: { pipeThrough: () => ({ getReader: () => this.parts() }) } });
      }
    });
  };

  /** "1", a second later "2", the end. */
  parts() {
    const left = [[0, { value: '1\n' }], [1_000, { value: '2\n' }], [0, { done: true }]];
    return {
      read: () => new Promise((resolve) => {
        const [ms, read] = left.shift();
        this.setTimeout(() => resolve(read), ms);
      }),
    };
  }

  checkup(options) {
    this.told = 0;
    return new Checkup(this, options, () => this.told++);
  }
}

test('a run on a good path finds all well in 70 s of its own time, the long checks side by side', async () => {
  const world = new World();
  const checkup = world.checkup();
  const over = checkup.run();
  await world.time.pass(72_000);
  await over;
  const { http, socket, frame, parts, hold, silence, browser } = checkup.facts;
  assert.equal(parts.ms, 1_000);
  assert.equal(http.ms, 5);
  assert.deepEqual(socket, { result: 'open', ms: 10, echo: 7 });
  assert.deepEqual([frame.result, hold, silence, browser], ['echoed', { result: 'answered', ms: 25_000, asked: 25 },
    { result: 'kept', ms: 70_000, asked: 70 }, 'Browser']);
  assert.equal(checkup.pending.size, 0);
  assert.match(world.sockets[0].url, /^ws:\/\/localhost\/crossfade\/doctor\/echo\?id=0{32}$/);
});

test('a socket that dies of silence, and a poll that is cut, are found with their time', async () => {
  const world = new World();
  world.holdCutMs = 15_000;
  const checkup = world.checkup();
  const over = checkup.run();
  await world.time.pass(5_000);
  world.setTimeout(() => world.sockets[1].end(1006), 55_000);
  await world.time.pass(67_000);
  await over;
  assert.equal(checkup.facts.hold.result, 'cut');
  assert.equal(checkup.facts.hold.ms, 15_000);
  assert.equal(checkup.facts.silence.result, 'closed');
  assert.ok(Math.abs(checkup.facts.silence.ms - 60_000) < 1_000);
});

test('a refused handshake is asked after, and the long silence is left out', async () => {
  const world = new World();
  world.path = 'refuse';
  world.arrival = { arrived: true, upgrade: false, protocol: 'HTTP/1.0', status: 426 };
  const checkup = world.checkup();
  const over = checkup.run();
  await world.time.pass(26_000);
  await over;
  assert.deepEqual(checkup.facts.arrival, { ...world.arrival, plain: 426 });
  assert.equal(judge(checkup.facts).verdict.fault, 'upgrade');
  assert.equal(world.sockets.length, 1);
});

test('101 and then nothing is given up after 5 s', async () => {
  const world = new World();
  world.path = 'silent';
  world.arrival = { arrived: false };
  const checkup = world.checkup();
  const over = checkup.run();
  await world.time.pass(26_000);
  await over;
  assert.equal(checkup.facts.socket.result, 'deaf');
  assert.equal(judge(checkup.facts).verdict.fault, 'deaf');
});

test('the long checks can be left out at once', async () => {
  const world = new World();
  const checkup = world.checkup();
  const over = checkup.run();
  await world.time.pass(2_000);
  checkup.skip();
  await world.time.pass(1_000);
  await over;
  assert.deepEqual([checkup.facts.hold, checkup.facts.silence], [undefined, undefined]);
  assert.equal(judge(checkup.facts, checkup.pending).verdict.sentence, 'verdict.good_but');
});

test('nothing is told any more of a run that was stopped', async () => {
  const world = new World();
  const checkup = world.checkup();
  const over = checkup.run();
  await world.time.pass(1_000);
  checkup.stop();
  const { told } = world;
  await world.time.pass(80_000);
  await over;
  assert.equal(world.told, told);
});
