import { Http } from './chat/http.js';
import { staffToken } from './chat/staff.js';
import { element, find } from './lib/dom.js';
import { language, shortTime, t, translatePage } from './lib/i18n.js';
import { Charts } from './ui/charts.js';

/**
 * The ops page. Hooks for tests: `#truth`, `#percentage`, `#reason`, `#save`,
 * `#kill`, `#unkill`, `#client`, `#sentence`, `#audit tr`, `#gate`, `#container`, `#node-list tr`, `#worst li`, `canvas`, `#stages li`, `#preset`, `#lay`, `[data-move]`, `#signals tr`.
 */
const base = new URL('../', import.meta.url).href;

/** So another admin's change appears by itself. */
const REFRESH_MS = 5_000;

/** Twelve hours, as the server keeps. */
const MAX_SAMPLES = 1_440;

/** What a person may do with a plan in each state; the server has the last word. */
const MOVES = {
  ready: ['start'],
  running: ['pause', 'advance', 'step_back'],
  awaiting_approval: ['approve', 'pause', 'step_back'],
  cooldown: ['pause', 'advance', 'step_back'],
  paused: ['resume', 'advance', 'step_back'],
  completed: ['pause', 'step_back'],
};

await translatePage('ops');
const http = new Http({ base, getToken: staffToken(base) });
const charts = new Charts({ clients: find('#chart-clients'), delivery: find('#chart-delivery'), fallbacks: find('#chart-fallbacks') });
let rule = null;
/** The gate's last answer; null before the first. */
let gate = null;
let marks = [];
let samples = [];

function call(path, options = {}) {
  return http.call(path, { ...options, headers: { 'Accept-Language': language } });
}

function truth() {
  const since = { percent: rule.percentage, since: shortTime(rule.updated_at), who: rule.updated_by };
  if (rule.killed) {
    return t('truth.killed', since);
  }
  const held = rule.enabled && rule.plan && gate ? ` ${t(`plan.${rule.plan.state}`)}${t('truth.colon')}${gate.sentence}` : '';
  return t(rule.enabled ? 'truth.running' : 'truth.disabled', since) + held;
}

function show(fresh) {
  const changed = rule?.revision !== fresh.revision;
  rule = fresh;
  find('#truth').textContent = truth();
  find('#truth').classList.toggle('killed', rule.killed || !rule.enabled);
  find('#kill').hidden = rule.killed;
  find('#unkill').hidden = !rule.killed;
  find('#save').disabled = rule.killed;
  showPlan();
  if (changed) {
    find('#percentage').value = rule.killed ? 0 : rule.percentage;
    showAudit();
  }
}

function showPlan() {
  const { plan } = rule;
  const moves = plan && !rule.killed ? MOVES[plan.state] : [];
  for (const button of document.querySelectorAll('[data-move]')) {
    button.hidden = !moves.includes(button.dataset.move);
  }
  find('#stages').hidden = !plan;
  find('#stages').replaceChildren(...(plan?.text.split(';').slice(1) ?? []).map((stage, i) => {
    const [percent, , , asks] = stage.split('/');
    const item = element('li', { text: `${percent} %${asks || percent > 25 ? ` · ${t('plan.asks')}` : ''}` });
    item.classList.toggle('done', i < plan.stage);
    if (i === plan.stage) {
      item.setAttribute('aria-current', 'step');
    }
    return item;
  }));
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;

function seen({ signal, bad, n, control_bad: controlBad, control_n: controlN }) {
  switch (signal) {
    case 'late': return `${bad} / ${n} ↔ ${controlBad} / ${controlN}`;
    default: return `${bad} / ${n}`;
  }
}

function limit({ signal, tolerated, intolerable }) {
  switch (signal) {
    case 'late': return `× ${tolerated} / × ${intolerable}`;
    case 'gap': return '0 / 3';
    default: return `${percent(tolerated)} / ${percent(intolerable)}`;
  }
}

function showGate({ verdict, signals, nodes, worst_shops: worst, watch_only: watching }) {
  find('#truth').textContent = truth();
  find('#gate').textContent = rule.plan ? t(`plan.${rule.plan.state}`) + (watching ? ` · ${t('plan.watching')}` : '') : t('plan.none');
  find('#gate').dataset.verdict = verdict;
  find('#evidence').hidden = !rule.plan;
  find('#signals').replaceChildren(...signals.map((signal) => {
    const row = element('tr', {},
      element('td', { text: t(`signal.${signal.signal}`) }),
      element('td', { text: seen(signal) }),
      element('td', { text: signal.wilson_high > 0 && signal.n > 0 ? `${percent(signal.wilson_low)} – ${percent(signal.wilson_high)}` : '' }),
      element('td', { text: limit(signal) }),
      element('td', { text: t(`outcome.${signal.outcome}`) }));
    row.dataset.outcome = signal.outcome;
    return row;
  }));
  const leaving = nodes.reduce((sum, node) => sum + node.leaving, 0);
  const sockets = nodes.reduce((sum, node) => sum + node.sockets, 0);
  find('#nodes').textContent = t('plan.nodes', { nodes: nodes.length, sockets, leaving });
  find('#node-list').replaceChildren(...nodes.map((node) => element('tr', {},
    element('td', { text: node.node.slice(0, 8) }),
    ...[node.sockets, node.polls, percent(node.heap), percent(node.files), percent(node.threads)].map((text) => element('td', { text })))));
  find('#no-shops').hidden = worst.length > 0;
  find('#worst').replaceChildren(...worst.map(({ shop, failed, of }) =>
    element('li', { text: t('shops.failed', { shop, failed, of, share: percent(failed / of) }), dir: 'auto' })));
}

function what({ action, from, to, refused }) {
  const change = to && from?.percentage !== to.percentage ? ` ${from?.percentage ?? 0} % → ${to.percentage} %` : '';
  return `${action}${change}${refused ? ` ✗ ${refused}` : ''}`;
}

async function showAudit() {
  const { body } = await call('api/rollout/audit?limit=20');
  marks = body.entries.filter((entry) => !entry.refused && entry.to).map((entry) => ({
    at: Date.parse(entry.at), text: entry.to.killed ? t('chart.killed') : `${entry.to.percentage} %`,
  }));
  find('#audit').replaceChildren(...body.entries.map((entry) => element('tr', {},
    element('td', { text: shortTime(entry.at) }),
    element('td', { text: entry.actor }),
    element('td', { text: what(entry) }),
    element('td', { text: entry.reason ?? '', dir: 'auto' }))));
}

/** Asks only for new samples, and keeps as many as the server does. */
async function showHistory() {
  const last = samples.at(-1);
  const { body } = await call(`api/rollout/history${last ? `?after=${Date.parse(last.at)}` : ''}`);
  if (body.samples.length > 0 || !last) {
    samples = [...samples, ...body.samples].slice(-MAX_SAMPLES);
  }
  charts.show(samples, marks);
}

async function showContainer() {
  const { body } = await call('api/node');
  find('#container').textContent = t(body.container_safe ? 'health.container' : 'health.unsafe', { container: body.container });
  find('#container').classList.toggle('error', !body.container_safe);
}

async function refresh() {
  try {
    show((await call('api/rollout')).body);
    const { body } = await call('api/stats/websocket');
    const online = body.websocket + body.polling;
    find('#counts').textContent = t('ops.counts', {
      wanted: rule.killed || !rule.enabled ? 0 : rule.percentage, websocket: body.websocket, polling: body.polling,
      actual: online === 0 ? '–' : (100 * body.websocket / online).toFixed(1),
    });
    gate = (await call('api/rollout/gate')).body;
    showGate(gate);
    await showHistory();
    await showContainer();
    if (find('#problem').dataset.kind === 'unreachable') {
      problem(null);
    }
  } catch (failure) {
    problem(failure.code ? failure.message : t('ops.unreachable'), failure.code ?? 'unreachable');
  }
}

function problem(text, kind = '') {
  find('#problem').hidden = text === null;
  find('#problem').textContent = text ?? '';
  find('#problem').dataset.kind = kind;
}

/** A change names the revision on the page, so that another admin's change is not overwritten. */
async function change(path, body, method) {
  if (find('#change').reportValidity()) {
    await send(path, body, method);
  }
}

async function send(path, body, method) {
  try {
    const sent = { revision: rule.revision, reason: find('#reason').value, ...body };
    show((await call(path, { body: sent, method })).body);
    find('#reason').value = '';
    problem(null);
  } catch (failure) {
    await refresh();
    problem(failure.code ? failure.message : t('ops.unreachable'), failure.code);
  }
}

const percentage = () => ({ percentage: Number(find('#percentage').value) });

find('#change').addEventListener('submit', (event) => {
  event.preventDefault();
  change('api/rollout', percentage(), 'PUT');
});
// One click: at night nobody should have to find words first.
find('#kill').addEventListener('click', () => send('api/rollout/kill', { reason: find('#reason').value.trim() || t('ops.killed_at_once') }));
find('#unkill').addEventListener('click', () => change('api/rollout/unkill', percentage()));
find('#lay').addEventListener('click', () => change('api/rollout/plan', { plan: find('#preset').value }));
for (const button of document.querySelectorAll('[data-move]')) {
  button.addEventListener('click', () => change(`api/rollout/plan/${button.dataset.move}`, {}));
}
find('#lookup').addEventListener('submit', async (event) => {
  event.preventDefault();
  try {
    const { body } = await call(`api/rollout/clients/${encodeURIComponent(find('#client').value)}`);
    find('#sentence').textContent = body.sentence;
  } catch (failure) {
    find('#sentence').textContent = failure.message;
  }
});
find('#logout').addEventListener('click', async () => {
  await http.call('api/staff/logout', { body: {}, anonymous: true });
  location.reload();
});

refresh();
setInterval(refresh, REFRESH_MS);
