/**
 * The words of the pages, in the language of `?lang=`, else of the browser. Those in `i18n/` are for every
 * page, a shop's too, and so few; each page of staff, and the doctor, has a folder of its own in there.
 */

/** Each has its file in `i18n/` and in every folder there; a new language is those and its tag here. */
export const LANGUAGES = ['zh-CN', 'zh-TW', 'en'];
let words = {};
let loaded = null;
let loading = Promise.resolve();
let folders = [''];

export let language = 'en';

/**
 * The one in the same language and script: zh-HK is written as zh-TW is, zh-SG as zh-CN. English for
 * what is none of them, or no tag at all.
 */
export function chosenLanguage(search, preferred) {
  const asked = new URLSearchParams(search).get('lang') ?? preferred ?? 'en';
  try {
    const wanted = script(asked.replaceAll('_', '-'));
    return LANGUAGES.find((one) => script(one) === wanted) ?? 'en';
  } catch {
    return 'en';
  }
}

/** "zh-Hant" for zh-TW; throws RangeError for what is no tag. */
function script(tag) {
  const full = new Intl.Locale(tag).maximize();
  return `${full.language}-${full.script}`;
}

/**
 * Loads the words of the language that fits a tag such as `zh-CN`; throws where the server does not
 * answer. One after the other, so that who asked last is who is heard.
 */
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

/**
 * Loads the words and puts them into every `data-i18n` element of the page.
 *
 * @param {string} [page] whose own words are wanted too: `agent`, `ops` or `doctor`
 */
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

/** @param {Record<string, string|number>} values for {name} in the words */
export function t(key, values = {}) {
  return Object.entries(values).reduce(
    (text, [name, value]) => text.replace(`{${name}}`, String(value)),
    words[key] ?? key,
  );
}
