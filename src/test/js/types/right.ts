/** How an integrator uses the package. Compiled, never run: it must have no error. */
import { ref } from 'vue';
import { ChatClient, DEFAULTS, Http, Refusal, clientId, openSession, staffToken, visitorToken } from 'crossfade-chat';
import type { ConnectionState, Draft, GetToken, Message, ServerEvent, Transport } from 'crossfade-chat';
import { useWebSocket } from 'crossfade-chat/vue';
import { MAX_MESSAGES, createUseWebSocket } from 'crossfade-chat/vue.js';

const base = 'https://chat.example/crossfade/';
const getToken: GetToken = visitorToken(base, 'demo', localStorage);
const ours: GetToken = async (expired) => (expired ? 'new' : 'old');

const http = new Http({ base, getToken });
const aborter = new AbortController();
const session: number = await openSession(http, { signal: aborter.signal, retrying() {} });

const client = new ChatClient({
  base,
  session,
  clientId: clientId(),
  getToken,
  shopId: 'demo',
  version: '2.1',
  keepPlace: true,
  options: { ...DEFAULTS, provenWithinMs: 5_000 },
  on: {
    messages: (list) => list.forEach((message) => shown(message)),
    sent: (draft: Draft, { seq }) => console.log(draft.client_msg_id, seq + 1),
    failed: (_, refusal) => console.log(refusal.message, refusal.retryable),
    state,
    event,
    missed: (upTo) => console.log(upTo.toFixed()),
    stopped: (reason) => console.log(reason.toUpperCase()),
  },
}).start();

const draft: Draft = client.send('hello', { reply_to: 3 });
client.read(client.cursor);
client.typing(true);
client.online();
console.log(draft.content, client.unsent.length, (await client.http.call<{ count: number }>('api/presence')).body.count);
client.stop();

try {
  await new Http({ base, getToken: staffToken(base), fetch }).call('api/sessions', { method: 'POST', body: {} });
} catch (failure) {
  if (failure instanceof Refusal) {
    console.log(failure.code?.length, failure.status, failure.retryAfterMs, failure.body.head);
  }
}

function shown(message: Message): string {
  const who: 'visitor' | 'agent' | 'admin' = message.sender_role;
  return `${who} ${message.sender_name ?? message.sender_id}: ${message.content} (${message.status})`;
}

function state(now: ConnectionState): Transport {
  return now.state === 'connected' ? now.transport : 'polling';
}

function event(heard: ServerEvent): boolean {
  return heard.type === 'typing' ? heard.active : heard.type === 'message_status' && heard.seq > 0;
}

const chat = useWebSocket('a token');
const { connect, disconnect, sendMessage, messages, onlineCount, isConnected, isReconnecting } = chat;
await connect();
if (isConnected.value && !isReconnecting.value) {
  console.log(sendMessage('hello').client_msg_id, messages.value.length < MAX_MESSAGES);
}
const online: number = onlineCount.value ?? 0;
disconnect();

useWebSocket((expired) => (expired ? 'new' : 'old'));
useWebSocket(ours, { base, session, shopId: 'demo', clientId: clientId(), on: { state } });
createUseWebSocket({ ref, onUnmounted() {} })(getToken, { session: null });
export { online };
