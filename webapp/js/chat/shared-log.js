import { Cursor } from './receiving.js';

/** What a tab keeps of the conversation in memory: its place, and the newest messages for later tabs. */
export class SharedLog {
  /** Older messages are in no tab's memory. */
  static MAX = 500;

  #cursor = new Cursor(null, '');
  #messages = [];

  get seq() {
    return this.#cursor.seq;
  }

  /** Null before anything is known of the log. */
  get place() {
    const { seq, epoch } = this.#cursor;
    return epoch === null ? null : { seq, epoch };
  }

  after(seq) {
    return this.#messages.filter((message) => message.seq > seq);
  }

  has(clientMsgId) {
    return this.#messages.some((message) => message.client_msg_id === clientMsgId);
  }

  /** @returns {{taken: object[], gap: boolean}} as `Cursor.take` */
  take(messages, epoch) {
    if (epoch) {
      this.#cursor.epochIs(epoch);
    }
    const { taken, gap } = this.#cursor.take(messages);
    this.#messages = [...this.#messages, ...taken].slice(-SharedLog.MAX);
    return { taken, gap };
  }

  /** Continues from this place; what was before it is missing. */
  skipTo({ seq, epoch }) {
    this.#cursor.reset(seq, epoch);
  }

  /** The log starts over. */
  restart(epoch) {
    this.#messages = [];
    this.#cursor.reset(0, epoch);
  }

  /** Another member has got as far as `seq`. */
  mark({ seq, status, user_id: user }) {
    for (const message of this.#messages) {
      if (message.seq <= seq && message.sender_id !== user && message.status !== 'read') {
        message.status = status;
      }
    }
  }
}
