import { Http } from './chat/http.js';
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
const http = new Http({ base, fetch: (...args) => fetch(...args), getToken });

/** The server may be restarting just now: try until there is a conversation. */
async function open(attempt = 0) {
  try {
    const { body } = await http.call('api/sessions', { body: {} });
    view.show({
      base, getToken, shopId: SHOP, session: body.session_id, clientId: clientId(),
      mine: (message) => message.sender_role === 'visitor',
      // A token that ended makes a new visitor, who has a conversation of their own.
      stopped: (reason) => reason === 'not_found' && (open(), true),
    });
  } catch (failure) {
    find('#state').textContent = failure.code ? failure.message : t('state.reconnecting');
    setTimeout(() => open(attempt + 1), Math.min(30_000, 1_000 * 2 ** attempt));
  }
}

open();
