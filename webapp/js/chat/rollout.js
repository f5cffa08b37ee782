import { isRemembered, remember } from './rules.js';
import { WEBSOCKET } from './protocol.js';
import { keep, readKept } from './storage.js';

const MEMORY = 'crossfade.fallback';

/** Asks which transport the server wants, reports how sockets fare, and remembers paths where they fail. */
export class Rollout {
  /** The server's last answer; null before the first. */
  choice = null;

  #http;
  #who;
  #storage;
  #now;
  #startedAt = 0;

  constructor(http, who, storage, now) {
    this.#http = http;
    this.#who = who;
    this.#storage = storage;
    this.#now = now;
  }

  /** @returns {Promise<boolean>} whether the server answered; never rejects */
  async ask() {
    const { clientId, shopId, cohort } = this.#who;
    const query = new URLSearchParams({ client_id: clientId, ...(shopId && { shop_id: shopId }), ...cohort });
    try {
      this.choice = (await this.#http.call(`api/transport?${query}`, { anonymous: !!shopId })).body;
      return true;
    } catch {
      return false;
    }
  }

  /** A client that fell back should go on trying; one that was not chosen should not. */
  get wantsWebSocket() {
    return this.choice?.transport === WEBSOCKET || this.choice?.reason === 'recent_fallback';
  }

  /** As this browser or the server remembers it. */
  get failedLately() {
    return isRemembered(this.#memory(), this.#now()) || this.choice?.reason === 'recent_fallback';
  }

  rememberFailure() {
    keep(this.#storage, MEMORY, remember(this.#memory(), this.#now()));
  }

  forgetFailure() {
    this.#storage?.removeItem(MEMORY);
  }

  /** Reports say how long ago that was. */
  tryBegins() {
    this.#startedAt = this.#now();
  }

  report(event, reason = null) {
    const { clientId, shopId } = this.#who;
    const ms = this.#now() - this.#startedAt;
    const body = { client_id: clientId, shop_id: shopId ?? undefined, event, reason: reason?.slice(0, 64) ?? null, ms };
    this.#http.call('api/transport/reports', { anonymous: true, body }).catch(() => {});
  }

  #memory() {
    return readKept(this.#storage, MEMORY, null);
  }
}
