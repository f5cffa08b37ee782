import { Http } from './chat/http.js';
import { SessionWatch } from './chat/session-watch.js';
import { clientId } from './chat/identity.js';
import { staffToken, userOf } from './chat/staff.js';
import { element, find } from './lib/dom.js';
import { shortTime, t, translatePage } from './lib/i18n.js';
import { Bell } from './ui/bell.js';
import { ChatView } from './ui/chat-view.js';
import { ConversationList, nameOf } from './ui/conversation-list.js';
import { showFacts } from './ui/facts.js';
import { insertByTime, lookAt } from './ui/insertions.js';
import { useKeys } from './ui/keys.js';
import { Suggestions } from './ui/suggestions.js';

/** The agents' page: the inbox, always up to date, and one conversation of it. */
const base = new URL('../', import.meta.url).href;
const instance = `list-${crypto.getRandomValues(new Uint32Array(2)).join('-')}`;

/** Who comes and goes is told at most once; so it is asked for, too. */
const VISITOR_EVERY_MS = 15_000;

/** The server lists no more. */
const MAX_LISTED = 300;

await translatePage('agent');
const getToken = staffToken(base);
const http = new Http({ base, fetch: (...args) => fetch(...args), getToken });
const bell = new Bell(find('#mute'), find('#notify'));
const list = new ConversationList(find('#conversations'), (session) => open(session));
const suggestions = new Suggestions(find('#composer textarea'), find('#suggestions'));
const chat = new ChatView({ takes: (text) => writeNote(text), silent: () => writesNote() });

/** Which of the open conversations a view shows; the closed ones have a list of their own. */
const VIEWS = {
  mine: (session) => isMine(session),
  unassigned: (session) => session.agent_id === null,
  all: () => true,
  closed: null,
};

let me = null;
let view = 'all';
let opened = [];
let closed = [];
let current = null;
/** Highest seq by conversation, as the last list said; null before the first list. */
let heads = null;
let lookedFor = null;
let isLost = false;
const notes = new Map();
/** What was written and not sent, by conversation: it must not end up in another one. */
const drafts = new Map();

const isMine = (session) => String(session.agent_id) === me;
const concerns = (session) => isMine(session) || session.agent_id === null;
const isWatched = (session) => session.session_id === current?.session_id && document.hasFocus();

// ---- the inbox

const watches = { onlyWhenShown: null };
const inbox = watch('open', (sessions) => {
  opened = sessions;
  ring(sessions);
  render();
  follow();
});

function watch(status, listed) {
  return new SessionWatch({
    http, status, instance: `${instance}-${status}`,
    on: {
      list: async (sessions) => {
        me ??= userOf(await http.token());
        if (isLost) {
          isLost = false;
          say('');
        }
        listed(sessions);
      },
      lost: () => {
        isLost = true;
        say(t('state.reconnecting'));
      },
      refused: (refusal) => say(refusal.message, refusal.status === 401),
    },
  }).start();
}

function show(name) {
  view = name;
  watches.onlyWhenShown?.stop();
  watches.onlyWhenShown = name === 'closed' ? watch('closed', (sessions) => {
    closed = sessions;
    render();
  }) : null;
  render();
}

function render() {
  const shown = view === 'closed' ? closed : opened.filter(VIEWS[view]);
  list.show(shown);
  find('#empty').hidden = shown.length > 0;
  find('#cut').hidden = (view === 'closed' ? closed : opened).length < MAX_LISTED;
  for (const button of document.querySelectorAll('[data-view]')) {
    const belongs = VIEWS[button.dataset.view];
    button.setAttribute('aria-pressed', String(button.dataset.view === view));
    button.querySelector('b').textContent = belongs && me !== null ? opened.filter(belongs).length : '';
  }
  bell.count(opened.filter((one) => concerns(one) && !isWatched(one)).reduce((sum, one) => sum + one.unread, 0));
}

/** For what visitors wrote since the last list; the first list is no news. */
function ring(sessions) {
  for (const session of sessions) {
    const { session_id: id, head, unread, last_message: last } = session;
    // What is visible is read at once, also in a window that nobody looks at.
    const unseen = unread > 0 || id === current?.session_id;
    const isNew = heads !== null && head > (heads.get(id) ?? 0) && unseen && last?.sender_role === 'visitor';
    if (isNew && concerns(session) && !isWatched(session)) {
      bell.ring({ id, head, name: nameOf(session), text: last.content, open: () => open(session) });
    }
  }
  heads = new Map(sessions.map(({ session_id: id, head }) => [id, head]));
}

// ---- one conversation

function open(session, seq = null) {
  lookedFor = seq;
  if (session.session_id !== current?.session_id) {
    leave();
    current = session;
    history[history.state?.chat ? 'replaceState' : 'pushState']({ chat: true }, '', `#${session.session_id}`);
    chat.show({
      base, getToken, session: session.session_id, clientId: clientId(),
      mine: (message) => String(message.sender_id) === me,
      typist: (user) => (user === current?.visitor_id ? t('typing') : t('console.typing', { who: user })),
      shown: look,
      lost: (draft, refusal) => notSent(session, draft, refusal),
      heard: (frame) => frame.type === 'presence' && frame.user_id === current?.visitor_id && readVisitor(),
    });
    const draft = drafts.get(session.session_id);
    chat.composer.text = draft?.text ?? '';
    switchNote(draft?.note ?? false);
    readNotes();
    readVisitor();
  }
  find('main').dataset.shows = 'chat';
  list.select(session.session_id);
  showCurrent();
  render();
  look();
}

/** What was written stays for when the agent comes back. */
function leave() {
  if (current !== null && chat.composer.text !== '') {
    drafts.set(current.session_id, { text: chat.composer.text, note: writesNote() });
  } else {
    drafts.delete(current?.session_id);
  }
  suggestions.close();
  notes.clear();
  find('#visitor').hidden = true;
}

/** Something was refused after the agent had gone on: it waits in its conversation. */
function notSent(session, draft, refusal) {
  drafts.set(session.session_id, { text: draft.content, note: false });
  say(`${nameOf(session)}: ${t('failed')}: ${refusal.message}`);
}

/** What the list does not hold is asked for: another agent may have closed it. */
async function follow() {
  if (current === null) {
    return;
  }
  const id = current.session_id;
  const listed = opened.find((one) => one.session_id === id);
  const now = listed ?? (await http.call(`api/sessions/${id}`).catch(() => null))?.body;
  if (now && current?.session_id === id) {
    changed(now);
    if (listed && listed.notes !== notes.size) {
      readNotes();
    }
  }
}

/** Nothing is open: on a phone, the list alone. */
function showList() {
  if (current !== null) {
    leave();
    chat.close();
    current = null;
  }
  find('main').dataset.shows = 'list';
  find('#chat').replaceChildren(element('p', { className: 'note', text: t('console.choose') }));
  find('#who').textContent = '';
  chat.composer.text = '';
  switchNote(false);
  for (const button of ['#accept', '#assign', '#close', '#note']) {
    find(button).disabled = true;
  }
  list.select(null);
  render();
}

function changed(session) {
  current = { ...current, ...session };
  showCurrent();
}

function showCurrent() {
  const isOpen = current.status === 'open';
  find('#who').textContent = nameOf(current);
  find('#who').title = nameOf(current);
  find('#accept').disabled = !isOpen || isMine(current);
  find('#accept').textContent = t(current.agent_id === null || isMine(current) ? 'console.accept' : 'console.take_over');
  find('#assign').disabled = !isOpen;
  find('#assign').textContent = current.agent_id === null ? t('console.assign') : `→ ${current.agent_id}`;
  find('#close').disabled = false;
  find('#close').textContent = t(isOpen ? 'agent.close' : 'console.reopen');
  find('#note').disabled = !isOpen;
  if (!isOpen) {
    switchNote(true);
  }
}

async function change(what, body = {}) {
  const id = current?.session_id;
  if (id !== undefined) {
    const answer = await tried(http.call(`api/sessions/${id}/${what}`, { body }));
    if (answer && current?.session_id === id) {
      changed(answer.body);
    }
  }
}

const closeOrReopen = () => change(current?.status === 'open' ? 'close' : 'reopen');
const accept = () => !find('#accept').disabled && change('assign', { agent_id: me });

async function chooseAgent() {
  const answer = current?.status === 'open' && (await tried(http.call('api/presence')));
  if (answer) {
    const staff = answer.body.online.filter((one) => one.role !== 'visitor').map((one) => String(one.user_id)).sort();
    find('#online').replaceChildren(...staff.map((agent) => {
      const button = element('button', { type: 'button', text: agent === me ? t('console.me', { who: agent }) : agent, dir: 'auto' });
      button.addEventListener('click', () => {
        find('#agents').close();
        change('assign', { agent_id: agent });
      });
      return element('li', {}, button);
    }));
    find('#agents').showModal();
  }
}

/** Once the message that was searched for is there. */
function look() {
  if (lookedFor !== null && lookAt(find('#chat'), lookedFor)) {
    lookedFor = null;
  }
}

async function readVisitor() {
  const id = current?.session_id;
  const answer = id === undefined ? null : await http.call(`api/sessions/${id}/visitor`).catch(() => null);
  if (answer && current?.session_id === id) {
    showFacts(find('#facts'), answer.body);
    find('#visitor').hidden = false;
  }
}

// ---- private notes

const writesNote = () => find('#note').getAttribute('aria-pressed') === 'true';

function switchNote(on) {
  find('#note').setAttribute('aria-pressed', String(on));
  find('#composer').dataset.note = on;
  const words = t(current?.status === 'closed' ? 'console.note.closed' : on ? 'console.note.write' : 'write');
  find('#composer textarea').setAttribute('aria-label', words);
  find('#composer textarea').placeholder = words;
  find('#composer [type=submit]').textContent = t(on ? 'console.note.save' : 'send');
}

function writeNote(text) {
  if (!writesNote()) {
    return false;
  }
  saveNote(current.session_id, text);
  return true;
}

async function saveNote(id, text) {
  const answer = await tried(http.call(`api/sessions/${id}/notes`, { body: { text } }));
  if (answer) {
    showNote(answer.body);
  } else if (current?.session_id === id) {
    chat.composer.text = [text, chat.composer.text].filter(Boolean).join('\n');
    switchNote(true);
  } else {
    drafts.set(id, { text, note: true });
  }
}

async function readNotes() {
  const id = current.session_id;
  const answer = await http.call(`api/sessions/${id}/notes`).catch(() => null);
  answer?.body.notes.forEach(showNote);
}

function showNote(note) {
  if (note.session_id === current?.session_id && !notes.has(note.id)) {
    const item = element(
      'div',
      { className: 'message private', dataset: { note: note.id } },
      element('b', { text: t('console.note.by', { who: note.author }), dir: 'auto' }),
      element('p', { text: note.text, dir: 'auto' }),
      element('small', { text: shortTime(note.created_at) }),
    );
    notes.set(note.id, item);
    insertByTime(find('#chat'), item, note.created_at);
  }
}

// ---- search

async function search() {
  const answer = await tried(http.call(`api/search?q=${encodeURIComponent(find('#query').value)}`));
  if (answer) {
    showFound(true);
    find('#none-found').textContent = answer.body.results.length === 0 ? t('console.found.none') : '';
    find('#results').replaceChildren(...answer.body.results.map(({ session, message }) => {
      const button = element(
        'button',
        { type: 'button', dataset: { found: message.seq } },
        element('b', { text: nameOf(session), dir: 'auto' }),
        element('small', { text: `${message.sender_name ?? t(message.sender_role)} · ${shortTime(message.created_at)}`, dir: 'auto' }),
        element('span', { text: message.content.slice(0, 300), dir: 'auto' }),
      );
      button.addEventListener('click', () => open(session, message.seq));
      return element('li', {}, button);
    }));
  }
}

function showFound(on) {
  find('#found').hidden = !on;
  for (const place of ['#views', '#conversations']) {
    find(place).hidden = on;
  }
  find('#empty').hidden = on || find('#conversations').firstChild !== null;
}

// ---- canned replies

async function readCanned() {
  const answer = await tried(http.call('api/canned'));
  if (answer) {
    suggestions.replies = answer.body.canned;
    find('#no-canned').hidden = suggestions.replies.length > 0;
    find('#replies').replaceChildren(...suggestions.replies.map((reply) => {
      const remove = element('button', { type: 'button', text: t('console.canned.delete'), 'aria-label': `${t('console.canned.delete')} /${reply.shortcut}` });
      remove.addEventListener('click', async () => {
        await tried(http.call(`api/canned/${encodeURIComponent(reply.shortcut)}`, { method: 'DELETE' }));
        readCanned();
      });
      const words = element('div', {}, element('b', { text: `/${reply.shortcut}`, dir: 'auto' }), element('p', { text: reply.text, dir: 'auto' }));
      return element('li', {}, words, remove);
    }));
  }
}

async function saveCanned(form) {
  const { shortcut, text } = form.elements;
  const problem = form.querySelector('.error');
  try {
    await http.call(`api/canned/${encodeURIComponent(shortcut.value)}`, { method: 'PUT', body: { text: text.value } });
    problem.textContent = '';
    form.reset();
    shortcut.focus();
    readCanned();
  } catch (failure) {
    problem.textContent = failure.code ? failure.message : t('state.reconnecting');
  }
}

// ---- the page

/** null where it failed; then the page says why. */
async function tried(call) {
  try {
    const answer = await call;
    say('');
    return answer;
  } catch (failure) {
    say(failure.code ? failure.message : t('state.reconnecting'));
    return null;
  }
}

/** @param {boolean} signedOut whether only a new login helps */
function say(words, signedOut = false) {
  if (find('#alert').textContent !== words) {
    find('#alert').textContent = words;
  }
  if (signedOut) {
    const again = element('button', { type: 'button', text: t('login.enter') });
    again.addEventListener('click', () => location.reload());
    find('#alert').append(' ', again);
  }
}

/** The address names the conversation, so that a reload and the browser's own Back work. */
async function goToAddress() {
  const id = Number(location.hash.slice(1));
  if (Number.isSafeInteger(id) && id > 0) {
    const answer = await http.call(`api/sessions/${id}`).catch(() => null);
    if (answer) {
      me ??= userOf(await http.token());
      if (!history.state?.chat) {
        // So that Back leads to the list from here, too.
        history.replaceState(null, '', location.pathname + location.search);
      }
      open(answer.body);
    }
  } else {
    showList();
  }
}

find('#views').append(...Object.keys(VIEWS).map((name) => {
  const button = element('button', { type: 'button', dataset: { view: name } }, t(`console.view.${name}`), ' ', element('b'));
  button.addEventListener('click', () => show(name));
  return button;
}));
const on = (selector, act, event = 'click') => find(selector).addEventListener(event, act);
on('#accept', accept);
on('#assign', chooseAgent);
on('#close', closeOrReopen);
on('#note', () => switchNote(!writesNote()));
on('#back', () => history.back());
on('#end-search', () => showFound(false));
on('#show-help', () => find('#help').showModal());
on('#edit-canned', () => { readCanned(); find('#canned').showModal(); });
on('#search', (event) => { event.preventDefault(); search(); }, 'submit');
on('#new-canned', (event) => { event.preventDefault(); saveCanned(event.target); }, 'submit');
on('#logout', async () => {
  await http.call('api/staff/logout', { body: {} }).catch(() => null);
  location.reload();
});
for (const [what, act] of [['focus', render], ['blur', render], ['popstate', goToAddress], ['online', () => inbox.online()]]) {
  globalThis.addEventListener(what, act);
}
useKeys({
  j: { words: 'console.key.next', act: () => list.step(1) },
  k: { words: 'console.key.previous', act: () => list.step(-1) },
  r: { words: 'console.key.reply', act: () => { if (current?.status === 'open') { switchNote(false); } chat.composer.focus(); } },
  n: { words: 'console.key.note', act: () => { if (current) { switchNote(true); chat.composer.focus(); } } },
  a: { words: 'console.key.accept', act: accept },
  t: { words: 'console.key.assign', act: chooseAgent },
  e: { words: 'console.key.close', act: closeOrReopen },
  '/': { words: 'console.key.search', act: () => find('#query').focus() },
  '?': { words: 'console.key.help', act: () => find('#help').showModal() },
});
const wide = matchMedia('(min-width: 1001px)');
const unfold = () => { find('#visitor').open = wide.matches; };
wide.addEventListener('change', unfold);
unfold();
setInterval(() => document.visibilityState === 'visible' && readVisitor(), VISITOR_EVERY_MS);
showList();
readCanned();
goToAddress();
