import type { Ref, onUnmounted, ref } from 'vue';
import type { ClientParts, Draft, Message } from './crossfade.d.ts';

/** Those of a ChatClient; all may be left out. */
export interface UseWebSocketOptions extends Partial<Omit<ClientParts, 'getToken' | 'session'>> {
  /** Without one, the visitor's open conversation, which is opened if there is none. Staff must name one. */
  session?: number | null;
}

export interface Chat {
  /** Never rejects: a final failure is told to `on.stopped`. A second call has no effect. */
  connect(): Promise<void>;
  /** Also when the component is unmounted. */
  disconnect(): void;
  /**
   * While the client reconnects, messages wait. Throws Error before the conversation was opened and
   * after `disconnect`, RangeError if 100 wait.
   */
  sendMessage(content: string): Draft;
  /** The newest 500 in order, also one's own. */
  messages: Ref<readonly Message[]>;
  /** People of the shop who are online on the node; `null` for visitors, and before the first answer. */
  onlineCount: Ref<number | null>;
  isConnected: Ref<boolean>;
  isReconnecting: Ref<boolean>;
}

/** `token`: a string, or a function that is called again with `true` when its token has expired. */
export type UseWebSocket = (
  token: string | ((expired: boolean) => string | Promise<string>),
  options?: UseWebSocketOptions,
) => Chat;

export declare const MAX_MESSAGES: number;

/** For pages without a bundler: `createUseWebSocket({ ref, onUnmounted })` with their Vue. */
export declare function createUseWebSocket(vue: { ref: typeof ref; onUnmounted: typeof onUnmounted }): UseWebSocket;
