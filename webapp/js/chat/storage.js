/** What was kept under a key; `otherwise` if nothing was or it cannot be read, because a page must start. */
export function readKept(storage, key, otherwise) {
  try {
    return JSON.parse(storage?.getItem(key) ?? 'null') ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function keep(storage, key, value) {
  try {
    storage?.setItem(key, JSON.stringify(value));
  } catch {
    // Full or forbidden: it lasts as long as the page.
  }
}
