/** What a page of yours has already: a line of state, a list, a box to write in. Nothing of the chat. */
import { element, find } from '../js/lib/dom.js';
import { translatePage } from '../js/lib/i18n.js';
import { showState } from '../js/ui/connection-state.js';

/** Older messages leave the page. */
const MAX_SHOWN = 500;

await translatePage();

export function show(messages) {
  for (const { seq, sender_role: role, content } of messages) {
    const side = role === 'visitor' ? 'mine' : 'theirs';
    line(`message ${side}`, content, { seq });
  }
}

/** A line that nobody wrote. */
export const note = (text) => line('note', text, {});

export const clear = () => find('#chat').replaceChildren();

export const state = (now) => showState(find('#state'), now);

/** @param {(text: string) => void} send may throw: then the text stays */
export function onWrite(send) {
  const box = find('#composer textarea');
  find('#composer').addEventListener('submit', (event) => {
    event.preventDefault();
    if (box.value.trim() !== '') {
      send(box.value);
      box.value = '';
    }
  });
}

function line(className, text, dataset) {
  const list = find('#chat');
  list.append(element('div', { className, dataset }, element('p', { text, dir: 'auto' })));
  while (list.children.length > MAX_SHOWN) {
    list.firstChild.remove();
  }
  list.scrollTop = list.scrollHeight;
}
