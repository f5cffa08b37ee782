import { Http } from './chat/http.js';
import { clientId, staffToken } from './lib/identity.js';
import { element, find } from './lib/dom.js';
import { t, translatePage } from './lib/i18n.js';
import { shortTime } from './lib/time.js';
import { ChatView } from './ui/chat-view.js';

/** The agents' page: the open conversations, always up to date, and one of them. */
const base = new URL('../', import.meta.url).href;
const instance = `list-${crypto.getRandomValues(new Uint32Array(2)).join('-')}`;

await translatePage();
const getToken = staffToken(base);
const http = new Http({ base, fetch: (...args) => fetch(...args), getToken });
const view = new ChatView();
let selected = null;

function select(session) {
  selected = session.session_id;
  find('#close').disabled = false;
  view.show({
    base, getToken, session: selected, clientId: clientId(),
    mine: (message) => message.sender_role !== 'visitor',
  });
  highlight();
}

function highlight() {
  for (const item of document.querySelectorAll('[data-session-id]')) {
    item.toggleAttribute('aria-current', Number(item.dataset.sessionId) === selected);
  }
}

function line(session) {
  const name = session.visitor_name ?? `${t('visitor')} ${session.session_id}`;
  const button = element('button', { type: 'button', dataset: { sessionId: session.session_id } });
  button.append(element('b', { text: name, dir: 'auto' }), element('small', { text: shortTime(session.updated_at) }));
  button.append(element('span', { text: session.last_message?.content ?? '', dir: 'auto' }));
  if (session.unread > 0 && session.session_id !== selected) {
    button.append(element('em', { text: session.unread }));
  }
  button.addEventListener('click', () => select(session));
  return element('li', {}, button);
}

function show({ sessions }) {
  find('#conversations').replaceChildren(...sessions.map(line));
  find('#empty').hidden = sessions.length > 0;
  highlight();
}

/** Held by the server until the list changes. */
async function watch(etag = null, failures = 0) {
  try {
    const wait = etag ? '&wait=25' : '';
    const { status, body, headers } = await http.call(
      `api/sessions?status=open&instance=${instance}${wait}`,
      { headers: etag ? { 'If-None-Match': etag } : {} },
    );
    if (status === 200) {
      show(body);
    }
    watch(headers.get('ETag') ?? etag);
  } catch (failure) {
    const pause = Math.min(30_000, 1_000 * 2 ** failures) * (0.5 + Math.random() / 2);
    setTimeout(() => watch(null, failures + 1), Math.max(failure.retryAfterMs ?? 0, pause));
  }
}

find('#close').addEventListener('click', async () => {
  await http.call(`api/sessions/${selected}/close`, { body: {} });
  view.close();
  selected = null;
  find('#close').disabled = true;
  find('#chat').replaceChildren();
});

find('#logout').addEventListener('click', async () => {
  await http.call('api/staff/logout', { body: {}, anonymous: true });
  location.reload();
});

watch();
