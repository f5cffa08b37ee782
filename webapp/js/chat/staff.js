import { post } from './identity.js';

/** The token of the staff user who has signed in to Tomcat; it lasts as long as the page. */
export function staffToken(base) {
  let token = null;
  return async (expired) => {
    token = expired || !token ? await post(`${base}api/staff/token`) : token;
    return token;
  };
}

/** The user id in a token; only the server checks its signature. */
export function userOf(token) {
  const claims = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(claims), (c) => c.charCodeAt(0)))).sub;
}
