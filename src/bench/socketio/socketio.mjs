import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';

/** An ack that has not come by then is unknown; the same time as Crossfade's client gives a socket. */
const ACK_MS = 10_000;
/** `ackTimeout` and `retries` as in the tutorial's step on the delivery of clients. */
const RETRIES = 3;

/**
 * Socket.IO with connection state recovery. `recipe` adds what its tutorial gives against loss: the
 * server stores what it gets, once for each `clientOffset`, and hands a client that was not recovered
 * what comes after its `serverOffset`; the client tries again. `mended` drops a session once it was
 * restored, which Socket.IO itself does not (deaf.mjs shows what that makes); it is no documented use.
 */
export class SocketIoSystem {
  #io;
  #http = createServer();
  #clients = [];
  #recipe;
  #mended;
  #stored = [];
  #offsets = new Set();
  #recovered = 0;
  #anew = 0;

  constructor({ name, ping = {}, recipe = false, mended = false }) {
    this.name = name;
    this.#recipe = recipe;
    this.#mended = mended;
    this.#io = new Server(this.#http, {
      ...ping,
      connectionStateRecovery: { maxDisconnectionDuration: 2 * 60_000, skipMiddlewares: true },
    });
    this.#io.on('connection', (socket) => this.#connected(socket));
  }

  async open() {
    await new Promise((resolve) => this.#http.listen(0, '127.0.0.1', resolve));
    return { host: '127.0.0.1', port: this.#http.address().port };
  }

  #connected(socket) {
    const { room, serverOffset = 0 } = socket.handshake.auth;
    socket.recovered ? this.#recovered++ : this.#anew++;
    if (!socket.recovered) {
      socket.join(room);
    }
    if (this.#mended && socket.recovered) {
      this.#io.of('/').adapter.sessions.delete(socket.handshake.auth.pid);
    }
    socket.on('say', (body, ...rest) => {
      const done = rest.pop();
      if (this.#recipe && this.#offsets.has(rest[0])) {
        done();
        return;
      }
      if (this.#recipe) {
        this.#offsets.add(rest[0]);
        this.#stored.push({ room, body });
      }
      this.#io.to(room).emit('said', body, this.#stored.length);
      done();
    });
    if (this.#recipe && !socket.recovered) {
      this.#stored.slice(serverOffset).forEach((row, i) => {
        if (row.room === room) {
          socket.emit('said', row.body, serverOffset + i + 1);
        }
      });
    }
  }

  /** @returns {Promise<{say: (body: string) => void}>} when it is connected */
  async join({ port, conversation, on }) {
    const auth = { room: `room-${conversation}`, serverOffset: 0 };
    const client = io(`http://127.0.0.1:${port}`, {
      auth, forceNew: true, ...(this.#recipe && { ackTimeout: ACK_MS, retries: RETRIES }),
    });
    this.#clients.push(client);
    client.on('said', (body, offset) => {
      auth.serverOffset = offset;
      on.shown(body);
    });
    await new Promise((resolve) => client.once('connect', resolve));
    const answered = (body) => (error) => { if (!error) on.acked(body); };
    return {
      say: this.#recipe
        ? (body) => client.emit('say', body, `${client.id}-${body}`, answered(body))
        : (body) => client.timeout(ACK_MS).emit('say', body, answered(body)),
    };
  }

  notes() {
    return `${this.#recovered} recovered, ${this.#anew - this.#clients.length} not`;
  }

  close() {
    this.#clients.forEach((client) => client.disconnect());
    this.#io.close();
  }
}
