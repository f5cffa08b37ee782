/**
 * What was kept under a key, or `otherwise`: where nothing was, where it is not readable any more, and
 * where a browser keeps nothing at all. A page must start whatever is in there.
 */
export function readKept(storage, key, otherwise) {
  try {
    return JSON.parse(storage?.getItem(key) ?? 'null') ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** Keeps a value; a full or forbidden storage is no reason to stop. */
export function keep(storage, key, value) {
  try {
    storage?.setItem(key, JSON.stringify(value));
  } catch {
    // Then it lasts as long as the page.
  }
}
