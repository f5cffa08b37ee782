import type { UseWebSocket } from './vue.d.ts';

export type { Chat, UseWebSocket, UseWebSocketOptions } from './vue.d.ts';

export declare const useWebSocket: UseWebSocket;
