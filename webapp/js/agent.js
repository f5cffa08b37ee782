import { chooseAgent } from './agent/assign.js';
import { useCanned } from './agent/canned.js';
import { OpenConversation } from './agent/conversation.js';
import { Inbox } from './agent/inbox.js';
import { useSearch } from './agent/search.js';
import { http, quietly, signIn } from './agent/server.js';
import { watchVisitor } from './agent/visitor.js';
import { find } from './lib/dom.js';
import { translatePage } from './lib/i18n.js';
import { Bell } from './ui/bell.js';
import { useKeys } from './ui/keys.js';
import { Suggestions } from './ui/suggestions.js';

/** The agents' page: the inbox, and one conversation of it. */
await translatePage('agent');

const suggestions = new Suggestions(find('#composer textarea'), find('#suggestions'));
const conversation = new OpenConversation({
  selected: (id) => inbox.select(id),
  left: () => suggestions.close(),
});
const inbox = new Inbox(new Bell(find('#mute'), find('#notify')), {
  chosen: (session) => conversation.open(session),
  changed: (opened) => conversation.follow(opened),
  isCurrent: (session) => session.session_id === conversation.current?.session_id,
});

const assign = () => conversation.current?.status === 'open' && chooseAgent((agent) => conversation.assign(agent));
const showHelp = () => find('#help').showModal();

find('#assign').addEventListener('click', assign);
find('#back').addEventListener('click', () => history.back());
find('#show-help').addEventListener('click', showHelp);
find('#logout').addEventListener('click', async () => {
  await quietly(http.call('api/staff/logout', { body: {} }));
  location.reload();
});
useKeys({
  j: { words: 'console.key.next', act: () => inbox.step(1) },
  k: { words: 'console.key.previous', act: () => inbox.step(-1) },
  r: { words: 'console.key.reply', act: () => conversation.write({ note: false }) },
  n: { words: 'console.key.note', act: () => conversation.write({ note: true }) },
  a: { words: 'console.key.accept', act: () => conversation.accept() },
  t: { words: 'console.key.assign', act: assign },
  e: { words: 'console.key.close', act: () => conversation.closeOrReopen() },
  '/': { words: 'console.key.search', act: () => find('#query').focus() },
  '?': { words: 'console.key.help', act: showHelp },
});

/** The address names the conversation, so that a reload and the browser's own Back work. */
async function goToAddress() {
  const id = Number(location.hash.slice(1));
  if (!Number.isSafeInteger(id) || id <= 0) {
    conversation.openNone();
    return;
  }
  const answer = await quietly(http.call(`api/sessions/${id}`));
  if (answer) {
    await signIn();
    if (!history.state?.chat) {
      // So that Back leads to the list from here, too.
      history.replaceState(null, '', location.pathname + location.search);
    }
    conversation.open(answer.body);
  }
}

globalThis.addEventListener('popstate', goToAddress);
conversation.openNone();
inbox.start();
useCanned(suggestions);
useSearch((session, seq) => conversation.open(session, seq));
watchVisitor();
goToAddress();
