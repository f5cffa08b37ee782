/** A visitor of the demo shop, in a module. */
import { ChatClient, Http, clientId, openSession, visitorToken } from '../js/chat/index.js';
import * as view from './view.js';

const base = new URL('../', import.meta.url).href;
const shopId = 'demo';
const getToken = visitorToken(base, shopId);

const session = await openSession(new Http({ base, getToken }), {
  retrying: () => view.state({ state: 'reconnecting' }),
});
const client = new ChatClient({
  base,
  shopId,
  getToken,
  session,
  clientId: clientId(),
  on: {
    messages: view.show,
    state: view.state,
    reset: view.clear,
    failed: (draft, refusal) => view.note(refusal.message),
    stopped: view.note,
  },
}).start();

view.onWrite((text) => client.send(text));
addEventListener('online', () => client.online());
