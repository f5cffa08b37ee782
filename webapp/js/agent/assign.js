import { element, find } from '../lib/dom.js';
import { t } from '../lib/i18n.js';
import { http, me, tried } from './server.js';

/** Offers the agents who are online. @param {(agent: string) => void} assign is called with the one chosen */
export async function chooseAgent(assign) {
  const answer = await tried(http.call('api/presence'));
  if (answer) {
    const staff = answer.body.online.filter((one) => one.role !== 'visitor').map((one) => String(one.user_id)).sort();
    find('#online').replaceChildren(...staff.map((agent) => line(agent, assign)));
    find('#agents').showModal();
  }
}

function line(agent, assign) {
  const button = element('button', { type: 'button', text: agent === me ? t('console.me', { who: agent }) : agent, dir: 'auto' });
  button.addEventListener('click', () => {
    find('#agents').close();
    assign(agent);
  });
  return element('li', {}, button);
}
