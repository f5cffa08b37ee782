import { find } from './lib/dom.js';
import { language, translatePage } from './lib/i18n.js';

/** How a shop's page uses the widget: a link opens it; calls may be made before it has loaded. */
globalThis.crossfade ??= [];
find('#ask').addEventListener('click', () => globalThis.crossfade.push(['open']));
await translatePage();
globalThis.crossfade.push(['setLocale', language]);
