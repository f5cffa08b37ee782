import { Http } from '../chat/http.js';
import { userOf } from '../chat/identity.js';
import { staffToken } from '../chat/staff.js';
import { element, find } from '../lib/dom.js';
import { t } from '../lib/i18n.js';

/** The server as the signed-in agent sees it. Failures are said in `#alert`. */
export const base = new URL('../../', import.meta.url).href;
export const getToken = staffToken(base);
export const http = new Http({ base, getToken });

/** The agent's own user id; null before the first answer. */
export let me = null;

export async function signIn() {
  me ??= userOf(await http.token());
}

export const isMe = (user) => String(user) === me;

/** @returns {Promise<object|null>} null after a failure, which is said then */
export async function tried(call) {
  try {
    const answer = await call;
    say('');
    return answer;
  } catch (failure) {
    say(wordsFor(failure));
    return null;
  }
}

/** Null after a failure, for what is asked again anyway. */
export const quietly = (call) => call.catch(() => null);

/** The server's sentence; without one there was no answer. */
export const wordsFor = (failure) => (failure.code ? failure.message : t('state.reconnecting'));

/** An unchanged alert is not set again, so that it is not read out again. */
export function say(words, { signedOut = false } = {}) {
  if (find('#alert').textContent !== words) {
    find('#alert').textContent = words;
  }
  if (signedOut) {
    const again = element('button', { type: 'button', text: t('login.enter') });
    again.addEventListener('click', () => location.reload());
    find('#alert').append(' ', again);
  }
}
