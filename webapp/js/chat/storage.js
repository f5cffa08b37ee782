/** What was kept under a key; `otherwise` if nothing was or it cannot be read, because a page must start. */
export function readKept(storage, key, otherwise) {
  try {
    return JSON.parse(storage?.getItem(key) ?? 'null') ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** @returns {boolean} false where storage is full or forbidden: then it lasts as long as the page */
export function keep(storage, key, value) {
  try {
    storage?.setItem(key, JSON.stringify(value));
    return storage !== null;
  } catch {
    return false;
  }
}

/** Null where a browser forbids it. */
export function sessionStorageOrNull() {
  try {
    return globalThis.sessionStorage ?? null;
  } catch {
    return null;
  }
}

/** A list that was kept under a key; what a stranger put there counts as empty. */
export function readList(storage, key) {
  const kept = readKept(storage, key, []);
  return Array.isArray(kept) ? kept : [];
}
