import type { Ref, onUnmounted, ref } from 'vue';
import type { ClientParts, Draft, Message } from './crossfade.d.ts';

/** Those of a ChatClient; all may be left out. */
export interface UseWebSocketOptions extends Partial<Omit<ClientParts, 'getToken' | 'session'>> {
  /** Without one, the visitor's open conversation; one is opened where there is none. Staff name it. */
  session?: number | null;
}

export interface Chat {
  /** Does not throw: what goes wrong for good is told to `on.stopped`. Twice is harmless. */
  connect(): Promise<void>;
  /** Also when the component is unmounted. */
  disconnect(): void;
  /**
   * While the connection is being made anew it waits for that. Throws Error before it was first made
   * and after `disconnect`, RangeError where 100 wait.
   */
  sendMessage(content: string): Draft;
  /** The newest 500, in order, one's own too. */
  messages: Ref<readonly Message[]>;
  /** People of the shop on the node; `null` where the server does not tell: to visitors, and before it has. */
  onlineCount: Ref<number | null>;
  isConnected: Ref<boolean>;
  isReconnecting: Ref<boolean>;
}

/** `token`: a string, or a function that is asked again, with `true`, when the one it gave has expired. */
export type UseWebSocket = (
  token: string | ((expired: boolean) => string | Promise<string>),
  options?: UseWebSocketOptions,
) => Chat;

export declare const MAX_MESSAGES: number;

/** For pages without a bundler: `createUseWebSocket({ ref, onUnmounted })` with their Vue. */
export declare function createUseWebSocket(vue: { ref: typeof ref; onUnmounted: typeof onUnmounted }): UseWebSocket;
