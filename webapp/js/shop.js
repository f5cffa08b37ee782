import { find } from './lib/dom.js';
import { language, translatePage } from './lib/i18n.js';

/** What a shop's own page does with the widget: a link of its own opens it, calls may come before it is there. */
globalThis.crossfade ??= [];
find('#ask').addEventListener('click', () => globalThis.crossfade.push(['open']));
await translatePage();
globalThis.crossfade.push(['setLocale', language]);
