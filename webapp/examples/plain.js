/** A visitor of the demo shop, in a script that is no module: the client is loaded when it is wanted. */
(async function () {
  'use strict';
  const base = new URL('../', document.currentScript.src).href;
  const shopId = 'demo';
  const { ChatClient, Http, clientId, openSession, visitorToken } = await import('../js/chat/index.js');
  const view = await import('./view.js');
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
})();
