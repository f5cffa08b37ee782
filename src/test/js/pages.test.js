import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { LANGUAGES, chosenLanguage } from '../../../webapp/js/lib/i18n.js';

const project = fileURLToPath(new URL('../../../', import.meta.url));
const webapp = fileURLToPath(new URL('../../../webapp/', import.meta.url));

function files(folder, ending) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? files(path, ending) : path.endsWith(ending) ? [path] : [];
  });
}

const read = (path) => readFileSync(path, 'utf8');
const scripts = ['js', 'examples'].flatMap((folder) => files(join(webapp, folder), '.js'));
const pages = files(webapp, '.html');
const folders = ['', 'agent', 'doctor', 'ops'];
const wordsIn = (folder, l) => JSON.parse(read(join(webapp, 'i18n', folder, `${l}.json`)));
const words = Object.fromEntries(LANGUAGES.map((l) => [l, Object.assign({}, ...folders.map((f) => wordsIn(f, l)))]));

test('the files of words are those of the list, and every one has the same words with the same places', () => {
  const files = LANGUAGES.map((l) => `${l}.json`);
  assert.deepEqual(readdirSync(join(webapp, 'i18n')).sort(), [...files, ...folders.slice(1)].sort());
  for (const folder of folders) {
    assert.deepEqual(readdirSync(join(webapp, 'i18n', folder)).filter((f) => f.endsWith('.json')).sort(), [...files].sort());
    const others = folders.filter((f) => f !== folder).flatMap((f) => Object.keys(wordsIn(f, 'en')));
    assert.deepEqual(Object.keys(wordsIn(folder, 'en')).filter((key) => others.includes(key)), []);
  }
  const places = (text) => (text.match(/\{\w+\}/g) ?? []).sort();
  for (const language of LANGUAGES) {
    assert.deepEqual(Object.keys(words[language]).sort(), Object.keys(words.en).sort(), language);
    for (const [key, text] of Object.entries(words[language])) {
      assert.ok(text.trim(), `${language} ${key}`);
      assert.deepEqual(places(text), places(words.en[key]), `${language} ${key}`);
    }
  }
});

test('the words for Taiwan have no simplified character', () => {
  const simplified = read(fileURLToPath(new URL('../resources/simplified.txt', import.meta.url))).trim();
  for (const [key, text] of Object.entries(words['zh-TW'])) {
    assert.deepEqual([...text].filter((c) => simplified.includes(c)), [], key);
  }
});

test('a browser is shown the language it reads, by its script', () => {
  const shown = { 'zh-CN': ['zh', 'zh-CN', 'zh-SG', 'zh-Hans', 'zh-Hans-TW', 'zh_CN'],
    'zh-TW': ['zh-TW', 'zh-HK', 'zh-MO', 'zh-Hant', 'zh-Hant-HK', 'ZH-tw', 'zh_TW'],
    en: ['en', 'en-GB', 'de', 'ja', '', '-', 'no tag at all', '../en'] };
  for (const [language, browsers] of Object.entries(shown)) {
    for (const browser of browsers) {
      assert.equal(chosenLanguage('', browser), language, browser);
      assert.equal(chosenLanguage(`?lang=${encodeURIComponent(browser)}`, 'zh-TW'), language, browser);
    }
  }
  assert.equal(chosenLanguage('', undefined), 'en');
});

/** A script and all that it imports. */
function withImports(path, seen = new Set()) {
  if (!seen.has(path) && path.startsWith(webapp) && !path.includes('webjars')) {
    seen.add(path);
    for (const [, to] of read(path).matchAll(/from '(\.[^']+)'/g)) {
      withImports(join(dirname(path), to), seen);
    }
  }
  return seen;
}

test('what a script imports is there', () => {
  for (const path of scripts) {
    for (const [, names, from] of read(path).matchAll(/^import \{([^}]+)\} from '(\.[^']+)'/gm)) {
      const exporter = join(dirname(path), from);
      if (!exporter.includes('webjars')) {
        const text = read(exporter);
        for (const name of names.split(',').map((one) => one.split(' as ')[0].trim()).filter(Boolean)) {
          assert.match(text, new RegExp(`export (?:(?:async )?function|class|const|let) ${name}\\b|export \\{[^}]*\\b${name}\\b`), `${path}: ${name}`);
        }
      }
    }
  }
});

test('every word that a page or its scripts ask for is in what that page loads', () => {
  const panel = { folder: '', asked: [], scripts: [join(webapp, 'js/widget/panel.js')] };
  const loads = pages.map((page) => ({
    folder: folders.find((folder) => folder && page.startsWith(join(webapp, folder))) ?? '',
    asked: [...read(page).matchAll(/data-i18n(?:-label)?="([^"]+)"/g)].map((m) => m[1]),
    scripts: [...read(page).matchAll(/type="module" src="([^"]+)"/g)].map((m) => join(dirname(page), m[1])),
  }));
  for (const { folder, asked, scripts: entries } of [panel, ...loads]) {
    const known = { ...wordsIn('', 'en'), ...wordsIn(folder, 'en') };
    for (const script of entries.flatMap((entry) => [...withImports(entry)])) {
      asked.push(...[...read(script).matchAll(/\bt\('([\w.]+)'/g)].map((m) => m[1]));
    }
    for (const key of asked) {
      assert.ok(key in known, `${folder || 'a page for visitors'}: ${key}`);
    }
  }
});

test('text goes in as text, and nothing is inline', () => {
  for (const path of [...scripts, ...pages, ...files(join(webapp, 'legacy'), '.js')]) {
    assert.doesNotMatch(read(path), /innerHTML|outerHTML|insertAdjacentHTML|document\.write/, path);
  }
  for (const page of pages) {
    assert.doesNotMatch(read(page), /\son\w+=|\sstyle=|<style|<script(?![^>]*\ssrc=)/, page);
  }
});

test('both READMEs have the same commands, settings and links to files', () => {
  const readmes = ['README.md', 'README.zh-CN.md'].map((file) => read(join(project, file)));
  const same = (what, pattern, order = (all) => all) => {
    const [english, chinese] = readmes.map((text) => order([...text.matchAll(pattern)].map((m) => m[1])));
    assert.ok(english.length > 0, what);
    assert.deepEqual(chinese, english, what);
  };
  const distinct = (all) => [...new Set(all)].filter((one) => !one.startsWith('README')).sort();
  same('commands', /^```\w*\n(.*?)^```/gms);
  same('headings', /^(#+) /gm);
  same('settings', /^\| (`.*?) \|/gm, (all) => all.map((row) => row.match(/`\w+`/g).join()));
  same('links', /\]\(([^)]+)\)/g, distinct);
  assert.ok(readmes[0].includes('](README.zh-CN.md)') && readmes[1].includes('](README.md)'));
});

test('the legacy widgets are what a browser of 2015 reads', () => {
  for (const path of files(join(webapp, 'legacy'), '.js')) {
    assert.doesNotMatch(read(path), /=>|\b(let|const|class|async|await|import|export)\b|`/, path);
  }
});
