import { element, find } from '../lib/dom.js';
import { t } from '../lib/i18n.js';

const TYPING = 'input, textarea, select, [contenteditable]';
const OFF = 'crossfade.keys.off';

/**
 * Single keys for actions, except while someone types or a dialog is open. `#help` lists them and can
 * switch them off, because some hands and tools press keys by mistake.
 *
 * @param {Record<string, {words: string, act: () => void}>} actions by `event.key` in lower case
 */
export function useKeys(actions, storage = localStorage) {
  find('#keys').replaceChildren(
    ...Object.entries(actions).flatMap(([key, { words }]) => [
      element('dt', {}, element('kbd', { text: key.toUpperCase() })),
      element('dd', { text: t(words) }),
    ]),
  );
  const use = find('#use-keys');
  use.checked = storage.getItem(OFF) !== 'true';
  use.addEventListener('change', () => storage.setItem(OFF, String(!use.checked)));
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && event.target.matches('#composer textarea, #query') && !event.isComposing) {
      event.target.blur();
      return;
    }
    const modified = event.ctrlKey || event.metaKey || event.altKey || event.isComposing;
    if (modified || !use.checked || event.target.closest(TYPING) || document.querySelector('dialog[open]')) {
      return;
    }
    const action = actions[event.key.toLowerCase()];
    if (action) {
      event.preventDefault();
      action.act();
    }
  });
}
