/**
 * From what the checks found to what is wrong, in which order of weight; pure, in no language.
 * A sentence is a key of the i18n files (without its prefix) and the values for its places.
 */

/** Longer links are cut short by chat programs and by mail. */
export const MAX_LINK_CHARS = 2_000;

/** Below, the heartbeat of 20 to 30 s does not come in time to keep a socket. */
const HEARTBEAT_MS = 30_000;

/** Chat still works, and feels slow. */
const SLOW_MS = 1_000;

/** Half of what lies between the two parts. */
const TOGETHER_MS = 500;

export const CHECKS = ['http', 'address', 'protocol', 'socket', 'frame', 'parts', 'hold', 'silence'];

/** Heaviest first: the verdict names the first one found. */
export const FAULTS = [
  'unreachable', 'foreign', 'status', 'off', 'upgrade', 'ajp', 'http2', 'scheme', 'host', 'origin', 'path', 'blocked',
  'lost', 'refused', 'deaf', 'closed', 'frame', 'hold', 'idle', 'forwarded', 'slow', 'buffering',
];

const LOCAL = /^(127\.|::1$|0:0:0:0:0:0:0:1$)/;
const PRIVATE = /^(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|::1$|0:0:0:0:0:0:0:1$|f[cd])/i;

/**
 * @param facts what the checks found so far; what is absent was not tried, or not yet
 * @param {Map<string, 'waiting'|'running'>} pending the checks that have not ended; who is not in it and found nothing was left out
 * @returns {{checks: {id, state, ms?, sentence, values}[], faults: string[], verdict: {level, sentence, values, fault}}}
 *   `state`: waiting, running, good, warning, bad or skipped
 */
export function judge(facts, pending = new Map()) {
  const checks = CHECKS.map((id) => {
    const found = RULES[id](facts);
    if (found) {
      return { id, values: {}, faults: [], ...found };
    }
    const state = pending.get(id) ?? 'skipped';
    return { id, state, sentence: state === 'skipped' ? 'skipped' : `${id}.what`, values: {}, faults: [] };
  });
  const faults = FAULTS.filter((fault) => checks.some((check) => check.faults.includes(fault)));
  return { checks, faults, verdict: verdict(checks, faults, pending) };
}

function verdict(checks, faults, pending) {
  const found = checks.find((check) => check.faults.includes(faults[0]));
  if (found) {
    const level = checks.some((check) => check.state === 'bad') ? 'bad' : 'warning';
    return { level, fault: faults[0], sentence: `verdict.${faults[0]}`, values: found.values };
  }
  const state = (id) => checks.find((check) => check.id === id).state;
  if (pending.size > 0) {
    const quick = state('frame') === 'good' && state('parts') !== 'running';
    return { level: 'running', sentence: quick ? 'verdict.so_far' : 'verdict.running', values: {} };
  }
  const all = checks.every((check) => check.state === 'good');
  return { level: 'good', sentence: all ? 'verdict.good' : 'verdict.good_but', values: {} };
}

const good = (ms, sentence, values) => ({ state: 'good', ms, sentence, values });
const wrong = (state, fault, sentence, values, ms, more = []) =>
  ({ state, ms, sentence, values, faults: [fault, ...more] });
const seconds = (ms) => Math.round(ms / 1_000);

const RULES = {
  http({ http }) {
    if (!http) {
      return null;
    }
    if (http.error) {
      return wrong('bad', http.error, `http.${http.error}`, { status: http.status ?? 0 });
    }
    return http.ms > SLOW_MS
      ? wrong('warning', 'slow', 'http.slow', { ms: http.ms }, http.ms)
      : good(http.ms, 'http.good', {});
  },

  address({ page, seen }) {
    if (!seen) {
      return null;
    }
    const values = { page, self: seen.self, address: seen.address };
    if (page.startsWith('https:') && seen.self.startsWith('http:')) {
      return wrong('bad', 'scheme', 'address.scheme', values);
    }
    if (page !== seen.self) {
      return wrong('bad', 'host', 'address.host', values);
    }
    return isProxys(seen, page)
      ? wrong('warning', 'forwarded', 'address.forwarded', values)
      : good(undefined, 'address.good', values);
  },

  protocol({ seen, http, socket }) {
    if (!seen) {
      return null;
    }
    const values = { hop: http.hop || '?', protocol: seen.protocol };
    if (seen.ajp) {
      return wrong('bad', 'ajp', 'protocol.ajp', values);
    }
    if (socket && !opened(socket) && seen.websocket === 'served') {
      if (seen.protocol === 'HTTP/1.0') {
        return wrong('bad', 'upgrade', 'protocol.http10', values);
      }
      if (seen.protocol.startsWith('HTTP/2')) {
        return wrong('bad', 'http2', 'protocol.http2', values);
      }
    }
    return good(undefined, 'protocol.good', values);
  },

  socket({ page, seen, socket, arrival }) {
    if (!socket || (!arrival && socket.result !== 'open')) {
      return null;
    }
    const { result, ms, code = 0 } = socket;
    if (result === 'open') {
      return good(socket.echo, 'socket.good', { ms });
    }
    const { arrived, upgrade, status = 0, plain } = arrival;
    if (seen.websocket !== 'served') {
      // Whether the path is well is known as far as the handshake came.
      const stripped = arrived && !upgrade ? ['upgrade'] : [];
      return wrong('warning', 'off', `socket.${seen.websocket}`, { protocol: seen.protocol }, ms, stripped);
    }
    const bad = (fault, values = {}, sentence = fault) => wrong('bad', fault, `socket.${sentence}`, values, ms);
    if (result === 'deaf') {
      return bad('deaf', {}, arrived ? 'deaf' : 'impostor');
    }
    if (result === 'closed') {
      return bad('closed', { code });
    }
    if (!arrived) {
      return plain === 426 ? bad('blocked') : bad('path', { status: plain });
    }
    if (!upgrade) {
      return bad('upgrade', { protocol: arrival.protocol });
    }
    if (status === 403) {
      return bad('origin', { page, self: seen.self });
    }
    return status === 101 ? bad('lost') : bad('refused', { status });
  },

  frame({ frame }) {
    if (!frame) {
      return null;
    }
    return frame.result === 'echoed'
      ? good(frame.ms, 'frame.good', {})
      : wrong('bad', 'frame', `frame.${frame.result}`, { code: frame.code ?? 0 }, frame.ms);
  },

  parts({ parts }) {
    if (!parts) {
      return null;
    }
    if (parts.failed) {
      return { state: 'warning', sentence: 'parts.failed' };
    }
    return parts.ms < TOGETHER_MS
      ? wrong('warning', 'buffering', 'parts.together', {}, parts.ms)
      : good(parts.ms, 'parts.good', {});
  },

  hold({ hold }) {
    if (!hold) {
      return null;
    }
    const values = { asked: hold.asked, s: seconds(hold.ms), status: hold.status ?? 0 };
    switch (hold.result) {
      case 'answered': return good(hold.ms, 'hold.good', values);
      case 'released': return { state: 'warning', ms: hold.ms, sentence: 'hold.released', values };
      case 'refused': return { state: 'warning', ms: hold.ms, sentence: 'hold.refused', values };
      default: return wrong('bad', 'hold', `hold.${hold.result}`, values, hold.ms);
    }
  },

  silence({ silence }) {
    if (!silence) {
      return null;
    }
    const values = { asked: silence.asked, s: seconds(silence.ms), code: silence.code ?? 0 };
    switch (silence.result) {
      case 'kept': return good(silence.ms, 'silence.good', values);
      case 'released': return { state: 'warning', ms: silence.ms, sentence: 'silence.released', values };
      case 'deaf': return wrong('bad', 'idle', 'silence.deaf', values, silence.ms);
      default: {
        const short = silence.ms < HEARTBEAT_MS;
        return wrong(short ? 'bad' : 'warning', 'idle', short ? 'silence.short' : 'silence.cut', values, silence.ms);
      }
    }
  },
};

const opened = ({ result }) => result === 'open' || result === 'closed' || result === 'deaf';

/** Whether the server takes everybody for its own front end. */
function isProxys({ address, forwarded = {} }, page) {
  const { hostname } = new URL(page);
  const away = hostname !== 'localhost' && !LOCAL.test(hostname.replace(/[[\]]/g, ''));
  const unread = forwarded.x_forwarded_for !== undefined && PRIVATE.test(address);
  return unread || (LOCAL.test(address) && away);
}

// ---- the link

const number = (value) => Number.isFinite(value) && value >= 0 && value <= 1e13;
const flag = (value) => typeof value === 'boolean';
const text = (most) => (value) => typeof value === 'string' && value.length <= most && !/[^ -~]/.test(value);
const oneOf = (...values) => (value) => values.includes(value);
const origin = (value) => text(120)(value) && /^https?:\/\/[^\s/]+$/.test(value) && new URL(value).origin === value;

/** All that a link may say; what a check needs is marked. Headers are cut to so much before. */
export const MAX_HEADER_CHARS = 60;
const header = text(MAX_HEADER_CHARS);
const FORM = {
  'at!': number, 'page!': origin, browser: text(200),
  'http!': { ms: number, hop: text(20), status: number, error: oneOf('unreachable', 'foreign', 'status') },
  seen: {
    'address!': text(60), 'self!': text(120), 'protocol!': text(20), 'ajp!': flag,
    'websocket!': oneOf('served', 'killed', 'disabled'),
    forwarded: {
      forwarded: header, x_forwarded_for: header, x_forwarded_proto: header, x_forwarded_host: header,
      x_forwarded_port: header, via: header,
    },
  },
  socket: { 'result!': oneOf('open', 'refused', 'timeout', 'deaf', 'closed'), 'ms!': number, echo: number, code: number },
  arrival: { 'arrived!': flag, upgrade: flag, protocol: text(20), status: number, plain: number },
  frame: { 'result!': oneOf('echoed', 'closed', 'deaf'), 'ms!': number, code: number },
  parts: { ms: number, failed: flag },
  hold: {
    'result!': oneOf('answered', 'released', 'refused', 'status', 'cut', 'deaf'), 'ms!': number, 'asked!': number,
    status: number,
  },
  silence: { 'result!': oneOf('kept', 'released', 'closed', 'deaf'), 'ms!': number, 'asked!': number, code: number },
};

function fits(form, value) {
  if (typeof form === 'function') {
    return form(value);
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    return false;
  }
  const known = Object.entries(form).map(([name, part]) => [name.replace('!', ''), part, name.endsWith('!')]);
  return Object.keys(value).every((name) => known.some(([one]) => one === name))
    && known.every(([name, part, needed]) => (Object.hasOwn(value, name) ? fits(part, value[name]) : !needed));
}

/** Whether these are facts that {@link judge} understands; also that those which belong together are there. */
export function understood(facts) {
  return fits(FORM, facts)
    && (facts.http.error !== undefined || number(facts.http.ms))
    && (facts.seen !== undefined || !(facts.socket || facts.arrival));
}

/** The facts as the text behind `#r=`, of at most {@link MAX_LINK_CHARS}: what is only nice to know goes first. */
export function encode(facts) {
  const { browser, ...shorter } = facts;
  const { forwarded, ...seen } = facts.seen ?? {};
  const least = facts.seen ? { ...shorter, seen } : shorter;
  return [facts, shorter, least].map(base64url).find((link) => link.length <= MAX_LINK_CHARS) ?? null;
}

/** The facts of a link, or null where it holds anything else. Throws nothing. */
export function decode(link) {
  if (link.length > MAX_LINK_CHARS || !/^[A-Za-z0-9_-]+$/.test(link)) {
    return null;
  }
  try {
    const facts = JSON.parse(atob(link.replaceAll('-', '+').replaceAll('_', '/')));
    return understood(facts) ? facts : null;
  } catch {
    return null;
  }
}

/** Facts are ASCII. */
function base64url(facts) {
  return btoa(JSON.stringify(facts)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}
