import { Refusal } from './protocol.js';

/** One browser profile is one client: what the rollout sticks to. */
export function clientId(storage = localStorage) {
  let id = storage?.getItem('crossfade.client');
  if (!id) {
    id = `c-${crypto.getRandomValues(new Uint32Array(4)).join('-')}`.slice(0, 64);
    storage?.setItem('crossfade.client', id);
  }
  return id;
}

/**
 * A visitor's token, made once and kept, so that a visitor who comes back is the same one.
 *
 * @param {() => object} more said when it is made, such as a name
 */
export function visitorToken(base, shopId, storage = localStorage, more = () => ({})) {
  const key = `crossfade.visitor.${shopId}`;
  let made = null;
  let making = null;
  return async (expired) => {
    made = expired ? null : storage?.getItem(key) ?? made;
    if (made === null) {
      // Whoever asks meanwhile is the same visitor.
      making ??= post(`${base}api/visitors`, { shop_id: shopId, ...more() }).finally(() => { making = null; });
      made = keep(storage, key, await making);
    }
    return made;
  };
}

/** The token of who is signed in on this page through Tomcat; not kept beyond the page. */
export function staffToken(base) {
  let token = null;
  return async (expired) => {
    token = expired || !token ? await post(`${base}api/staff/token`) : token;
    return token;
  };
}

/** The user id that a token of this server was made for; who signed it, the server checks. */
export function userOf(token) {
  const claims = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(claims), (c) => c.charCodeAt(0)))).sub;
}

function keep(storage, key, token) {
  storage?.setItem(key, token);
  return token;
}

async function post(url, body) {
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
