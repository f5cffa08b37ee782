/** What pages of others may use; the types are in crossfade.d.ts. The rest of this folder may change. */
export { ChatClient } from './client.js';
export { Http, openSession } from './http.js';
export { clientId, visitorToken } from './identity.js';
export { Refusal } from './protocol.js';
export { DEFAULTS } from './rules.js';
export { staffToken } from './staff.js';
export { SharedClient } from './tabs.js';
