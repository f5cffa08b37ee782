/** A language has its tag here, and a file in `i18n/` and in each folder there (words of one page only). */
export const LANGUAGES = ['zh-CN', 'zh-TW', 'en'];
let words = {};
let loaded = null;
let loading = Promise.resolve();
let folders = [''];

export let language = 'en';

/** The one in the same language and script: zh-HK is written as zh-TW is. English for all others. */
export function chosenLanguage(search, preferred) {
  const asked = new URLSearchParams(search).get('lang') ?? preferred ?? 'en';
  try {
    const wanted = script(asked.replaceAll('_', '-'));
    return LANGUAGES.find((one) => script(one) === wanted) ?? 'en';
  } catch {
    return 'en';
  }
}

/** "zh-Hant" for zh-TW; throws RangeError. */
function script(tag) {
  const full = new Intl.Locale(tag).maximize();
  return `${full.language}-${full.script}`;
}

/** Loads the words for a tag such as `zh-CN`. One call after the other, so that the last one wins. */
export function loadWords(tag) {
  loading = loading.catch(() => null).then(() => load(tag));
  return loading;
}

async function load(tag) {
  const chosen = chosenLanguage('', tag);
  if (chosen === loaded) {
    return;
  }
  words = Object.assign({}, ...(await Promise.all(folders.map((folder) => wordsIn(folder, chosen)))));
  loaded = chosen;
  language = chosen;
}

async function wordsIn(folder, tag) {
  const response = await fetch(new URL(`../../i18n/${folder}${tag}.json`, import.meta.url));
  if (!response.ok) {
    throw new Error(`no words: HTTP ${response.status}`);
  }
  return response.json();
}

/** Puts the words for `?lang=` or the browser into the page; `page` has words of its own: agent, ops, doctor. */
export async function translatePage(page) {
  folders = page ? ['', `${page}/`] : [''];
  await loadWords(new URLSearchParams(location.search).get('lang') ?? navigator.language);
  document.documentElement.lang = language;
  for (const place of document.querySelectorAll('[data-i18n]')) {
    place.textContent = t(place.dataset.i18n);
  }
  for (const place of document.querySelectorAll('[data-i18n-label]')) {
    place.setAttribute('aria-label', t(place.dataset.i18nLabel));
    if ('placeholder' in place) {
      place.placeholder = t(place.dataset.i18nLabel);
    }
  }
}

/** `values` replace {name} in the words. */
export function t(key, values = {}) {
  return Object.entries(values).reduce(
    (text, [name, value]) => text.replace(`{${name}}`, String(value)),
    words[key] ?? key,
  );
}

/** Hour and minute, with the day where it is not today. */
export function shortTime(iso, now = new Date()) {
  const time = new Date(iso);
  const sameDay = time.toDateString() === now.toDateString();
  const day = sameDay ? {} : { month: 'short', day: 'numeric' };
  return time.toLocaleString(language, { ...day, hour: '2-digit', minute: '2-digit' });
}
