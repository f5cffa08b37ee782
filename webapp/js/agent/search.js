import { element, find } from '../lib/dom.js';
import { shortTime, t } from '../lib/i18n.js';
import { nameOf } from '../ui/conversation-list.js';
import { http, tried } from './server.js';

/** Searches messages. @param {(session: object, seq: number) => void} open is called with the one chosen */
export function useSearch(open) {
  find('#search').addEventListener('submit', async (event) => {
    event.preventDefault();
    const answer = await tried(http.call(`api/search?q=${encodeURIComponent(find('#query').value)}`));
    if (answer) {
      const { results } = answer.body;
      showResults(true);
      find('#none-found').textContent = results.length === 0 ? t('console.found.none') : '';
      find('#results').replaceChildren(...results.map((result) => line(result, open)));
    }
  });
  find('#end-search').addEventListener('click', () => showResults(false));
}

function line({ session, message }, open) {
  const button = element(
    'button',
    { type: 'button', dataset: { found: message.seq } },
    element('b', { text: nameOf(session), dir: 'auto' }),
    element('small', { text: `${message.sender_name ?? t(message.sender_role)} · ${shortTime(message.created_at)}`, dir: 'auto' }),
    element('span', { text: message.content.slice(0, 300), dir: 'auto' }),
  );
  button.addEventListener('click', () => open(session, message.seq));
  return element('li', {}, button);
}

function showResults(on) {
  find('#found').hidden = !on;
  for (const place of ['#views', '#conversations']) {
    find(place).hidden = on;
  }
  find('#empty').hidden = on || find('#conversations').firstChild !== null;
}
