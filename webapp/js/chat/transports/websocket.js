import { Refusal } from '../protocol.js';

/**
 * A WebSocket with the face of LongPoll. `onopen` means proven, not opened: signed in and joined,
 * because some proxies answer 101 and then pass nothing on.
 */
export class WebSocketTransport {
  /** After this time without a frame the line is dead: the server answers our pings. */
  static SILENT_MS = 35_000;

  /** Without an ack by then, too; the draft is sent again over whatever works. */
  static ACK_MS = 10_000;

  onopen = () => {};
  onmessages = () => {};
  onclose = () => {};
  onevent = () => {};
  onconnected = () => {};

  #url;
  #parts;
  #epoch = null;
  #socket = null;
  #proven = false;
  #closed = false;
  #deadline = null;
  #acks = new Map();
  #drainMs = null;

  /** @param {object} parts those of LongPoll, and `WebSocket`, `options` */
  constructor(url, parts) {
    const cohort = new URLSearchParams(parts.who.cohort).toString();
    this.#url = cohort ? `${url}?${cohort}` : url;
    this.#parts = parts;
  }

  open() {
    this.#arm(this.#parts.options.provenWithinMs, 'unproven');
    try {
      this.#socket = new this.#parts.WebSocket(this.#url);
    } catch {
      this.#end(1006, 'blocked');
      return;
    }
    this.#socket.onmessage = ({ data }) => this.#hear(JSON.parse(data));
    this.#socket.onclose = ({ code, reason }) => this.#end(code, reason);
    this.#socket.onerror = () => {};
  }

  send(draft) {
    return new Promise((resolve, reject) => {
      const timeout = this.#parts.timers.setTimeout(() => this.#end(1006, 'no ack'), WebSocketTransport.ACK_MS);
      this.#acks.set(draft.client_msg_id, { resolve, reject, timeout });
      this.#say({ type: 'send_message', ...draft });
    });
  }

  read(seq) {
    this.#say({ type: 'message_read', session_id: this.#parts.session, seq });
  }

  delivered(seq) {
    this.#say({ type: 'message_delivered', session_id: this.#parts.session, seq });
  }

  typing(active) {
    this.#say({ type: 'typing', session_id: this.#parts.session, active });
  }

  close() {
    if (!this.#closed) {
      this.#closed = true;
      this.#release();
      this.#socket?.close(1000);
    }
  }

  async #hear(frame) {
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
          const { seq, epoch } = this.#parts.place();
          this.#say({ type: 'join_session', session_id: this.#parts.session, after: seq, ...(epoch && { epoch }) });
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
      token: await this.#parts.http.token(),
      client_id: this.#parts.who.clientId,
      instance: this.#parts.who.instance,
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

  /** A browser hides the server's pings, and a dead line only fails when written to. */
  #beat() {
    this.#parts.timers.setTimeout(() => {
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
      this.#parts.timers.clearTimeout(ack.timeout);
      how(ack);
    }
  }

  #arm(ms, why) {
    this.#parts.timers.clearTimeout(this.#deadline);
    this.#deadline = this.#parts.timers.setTimeout(() => this.#end(1006, why), ms);
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
    this.#parts.timers.clearTimeout(this.#deadline);
    for (const id of [...this.#acks.keys()]) {
      this.#settle(id, (ack) => ack.reject(new Error('socket gone')));
    }
  }
}
