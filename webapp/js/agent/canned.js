import { element, find } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { http, tried, wordsFor } from './server.js';

/** The dialog for canned replies. @param {import('../ui/suggestions.js').Suggestions} suggestions offers them */
export function useCanned(suggestions) {
  const form = find('#new-canned');

  async function read() {
    const answer = await tried(http.call('api/canned'));
    if (answer) {
      suggestions.replies = answer.body.canned;
      find('#no-canned').hidden = suggestions.replies.length > 0;
      find('#replies').replaceChildren(...suggestions.replies.map(line));
    }
  }

  function line(reply) {
    const label = `${t('console.canned.delete')} /${reply.shortcut}`;
    const remove = element('button', { type: 'button', text: t('console.canned.delete'), 'aria-label': label });
    remove.addEventListener('click', async () => {
      await tried(http.call(address(reply.shortcut), { method: 'DELETE' }));
      read();
    });
    const words = element('div', {}, element('b', { text: `/${reply.shortcut}`, dir: 'auto' }), element('p', { text: reply.text, dir: 'auto' }));
    return element('li', {}, words, remove);
  }

  async function save() {
    const { shortcut, text } = form.elements;
    const problem = form.querySelector('.error');
    try {
      await http.call(address(shortcut.value), { method: 'PUT', body: { text: text.value } });
      problem.textContent = '';
      form.reset();
      shortcut.focus();
      read();
    } catch (failure) {
      problem.textContent = wordsFor(failure);
    }
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    save();
  });
  find('#edit-canned').addEventListener('click', () => {
    read();
    find('#canned').showModal();
  });
  read();
}

const address = (shortcut) => `api/canned/${encodeURIComponent(shortcut)}`;
