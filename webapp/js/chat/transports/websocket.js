import { Refusal } from '../protocol.js';

/**
 * A WebSocket to the same service, with the face of LongPoll. `onopen` means proven, not opened:
 * greeted, signed in, and one more round trip made (the join). Some proxies answer 101 and then pass
 * nothing on.
 */
export class WebSocketTransport {
  /** The line is dead if nothing came from the server for this time: it pings, and answers our pings. */
  static SILENT_MS = 35_000;

  /** Without an ack by then the line counts as dead; the draft is sent again over whatever works. */
  static ACK_MS = 10_000;

  onopen = () => {};
  onmessages = () => {};
  onclose = () => {};
  onevent = () => {};
  /** The server has greeted us; that proves nothing yet. */
  onconnected = () => {};

  #open;
  #url;
  #session;
  #who;
  #token;
  #timers;
  #provenWithinMs;
  #epoch = null;
  #socket = null;
  #proven = false;
  #closed = false;
  #deadline = null;
  #acks = new Map();
  #drainMs = null;

  /** @param {object} parts `who` is {clientId, instance, cohort}; `token()` resolves to the current token */
  constructor({ WebSocket, url, session, who, token, timers, provenWithinMs }) {
    const cohort = new URLSearchParams(who.cohort).toString();
    this.#open = (address) => new WebSocket(address);
    this.#url = cohort ? `${url}?${cohort}` : url;
    this.#session = session;
    this.#who = who;
    this.#token = token;
    this.#timers = timers;
    this.#provenWithinMs = provenWithinMs;
  }

  /** @param {() => {seq: number, epoch: string|null}} place */
  open(place) {
    this.#arm(this.#provenWithinMs, 'unproven');
    try {
      this.#socket = this.#open(this.#url);
    } catch {
      this.#end(1006, 'blocked');
      return;
    }
    this.#socket.onmessage = ({ data }) => this.#hear(JSON.parse(data), place);
    this.#socket.onclose = ({ code, reason }) => this.#end(code, reason);
    this.#socket.onerror = () => {};
  }

  /** @returns {Promise<{id: number, seq: number}>} what was stored */
  send(draft) {
    return new Promise((resolve, reject) => {
      const timeout = this.#timers.setTimeout(() => this.#end(1006, 'no ack'), WebSocketTransport.ACK_MS);
      this.#acks.set(draft.client_msg_id, { resolve, reject, timeout });
      this.#say({ type: 'send_message', ...draft });
    });
  }

  read(seq) {
    this.#say({ type: 'message_read', session_id: this.#session, seq });
  }

  delivered(seq) {
    this.#say({ type: 'message_delivered', session_id: this.#session, seq });
  }

  typing(active) {
    this.#say({ type: 'typing', session_id: this.#session, active });
  }

  close() {
    if (!this.#closed) {
      this.#closed = true;
      this.#release();
      this.#socket?.close(1000);
    }
  }

  async #hear(frame, place) {
    if (this.#closed) {
      return;
    }
    if (this.#proven) {
      this.#arm(WebSocketTransport.SILENT_MS, 'silent');
    }
    switch (frame.type) {
      case 'connected':
        this.onconnected();
        this.#say(await this.#identity());
        break;
      case 'auth_success':
        if (!this.#proven) {
          const { seq, epoch } = place();
          this.#say({ type: 'join_session', session_id: this.#session, after: seq, ...(epoch && { epoch }) });
        }
        break;
      case 'joined_session':
        this.#proven = true;
        this.#arm(WebSocketTransport.SILENT_MS, 'silent');
        this.#beat();
        this.#epoch = frame.epoch;
        this.onopen(frame.epoch);
        break;
      case 'new_message':
        this.onmessages([frame.message], this.#epoch);
        break;
      case 'messages':
        this.onmessages(frame.messages, this.#epoch);
        break;
      case 'message_ack':
        this.#settle(frame.client_msg_id, (ack) => ack.resolve({ id: frame.message_id, seq: frame.seq }));
        break;
      case 'draining':
        this.#drainMs = frame.reconnect_in_ms;
        break;
      case 'error':
        this.#refused(frame);
        break;
      default:
        this.onevent(frame);
    }
  }

  async #identity() {
    return {
      type: 'auth',
      token: await this.#token(),
      client_id: this.#who.clientId,
      instance: this.#who.instance,
      batch: 'text',
      device: { name: globalThis.navigator?.userAgent?.slice(0, 100), type: 'web' },
    };
  }

  #refused(frame) {
    const refusal = new Refusal(frame, 0, 1000);
    if (frame.ref && this.#acks.has(frame.ref)) {
      this.#settle(frame.ref, (ack) => ack.reject(refusal));
    } else if (!this.#proven) {
      // The join was refused; if the place is wrong, the client mends it.
      const lasting = frame.code === 'not_authenticated' ? 4401 : 4404;
      this.#end(frame.retryable ? 1013 : lasting, frame.code, refusal);
    }
  }

  /** Our own ping: a browser hides the server's pings, and a dead line only fails when written to. */
  #beat() {
    this.#timers.setTimeout(() => {
      if (!this.#closed) {
        this.#say({ type: 'ping' });
        this.#beat();
      }
    }, WebSocketTransport.SILENT_MS / 2);
  }

  #say(frame) {
    if (this.#socket?.readyState === 1) {
      this.#socket.send(JSON.stringify(frame));
    }
  }

  #settle(clientMsgId, how) {
    const ack = this.#acks.get(clientMsgId);
    if (ack) {
      this.#acks.delete(clientMsgId);
      this.#timers.clearTimeout(ack.timeout);
      how(ack);
    }
  }

  #arm(ms, why) {
    this.#timers.clearTimeout(this.#deadline);
    this.#deadline = this.#timers.setTimeout(() => this.#end(1006, why), ms);
  }

  #end(code, reason, refusal = null) {
    if (!this.#closed) {
      this.#closed = true;
      this.#release();
      this.#socket?.close();
      this.onclose({ code, reason, refusal, proven: this.#proven, drainMs: this.#drainMs });
    }
  }

  #release() {
    this.#timers.clearTimeout(this.#deadline);
    for (const id of [...this.#acks.keys()]) {
      this.#settle(id, (ack) => ack.reject(new Error('socket gone')));
    }
  }
}
