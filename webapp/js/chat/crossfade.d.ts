/** The types of what index.js exports, kept by hand. `error` and `code` are those of the wire contract. */

export type Transport = 'polling' | 'websocket';

/** A JSON number if it has only digits, at most 15; otherwise a string. */
export type UserId = number | string;

export interface Message {
  readonly id: number;
  readonly session_id: number;
  /** 1, 2, 3 … without a gap in its conversation. */
  readonly seq: number;
  readonly sender_id: UserId;
  readonly sender_role: 'visitor' | 'agent' | 'admin';
  readonly sender_name: string | null;
  /** As it was written. Show it as text, never as markup. */
  readonly content: string;
  readonly message_type: string;
  readonly reply_to: number | null;
  readonly client_msg_id: string | null;
  /** RFC 3339, UTC. */
  readonly created_at: string;
  readonly status: 'sent' | 'delivered' | 'read';
}

/** A message on its way. It survives a reload until it is stored or refused. */
export interface Draft {
  readonly session_id: number;
  readonly content: string;
  /** The stored message has the same id, so it can replace the draft on the page. */
  readonly client_msg_id: string;
  readonly message_type?: string;
  readonly reply_to?: number;
}

export interface ConnectionState {
  readonly transport: Transport;
  readonly state: 'connecting' | 'connected' | 'reconnecting';
  /** `fallback`: WebSocket does not work on this path and is tried again in the background. */
  readonly reason: 'fallback' | null;
}

/**
 * What a server sends over a socket besides messages, at most once and never stored. Ignore types that
 * you do not know; others may come, such as `pong`.
 */
export type ServerEvent =
  | { readonly type: 'message_status'; readonly session_id: number; readonly message_id: number; readonly seq: number; readonly user_id: UserId; readonly status: 'delivered' | 'read'; readonly timestamp: string }
  | { readonly type: 'typing'; readonly session_id: number; readonly user_id: UserId; readonly active: boolean }
  | { readonly type: 'presence'; readonly user_id: UserId; readonly status: 'online' | 'offline' }
  | { readonly type: 'presence_count'; readonly online: number }
  | { readonly type: 'session_updated'; readonly session: Session };

export interface Session {
  readonly session_id: number;
  readonly visitor_id: UserId;
  readonly visitor_name: string | null;
  readonly agent_id: UserId | null;
  readonly subject: string | null;
  readonly status: 'open' | 'closed';
  readonly head: number;
}

/**
 * Called for a token; again with `true` and the token that the server has refused, which it must not return
 * again. Several calls may be about the same token: whoever has replaced it already returns the new one.
 */
export type GetToken = (expired: boolean, refused?: string | null) => Promise<string>;

export interface Callbacks {
  /** Each message once and in order, also the client's own. */
  messages?(messages: readonly Message[]): void;
  /** The server has stored it. */
  sent?(draft: Draft, stored: { readonly id: number; readonly seq: number }): void;
  /** The server has refused it, and will again. */
  failed?(draft: Draft, refusal: Refusal): void;
  state?(state: ConnectionState): void;
  event?(event: ServerEvent): void;
  /** The log was restored: remove what is shown, all messages come again. */
  reset?(): void;
  /** Messages up to this seq are no longer kept. */
  missed?(upTo: number): void;
  /** The client has given up; `reason` is a code such as `not_authenticated`. */
  stopped?(reason: string): void;
}

/** Milliseconds. */
export interface Options {
  /** A socket that has not proven itself by then has failed. */
  provenWithinMs: number;
  /** Pauses between tries of WebSocket in the background. */
  probe: { firstMs: number; maxMs: number };
  /** Pauses after a lost connection, with full jitter. */
  retry: { baseMs: number; maxMs: number };
  /** The widest first jitter when the server closes all connections at once. */
  herdMs: number;
}

export declare const DEFAULTS: Readonly<Options>;

/** Replacements for the browser's own. */
export interface Environment {
  storage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | null;
  fetch?: typeof globalThis.fetch;
  WebSocket?: new (url: string) => WebSocket;
  timers?: { setTimeout(work: () => void, ms?: number): unknown; clearTimeout(id: unknown): void };
  now?: () => number;
  random?: () => number;
}

export interface ClientParts extends Environment {
  /** The address of Crossfade with a slash at its end: `https://chat.example/crossfade/`. */
  base: string;
  session: number;
  /** The browser profile, as `clientId()` keeps it; the rollout sticks to it. */
  clientId: string;
  getToken: GetToken;
  /** Where several people use one browser, one after the other: each finds their own unsent drafts, and nobody else's. */
  user?: UserId | null;
  /** The transport is asked for without a token then. */
  shopId?: string | null;
  on?: Callbacks;
  /** Letters, digits and `_.:@-`. Ops may select clients by version and platform. */
  version?: string | null;
  platform?: string | null;
  /** Continues after a reload where it was, for a page that keeps what it has shown. */
  keepPlace?: boolean;
  /** Continues where another client stood. */
  place?: Place | null;
  options?: Partial<Options>;
}

/** A place in a conversation; the epoch names the log that seq counts in. */
export interface Place {
  readonly seq: number;
  readonly epoch: string | null;
}

/** One reader and writer of one conversation, over whichever transport works. */
export declare class ChatClient {
  constructor(parts: ClientParts);
  /** The highest seq it has given to `on.messages`. */
  readonly cursor: number;
  /** Where another client may continue. */
  readonly place: Place;
  /** Drafts that are not known to be stored, oldest first. */
  readonly unsent: Draft[];
  /** What was unsent; it is the caller's from now on. */
  takeUnsent(): Draft[];
  /** For calls beside the messages. */
  readonly http: Http;
  start(): this;
  /** Final. Drafts stay in storage for the next page. */
  stop(): void;
  /** The network came back: does not wait for a timer. */
  online(): void;
  /** Throws RangeError if 100 drafts wait. */
  send(content: string, more?: More): Draft;
  /** The person has read up to this seq. */
  read(seq: number): void;
  typing(active: boolean): void;
}

export interface More {
  message_type?: string;
  reply_to?: number;
  /** The id of an earlier try; the server stores the message once. */
  client_msg_id?: string;
}

export interface SharedCallbacks extends Callbacks {
  /** On its way, from any tab; may be called twice. */
  draft?(draft: Draft): void;
  /** Read in another tab. */
  readUpTo?(seq: number): void;
}

/**
 * One ChatClient for all tabs of a browser that show the same conversation. One tab leads and tells the
 * others what it hears; when it closes, the next takes over.
 */
export declare class SharedClient {
  constructor(parts: {
    session: number;
    makeClient(parts: { on: Callbacks; place: Place | null }): ChatClient;
    on?: SharedCallbacks;
    /** As of ClientParts. */
    user?: UserId | null;
    /** Of this tab alone, for drafts that no leader has taken yet. */
    storage?: Pick<Storage, 'getItem' | 'setItem'> | null;
    /** Whether this tab is looked at. */
    visible?: () => boolean;
  });
  readonly cursor: number;
  readonly unsent: Draft[];
  /** What was unsent and written in this tab, or left to the one that leads; it is the caller's from now on. */
  takeUnsent(): Draft[];
  /** Whether the connection is this tab's. */
  readonly leading: boolean;
  start(): this;
  stop(): void;
  online(): void;
  send(content: string, more?: More): Draft;
  read(seq: number): void;
  typing(active: boolean): void;
}

/** A refusal of the server; `message` is a sentence for people. */
export declare class Refusal extends Error {
  constructor(body: { code?: string; error?: string; retryable?: boolean }, status: number, retryAfterMs: number);
  /** For programs; absent if a proxy answered instead of the server. */
  readonly code: string | undefined;
  readonly body: { readonly [field: string]: unknown };
  /** The HTTP status; 0 over a socket. */
  readonly status: number;
  readonly retryable: boolean;
  readonly retryAfterMs: number;
}

/** The HTTP API for one caller; gets another token where the server refuses the one it has. */
export declare class Http {
  constructor(parts: { base: string; getToken: GetToken; fetch?: typeof globalThis.fetch });
  readonly base: string;
  token(): Promise<string>;
  /** Rejects with a Refusal, or with a TypeError if there was no answer. */
  call<Body = any>(
    path: string,
    options?: { method?: string; body?: object; headers?: Record<string, string>; signal?: AbortSignal; anonymous?: boolean },
  ): Promise<{ status: number; body: Body; headers: Headers }>;
}

/**
 * The visitor's open conversation; if there is none, one is opened. Repeats the request until the server
 * answers. Rejects with a Refusal that is final, and with the reason of `signal`.
 */
export declare function openSession(http: Http, more?: { signal?: AbortSignal; retrying?: () => void }): Promise<number>;

/** Null: it lasts as long as the page. */
type Kept = Pick<Storage, 'getItem' | 'setItem'> | null;

/** One browser profile is one client. The id is made once and kept. */
export declare function clientId(storage?: Kept): string;

/** Tokens of a visitor without an account, made once and kept. */
export declare function visitorToken(base: string, shopId: string, storage?: Kept, more?: () => { name?: string }): GetToken;

/** Tokens of the staff user who has signed in to Tomcat. */
export declare function staffToken(base: string): GetToken;
