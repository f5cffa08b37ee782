import { Http, openSession } from './chat/http.js';
import { clientId, visitorToken } from './chat/identity.js';
import { find } from './lib/dom.js';
import { t, translatePage } from './lib/i18n.js';
import { ChatView } from './ui/chat-view.js';

/** The shop's page: one visitor, one conversation. */
const SHOP = 'demo';
const base = new URL('../', import.meta.url).href;

await translatePage();
const view = new ChatView();
const getToken = visitorToken(base, SHOP);
const http = new Http({ base, getToken });
const state = find('#state');

async function open() {
  try {
    const session = await openSession(http, { retrying: () => { state.textContent = t('state.reconnecting'); } });
    view.show({
      base, getToken, shopId: SHOP, session, clientId: clientId(),
      mine: (message) => message.sender_role === 'visitor',
      // A token that has ended makes a new visitor, who has a conversation of their own.
      stopped: (reason) => reason === 'not_found' && (open(), true),
    });
  } catch (refusal) {
    state.textContent = refusal.message;
  }
}

open();
