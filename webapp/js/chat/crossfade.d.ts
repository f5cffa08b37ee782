/** The types of what index.js exports, kept by hand; `error` and `code` are those of the wire contract. */

export type Transport = 'polling' | 'websocket';

/** A JSON number where it is of digits only, up to 15 of them; else a string. */
export type UserId = number | string;

export interface Message {
  readonly id: number;
  readonly session_id: number;
  /** 1, 2, 3 … without a hole, inside its conversation. */
  readonly seq: number;
  readonly sender_id: UserId;
  readonly sender_role: 'visitor' | 'agent' | 'admin';
  readonly sender_name: string | null;
  /** As it was written: show it as text, never as markup. */
  readonly content: string;
  readonly message_type: string;
  readonly reply_to: number | null;
  readonly client_msg_id: string | null;
  /** RFC 3339, UTC. */
  readonly created_at: string;
  readonly status: 'sent' | 'delivered' | 'read';
}

/** A message on its way; it is kept across a reload until it is stored or refused. */
export interface Draft {
  readonly session_id: number;
  readonly content: string;
  /** Its message has the same: so a draft that is shown is replaced by what was stored. */
  readonly client_msg_id: string;
  readonly message_type?: string;
  readonly reply_to?: number;
}

export interface ConnectionState {
  readonly transport: Transport;
  readonly state: 'connecting' | 'connected' | 'reconnecting';
  /** `fallback`: WebSocket does not work on this path, and is tried again in the background. */
  readonly reason: 'fallback' | null;
}

/**
 * What a server tells over a socket besides messages: at most once, and never stored. Others may come,
 * a `pong` too: leave alone what you do not know.
 */
export type ServerEvent =
  | { readonly type: 'message_status'; readonly session_id: number; readonly message_id: number; readonly seq: number; readonly user_id: UserId; readonly status: 'delivered' | 'read'; readonly timestamp: string }
  | { readonly type: 'typing'; readonly session_id: number; readonly user_id: UserId; readonly active: boolean }
  | { readonly type: 'presence'; readonly user_id: UserId; readonly status: 'online' | 'offline' }
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

/** Asked for a token; once more, with `true`, where the one it gave has expired. */
export type GetToken = (expired: boolean) => Promise<string>;

export interface Callbacks {
  /** Each message once and in order, one's own too. */
  messages?(messages: readonly Message[]): void;
  /** The server has stored it. */
  sent?(draft: Draft, stored: { readonly id: number; readonly seq: number }): void;
  /** The server has refused it for good. */
  failed?(draft: Draft, refusal: Refusal): void;
  state?(state: ConnectionState): void;
  event?(event: ServerEvent): void;
  /** The log was restored: what was shown is to be taken away, and comes anew. */
  reset?(): void;
  /** Messages up to this seq are not kept any more. */
  missed?(upTo: number): void;
  /** It has given up; the code of a refusal such as `not_authenticated`. */
  stopped?(reason: string): void;
}

/** Milliseconds. */
export interface Options {
  /** A socket that has not proven itself by then has failed. */
  provenWithinMs: number;
  /** Between tries of WebSocket in the background. */
  probe: { firstMs: number; maxMs: number };
  /** After a lost connection, with full jitter. */
  retry: { baseMs: number; maxMs: number };
  /** The widest first jitter, when the server sends everybody away at once. */
  herdMs: number;
}

export declare const DEFAULTS: Readonly<Options>;

/** What works in place of the browser's own. */
export interface Environment {
  storage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | null;
  fetch?: typeof globalThis.fetch;
  WebSocket?: new (url: string) => WebSocket;
  timers?: { setTimeout(work: () => void, ms?: number): unknown; clearTimeout(id: unknown): void };
  now?: () => number;
  random?: () => number;
}

export interface ClientParts extends Environment {
  /** Where Crossfade is, with a slash at its end: `https://chat.example/crossfade/`. */
  base: string;
  session: number;
  /** The browser profile, as `clientId()` keeps it: what the rollout sticks to. */
  clientId: string;
  getToken: GetToken;
  /** Asks for the transport without a token. */
  shopId?: string | null;
  on?: Callbacks;
  /** Letters, digits and `_.:@-`: by them ops may choose who takes part. */
  version?: string | null;
  platform?: string | null;
  /** Goes on after a reload where it was, for a page that keeps what it has shown. */
  keepPlace?: boolean;
  /** Goes on from where another client stood. */
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
  /** Where another client may go on. */
  readonly place: Place;
  /** Drafts that are not known to be stored, oldest first. */
  readonly unsent: Draft[];
  /** For calls beside the messages. */
  readonly http: Http;
  start(): this;
  /** For good. Drafts stay in storage for the next page. */
  stop(): void;
  /** The network came back: does not wait for a timer. */
  online(): void;
  /** Throws RangeError where 100 drafts wait. */
  send(content: string, more?: More): Draft;
  /** The person has read up to this seq. */
  read(seq: number): void;
  typing(active: boolean): void;
}

export interface More {
  message_type?: string;
  reply_to?: number;
  /** Of an earlier try: the server stores both once. */
  client_msg_id?: string;
}

export interface SharedCallbacks extends Callbacks {
  /** On its way, from whichever tab; perhaps twice. */
  draft?(draft: Draft): void;
  /** Read in another tab. */
  readUpTo?(seq: number): void;
}

/**
 * One ChatClient for all tabs of a browser that show the same conversation: one leads, the others hear
 * what it hears, and the next takes over.
 */
export declare class SharedClient {
  constructor(parts: {
    session: number;
    makeClient(parts: { on: Callbacks; place: Place | null }): ChatClient;
    on?: SharedCallbacks;
    /** Of this tab alone: what it sent and nobody has taken yet. */
    storage?: Pick<Storage, 'getItem' | 'setItem'> | null;
    /** Whether this tab is looked at. */
    visible?: () => boolean;
  });
  readonly cursor: number;
  readonly unsent: Draft[];
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
  /** For programs; absent where a proxy answered in the server's place. */
  readonly code: string | undefined;
  readonly body: { readonly [field: string]: unknown };
  /** Of HTTP; 0 over a socket. */
  readonly status: number;
  readonly retryable: boolean;
  readonly retryAfterMs: number;
}

/** The HTTP API for one caller; renews the token once where it has expired. */
export declare class Http {
  constructor(parts: { base: string; getToken: GetToken; fetch?: typeof globalThis.fetch });
  readonly base: string;
  token(expired?: boolean): Promise<string>;
  /** Throws Refusal, or TypeError where there was no answer. */
  call<Body = any>(
    path: string,
    options?: { method?: string; body?: object; headers?: Record<string, string>; signal?: AbortSignal; anonymous?: boolean },
  ): Promise<{ status: number; body: Body; headers: Headers }>;
}

/**
 * The visitor's open conversation; one is opened where there is none. Tries until the server answers.
 * Throws Refusal where it is refused for good, and what `signal` was aborted with.
 */
export declare function openSession(http: Http, more?: { signal?: AbortSignal; retrying?: () => void }): Promise<number>;

/** Null: it lasts as long as the page. */
type Kept = Pick<Storage, 'getItem' | 'setItem'> | null;

/** One browser profile is one client; made once and kept. */
export declare function clientId(storage?: Kept): string;

/** Tokens of a visitor without an account, made once and kept. */
export declare function visitorToken(base: string, shopId: string, storage?: Kept, more?: () => { name?: string }): GetToken;

/** Tokens of who is signed in to this page through Tomcat. */
export declare function staffToken(base: string): GetToken;
