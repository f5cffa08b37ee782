/** The words of the pages, in the language of `?lang=`, else of the browser. */

const LANGUAGES = ['zh-CN', 'en'];
let words = {};

export let language = 'en';

export function chosenLanguage(search, preferred) {
  const asked = new URLSearchParams(search).get('lang') ?? preferred ?? 'en';
  return LANGUAGES.find((one) => asked.toLowerCase().startsWith(one.slice(0, 2).toLowerCase())) ?? 'en';
}

/** Loads the words and puts them into every `data-i18n` element of the page. */
export async function translatePage() {
  language = chosenLanguage(location.search, navigator.language);
  const file = new URL(`../../i18n/${language}.json`, import.meta.url);
  words = await (await fetch(file)).json();
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
