import { find } from '../lib/dom.js';
import { showFacts } from '../ui/facts.js';
import { http, quietly } from './server.js';

/** Presence is told at most once, so it is asked for, too. */
const EVERY_MS = 15_000;

let shown = null;

/** Shows whom the agent talks to. @param {number|null} session */
export function showVisitor(session) {
  find('#visitor').hidden = true;
  shown = session;
  readVisitor();
}

export async function readVisitor() {
  const session = shown;
  const answer = session === null ? null : await quietly(http.call(`api/sessions/${session}/visitor`));
  if (answer && session === shown) {
    showFacts(find('#facts'), answer.body);
    find('#visitor').hidden = false;
  }
}

/** Keeps the facts up to date; they are folded where the page is narrow. */
export function watchVisitor() {
  const wide = matchMedia('(min-width: 1001px)');
  const unfold = () => { find('#visitor').open = wide.matches; };
  wide.addEventListener('change', unfold);
  unfold();
  setInterval(() => document.visibilityState === 'visible' && readVisitor(), EVERY_MS);
}
