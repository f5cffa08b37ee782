/** What pages of others may use; the types are in crossfade.d.ts. The rest of this folder may change. */
export { ChatClient, DEFAULTS } from './client.js';
export { Http } from './http.js';
export { clientId, staffToken, visitorToken } from './identity.js';
export { Refusal } from './protocol.js';
export { openSession } from './session.js';
export { SharedClient } from './tabs.js';
