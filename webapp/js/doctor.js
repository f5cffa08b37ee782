import { Checkup, OPTIONS } from './doctor/checkup.js';
import { remedies } from './doctor/remedies.js';
import { decode, encode, judge } from './doctor/rules.js';
import { element, find } from './lib/dom.js';
import { language, t, translatePage } from './lib/i18n.js';

/**
 * The connection doctor: runs the checks when it is opened, or shows what a link (`#r=`) holds and runs nothing.
 * Hooks for tests: `#verdict[data-level][data-fault]`, `[data-check][data-state]`, `[data-front]`, `#skip`, `#again`,
 * `#link`, `#text`; `globalThis.crossfadeDoctorOptions` {holdSeconds, silenceSeconds} before the page.
 */
const base = new URL('../', import.meta.url).href;
const LINK = '#r=';
const PROGRESS_EVERY_MS = 500;
const options = { ...OPTIONS, ...globalThis.crossfadeDoctorOptions };
const longest = { hold: options.holdSeconds * 1_000, silence: options.silenceSeconds * 1_000 };

await translatePage('doctor');
document.title = `Crossfade · ${t('doctor.title')}`;
const word = (key, values) => t(`doctor.${key}`, values);

let checkup = null;
let since = new Map();
let rows = new Map();

// ---- the checks

function start() {
  checkup?.stop();
  since = new Map();
  const mine = new Checkup({
    base,
    page: location.origin,
    browser: navigator.userAgent,
    fetch: (...args) => fetch(...args),
    WebSocket,
    setTimeout: (...args) => setTimeout(...args),
    clearTimeout: (timer) => clearTimeout(timer),
    now: () => performance.now(),
    date: () => Date.now(),
    random: () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join(''),
    hop: (url) => performance.getEntriesByName(url).at(-1)?.nextHopProtocol ?? '',
  }, options, () => mine === checkup && show(mine.facts, mine.pending));
  checkup = mine;
  show(mine.facts, mine.pending);
  mine.run();
}

function show(facts, pending = new Map()) {
  const judged = judge(facts, pending);
  const { verdict, checks, faults } = judged;
  setText(find('#verdict'), word(verdict.sentence, verdict.values));
  find('#verdict').dataset.level = verdict.level;
  find('#verdict').dataset.fault = verdict.fault ?? '';
  checks.forEach(showCheck);
  find('#skip').hidden = !['hold', 'silence'].some((id) => pending.has(id)) || pending.get('http') !== undefined;
  find('#again').hidden = pending.size > 0 || !checkup;
  find('#share').hidden = pending.size > 0;
  showRemedies(faults);
  if (pending.size === 0) {
    find('#link').value = `${location.origin}${location.pathname}${LINK}${encode(facts)}`;
    find('#text').value = report(facts, judged);
  }
}

function showCheck({ id, state, ms, sentence, values }) {
  const row = rows.get(id) ?? makeRow(id);
  row.item.dataset.state = state;
  setText(row.state, word(`state.${state}`));
  setText(row.figure, ms === undefined ? '' : `${ms} ms`);
  setText(row.sentence, word(sentence, values));
  row.progress.hidden = state !== 'running' || !(id in longest);
  if (state === 'running' && !since.has(id)) {
    since.set(id, performance.now());
  }
}

function makeRow(id) {
  const row = {
    state: element('span', { className: 'state' }),
    figure: element('span', { className: 'figure' }),
    sentence: element('p'),
    progress: element('progress', { max: longest[id] ?? 1, value: 0, 'aria-label': word(`check.${id}`) }),
  };
  row.progress.hidden = true;
  row.item = element('li', { dataset: { check: id } }, row.state,
    element('b', { text: word(`check.${id}`) }), row.figure, row.sentence, row.progress);
  find('#checks').append(row.item);
  rows.set(id, row);
  return row;
}

function showRemedies(faults) {
  const shown = faults.join();
  if (find('#mend').dataset.faults === shown) {
    return;
  }
  find('#mend').dataset.faults = shown;
  find('#mend').hidden = faults.length === 0;
  find('#advice').replaceChildren(...faults.map((fault) => element('li', { text: word(`advice.${fault}`) })));
  find('#remedies').replaceChildren(...remedies(faults).map(({ front, text }) => {
    const lines = element('pre', { text, tabindex: 0, 'aria-label': front });
    const copy = element('button', { type: 'button', text: word('copy') });
    copy.addEventListener('click', () => copyText(text, copy, () => getSelection().selectAllChildren(lines)));
    return element('details', { dataset: { front } }, element('summary', { text: front }), lines, copy);
  }));
}

/** An unchanged status is not set again, so that it is not read out again. */
function setText(place, text) {
  if (place.textContent !== text) {
    place.textContent = text;
  }
}

// ---- the result, to be sent

function report(facts, { verdict, checks }) {
  const lines = checks.map(({ id, state, ms, sentence, values }) =>
    `[${word(`state.${state}`)}] ${word(`check.${id}`)}${ms === undefined ? '' : ` (${ms} ms)`}: ${word(sentence, values)}`);
  const when = new Date(facts.at * 1_000).toISOString();
  return [word(verdict.sentence, verdict.values), '', ...lines, '', `${facts.page} · ${when}`, facts.browser ?? ''].join('\n');
}

/** Without access to the clipboard (plain HTTP), the text is selected for Ctrl-C. */
async function copyText(text, button, select) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = word('copied');
  } catch {
    select();
    button.textContent = word('selected');
  }
}

function copies(button, field) {
  find(button).addEventListener('click', () => copyText(find(field).value, find(button), () => find(field).select()));
}

// ----

function showLink(link) {
  const facts = decode(link);
  find('#shared').hidden = facts === null;
  find('#result').hidden = facts === null;
  find('#intro').hidden = true;
  if (facts === null) {
    find('#verdict').dataset.level = 'bad';
    setText(find('#verdict'), word('garbage'));
    return;
  }
  const when = new Date(facts.at * 1_000).toLocaleString(language);
  setText(find('#shared'), word('shared', { page: facts.page, when, browser: facts.browser ?? '?' }));
  show(facts);
}

copies('#copy-link', '#link');
copies('#copy-text', '#text');
find('#again').addEventListener('click', start);
find('#skip').addEventListener('click', () => checkup.skip());
addEventListener('hashchange', () => location.reload());

if (location.hash) {
  showLink(location.hash.startsWith(LINK) ? location.hash.slice(LINK.length) : '');
} else {
  setInterval(() => {
    for (const id of Object.keys(longest)) {
      rows.get(id).progress.value = performance.now() - (since.get(id) ?? performance.now());
    }
  }, PROGRESS_EVERY_MS);
  start();
}
