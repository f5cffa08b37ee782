import { Refusal } from './protocol.js';

/** One browser profile is one client; the rollout sticks to it. */
export function clientId(storage = localStorage) {
  let id = storage?.getItem('crossfade.client');
  if (!id) {
    id = `c-${crypto.getRandomValues(new Uint32Array(4)).join('-')}`.slice(0, 64);
    storage?.setItem('crossfade.client', id);
  }
  return id;
}

/** A visitor's token, made once and kept for later visits; `more()` is said when it is made, such as a name. */
export function visitorToken(base, shopId, storage = localStorage, more = () => ({})) {
  const key = `crossfade.visitor.${shopId}`;
  let given = null;
  let making = null;
  return async (expired, refused = given) => {
    const kept = storage?.getItem(key) ?? given;
    // Another tab may have replaced it already.
    if (kept !== null && !(expired && kept === refused)) {
      given = kept;
      return given;
    }
    // All who ask meanwhile get the same visitor.
    making ??= post(`${base}api/visitors`, { shop_id: shopId, ...more() }).finally(() => { making = null; });
    const fresh = await making;
    const other = storage?.getItem(key) ?? null;
    // Another tab was quicker: both are that visitor.
    given = other !== null && other !== kept ? other : keep(storage, key, fresh);
    return given;
  };
}

/** The user id in a token; only the server checks its signature. */
export function userOf(token) {
  const claims = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(claims), (c) => c.charCodeAt(0)))).sub;
}

function keep(storage, key, token) {
  storage?.setItem(key, token);
  return token;
}

export async function post(url, body) {
  const response = await fetch(url, {
    method: 'POST',
    headers: body ? { 'Content-Type': 'application/json' } : {},
    body: body && JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) {
    throw new Refusal(answer, response.status, 0);
  }
  return answer.token;
}
