import { post } from './identity.js';

/** The token of the staff user who has signed in to Tomcat; it lasts as long as the page. */
export function staffToken(base) {
  let token = null;
  return async (expired) => {
    token = expired || !token ? await post(`${base}api/staff/token`) : token;
    return token;
  };
}
