/** It is part of what other pages may use, and lives there. */
export { clientId, staffToken, visitorToken } from '../chat/identity.js';
