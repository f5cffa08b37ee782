/** Where a client stands between its two transports. */
export const Phase = Object.freeze({
  /** Polling carries; no socket is wanted. */
  POLLING: 'polling',
  /** Polling carries while a socket is tried. */
  TRYING: 'trying',
  /** A proven socket carries; nothing is polled. */
  SOCKET: 'socket',
  /** A proven socket carries until polling, which is wanted now, has answered. */
  LEAVING: 'leaving',
  /** Polling carries because sockets fail on this path; one is tried in the background. */
  FALLEN_BACK: 'fallen-back',
  /** Polling carries because a newer carrier of this page has replaced the socket. */
  YIELDED: 'yielded',
  STOPPED: 'stopped',
});

const { POLLING, TRYING, SOCKET, LEAVING, FALLEN_BACK, YIELDED, STOPPED } = Phase;

/** A socket that is not proven exists only while TRYING or FALLEN_BACK. */
const MOVES = {
  [POLLING]: [TRYING, FALLEN_BACK, STOPPED],
  [TRYING]: [POLLING, SOCKET, FALLEN_BACK, YIELDED, STOPPED],
  [SOCKET]: [POLLING, TRYING, LEAVING, YIELDED, STOPPED],
  [LEAVING]: [POLLING, SOCKET, STOPPED],
  [FALLEN_BACK]: [SOCKET, YIELDED, STOPPED],
  [YIELDED]: [POLLING, TRYING, FALLEN_BACK, STOPPED],
  [STOPPED]: [],
};

export function isAllowed(from, to) {
  return MOVES[from].includes(to);
}
