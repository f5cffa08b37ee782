import * as protocol from './protocol.js';
import { Attempts, Phase, isAllowed, whoseFault } from './rules.js';
import { Polling } from './transports/long-poll.js';

const { POLLING, TRYING, SOCKET, LEAVING, FALLEN_BACK, YIELDED, STOPPED } = Phase;

/** The first polls of those who lost their socket are spread over this time. */
const LOST_MS = 1_000;

/**
 * Decides which transport carries a conversation. Polling runs whenever there is no proven socket, so
 * a socket that is blocked, slow or silent costs nothing. A new carrier is opened before the old one
 * is closed.
 */
export class Steering {
  #phase = POLLING;
  /** Its socket was closed in favour of polling: what polls say was true before that too. */
  #isSentAway = false;
  #rollout;
  #receiving;
  #polling;
  #attempts;
  #carriers;
  #environment;
  #on;
  #socket = null;

  /**
   * @param {object} carriers {poll(), socket(url) or null, isTokenReplaced()}
   * @param {object} on `ready()` when a carrier begins to work, `state`, `event`, `stopped` as of ChatClient
   */
  constructor(rollout, receiving, carriers, environment, on) {
    this.#rollout = rollout;
    this.#receiving = receiving;
    this.#carriers = carriers;
    this.#environment = environment;
    this.#on = on;
    this.#attempts = new Attempts(environment);
    this.#polling = new Polling(carriers.poll, environment, {
      opened: (epoch) => this.#pollingWorks(epoch),
      messages: (...batch) => receiving.take(...batch),
      steered: (use) => this.#steered(use),
      lost: () => !this.#onSocket && this.#tell('reconnecting'),
      placeRefused: (refusal) => receiving.placeRefused(refusal),
      refused: (refusal) => on.stopped(refusal.code),
    });
  }

  /** Null while nothing works. */
  get carrier() {
    return this.#onSocket ? this.#socket : this.#polling.carrier;
  }

  start() {
    this.#tell('connecting');
    this.#polling.start();
    this.#ask();
  }

  stop() {
    this.#enter(STOPPED);
    this.#attempts.cancel();
    this.#polling.stop();
    this.#dropSocket();
  }

  online() {
    if (!this.#onSocket && this.#phase !== STOPPED) {
      this.#polling.startNow();
      if (this.#phase === YIELDED) {
        this.#enter(TRYING);
      }
      if (this.#wantsSocket) {
        this.#attempts.plan(this.#trySocket);
      }
    }
  }

  pause() {
    this.#polling.stop();
  }

  /** Has everything after the place sent again. */
  reread() {
    if (this.#phase === STOPPED) {
      return;
    }
    if (this.#onSocket) {
      this.#dropSocket();
      this.#lostSocket();
      this.#attempts.plan(this.#trySocket);
    }
    this.#polling.stop();
    this.#polling.start();
  }

  async #ask() {
    if (this.#phase === STOPPED || !(await this.#rollout.ask()) || this.#onSocket || this.#phase === STOPPED) {
      return;
    }
    if (!this.#rollout.wantsWebSocket) {
      this.#stopTrying();
      return;
    }
    if (this.#rollout.failedLately) {
      if (this.#enter(FALLEN_BACK)) {
        this.#attempts.blamed();
      }
      this.#probeLater();
    } else {
      this.#enter(TRYING);
      this.#attempts.plan(this.#trySocket);
    }
    this.#tell(this.#polling.works ? 'connected' : 'connecting');
  }

  /** From the header of a poll answer. */
  #steered(use) {
    if (use === protocol.POLLING) {
      this.#isSentAway = false;
    } else if (this.#isSentAway) {
      return;
    }
    const isNews = this.#rollout.choice?.transport !== use;
    if (use === protocol.WEBSOCKET && (this.#phase === POLLING || (this.#phase === FALLEN_BACK && isNews))) {
      this.#ask();
    } else if (use === protocol.POLLING && (this.#phase === TRYING || this.#phase === YIELDED)) {
      this.#stopTrying();
    }
  }

  /** From a frame; at a random moment, so that clients do not move all at once. */
  #told({ use, within_ms: withinMs }) {
    if (use === protocol.POLLING) {
      this.#enter(LEAVING);
      this.#environment.timers.setTimeout(() => {
        if (this.#phase === LEAVING) {
          this.#polling.start();
        }
      }, this.#environment.random() * withinMs);
    } else if (this.#phase === LEAVING) {
      this.#enter(SOCKET);
      this.#polling.stop();
    }
  }

  #stopTrying() {
    this.#dropSocket();
    if (this.#phase === FALLEN_BACK) {
      this.#probeLater();
    } else {
      this.#enter(POLLING);
      this.#attempts.cancel();
    }
  }

  #pollingWorks(epoch) {
    this.#receiving.epochIs(epoch);
    if (this.#phase === LEAVING) {
      // Only now: polling has taken over.
      this.#dropSocket();
      this.#enter(POLLING);
    }
    this.#tell('connected');
    this.#on.ready();
  }

  get #onSocket() {
    return this.#phase === SOCKET || this.#phase === LEAVING;
  }

  get #wantsSocket() {
    return this.#phase === TRYING || (this.#phase === FALLEN_BACK && this.#rollout.wantsWebSocket);
  }

  #trySocket = () => {
    if (this.#socket !== null || !this.#wantsSocket || !this.#carriers.socket) {
      return;
    }
    this.#rollout.tryBegins();
    const socket = this.#carriers.socket(this.#rollout.choice.ws_url);
    socket.onconnected = () => this.#rollout.report('connected');
    socket.onopen = (epoch) => this.#socketProven(epoch);
    socket.onmessages = (...batch) => this.#receiving.take(...batch);
    socket.onevent = (frame) => (frame.type === 'transport' ? this.#told(frame) : this.#on.event(frame));
    socket.onclose = (why) => this.#socketClosed(why);
    this.#socket = socket;
    socket.open();
  };

  #socketProven(epoch) {
    this.#receiving.epochIs(epoch);
    const event = this.#phase === FALLEN_BACK ? 'recovered' : 'proven';
    this.#enter(SOCKET);
    this.#attempts.proven();
    // Only now: the socket has joined from our place.
    this.#polling.stop();
    this.#rollout.report(event);
    this.#rollout.forgetFailure();
    this.#tell('connected');
    this.#on.ready();
  }

  #socketClosed({ code, reason, refusal, proven, drainMs }) {
    this.#socket = null;
    if (refusal && this.#receiving.placeRefused(refusal)) {
      this.#attempts.plan(this.#trySocket);
      return;
    }
    const advice = protocol.adviceFor(code);
    if (advice === protocol.STOP) {
      this.#on.stopped(reason || String(code));
      return;
    }
    if (advice === protocol.NOTHING) {
      // If there is no newer carrier, polling finds out.
      this.#lostSocket(YIELDED);
      this.#polling.start();
      return;
    }
    const herd = protocol.isHerd(code) ? drainMs ?? this.#environment.random() * this.#environment.options.herdMs : 0;
    if (proven) {
      this.#lostSocket(advice === protocol.POLL ? POLLING : TRYING);
      this.#tell('reconnecting');
      // A node that dies takes all its sockets along, and says nothing.
      this.#polling.startIn(herd || this.#environment.random() * LOST_MS);
    }
    this.#afterLoss(advice, proven, herd, reason);
  }

  /** A client that was leaving its socket has left it then. */
  #lostSocket(next = TRYING) {
    this.#enter(this.#phase === LEAVING ? POLLING : next);
  }

  async #afterLoss(advice, proven, herd, reason) {
    if (advice === protocol.POLL) {
      this.#enter(POLLING);
      this.#isSentAway = true;
      this.#environment.timers.setTimeout(() => {
        this.#isSentAway = false;
        this.#ask();
      }, this.#rollout.choice.ttl_ms ?? 60_000);
      return;
    }
    if (this.#phase === POLLING) {
      return;
    }
    // A line so slow that the token did not arrive in time is closed with the same code.
    const isReplaced = advice === protocol.NEW_TOKEN && await this.#carriers.isTokenReplaced().catch(() => false);
    const tooMany = this.#attempts.failed() && !proven && !isReplaced;
    if (tooMany && whoseFault({ pollingWorks: this.#polling.works }) === 'path') {
      this.#fallBack(reason);
    } else {
      this.#attempts.planAgain(this.#trySocket, herd);
    }
  }

  #fallBack(reason) {
    if (this.#enter(FALLEN_BACK)) {
      this.#attempts.blamed();
      this.#rollout.rememberFailure();
      this.#rollout.report('fallback', reason || 'refused');
    }
    this.#probeLater();
    this.#tell('connected');
  }

  /** Asks first whether the server still wants it. */
  #probeLater() {
    this.#attempts.planInBackground(async () => {
      const answered = await this.#rollout.ask();
      if (answered && this.#wantsSocket) {
        this.#trySocket();
      } else if (this.#phase === FALLEN_BACK) {
        this.#probeLater();
      }
    });
  }

  #dropSocket() {
    this.#socket?.close();
    this.#socket = null;
  }

  /** @returns {boolean} whether the move was made */
  #enter(next) {
    const allowed = isAllowed(this.#phase, next);
    this.#phase = allowed ? next : this.#phase;
    return allowed;
  }

  #tell(state) {
    this.#on.state({
      transport: this.#onSocket ? protocol.WEBSOCKET : protocol.POLLING,
      state,
      reason: this.#phase === FALLEN_BACK ? 'fallback' : null,
    });
  }
}
