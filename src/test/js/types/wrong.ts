/** Uses that must not compile: where one does, the compiler finds its `expect-error` unused. */
import { ChatClient, Http, Refusal, clientId, openSession, visitorToken } from 'crossfade-chat';
import type { ConnectionState, Message } from 'crossfade-chat';
import { useWebSocket } from 'crossfade-chat/vue';
// @ts-expect-error not for others
import { Outbox } from 'crossfade-chat';
// @ts-expect-error nor are the files beside it
import { LongPoll } from 'crossfade-chat/transports/long-poll.js';

const base = 'https://chat.example/crossfade/';
const getToken = visitorToken(base, 'demo');
const http = new Http({ base, getToken });

// @ts-expect-error no clientId
new ChatClient({ base, session: 1, getToken });
// @ts-expect-error a session is a number
new ChatClient({ base, session: '1', clientId: 'c', getToken });
// @ts-expect-error a token is asked for
new ChatClient({ base, session: 1, clientId: 'c', getToken: 'a token' });
// @ts-expect-error no such callback
new ChatClient({ base, session: 1, clientId: 'c', getToken, on: { message() {} } });
// @ts-expect-error milliseconds are a number
new ChatClient({ base, session: 1, clientId: 'c', getToken, options: { provenWithinMs: '5s' } });

const client = new ChatClient({ base, session: 1, clientId: clientId(), getToken });
// @ts-expect-error content is text
client.send({ content: 'hello' });
// @ts-expect-error the place belongs to the client
client.cursor = 7;
// @ts-expect-error no such method
client.disconnect();
// @ts-expect-error up to which?
client.read();
// @ts-expect-error an Http, not an address
openSession(base);
// @ts-expect-error it is a promise
const session: number = openSession(http);

export function wrong(message: Message, state: ConnectionState, refusal: Refusal) {
  // @ts-expect-error a message is what it is
  message.content = 'other';
  // @ts-expect-error there is no third
  if (state.transport === 'sse') return;
  // @ts-expect-error a proxy's refusal has none
  refusal.code.length;
}

// @ts-expect-error a token is needed
useWebSocket();
// @ts-expect-error text, or a function
useWebSocket(42);
// @ts-expect-error no such option
useWebSocket('t', { sessionId: 1 });
const chat = useWebSocket('t');
// @ts-expect-error visitors are not told
const count: number = chat.onlineCount.value;
// @ts-expect-error what there is has another name
chat.send('hello');
export { Outbox, LongPoll, session, count };
