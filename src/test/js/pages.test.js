import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';

const webapp = fileURLToPath(new URL('../../../webapp/', import.meta.url));

function files(folder, ending) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? files(path, ending) : path.endsWith(ending) ? [path] : [];
  });
}

const read = (path) => readFileSync(path, 'utf8');
const scripts = files(join(webapp, 'js'), '.js');
const pages = files(webapp, '.html');
const words = Object.fromEntries(['en', 'zh-CN'].map((l) => [l, JSON.parse(read(join(webapp, `i18n/${l}.json`)))]));

test('both languages have the same words, with the same places in them', () => {
  assert.deepEqual(Object.keys(words.en).sort(), Object.keys(words['zh-CN']).sort());
  for (const [key, text] of Object.entries(words.en)) {
    const places = (s) => (s.match(/\{\w+\}/g) ?? []).sort();
    assert.deepEqual(places(text), places(words['zh-CN'][key]), key);
  }
});

test('every word a page or script asks for exists', () => {
  const asked = pages.flatMap((page) => [...read(page).matchAll(/data-i18n(?:-label)?="([^"]+)"/g)].map((m) => m[1]));
  asked.push(...scripts.flatMap((s) => [...read(s).matchAll(/\bt\('([\w.]+)'/g)].map((m) => m[1])));
  for (const key of asked) {
    assert.ok(key in words.en, key);
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

test('the legacy widgets are what a browser of 2015 reads', () => {
  for (const path of files(join(webapp, 'legacy'), '.js')) {
    assert.doesNotMatch(read(path), /=>|\b(let|const|class|async|await|import|export)\b|`/, path);
  }
});
