package dev.crossfade.rollout.gate;

import dev.crossfade.rollout.rule.Buckets;

/**
 * The resource usage of a node.
 *
 * @param leaving sockets that were told to poll and are still open
 * @param heap share of the heap in use after the last collection
 * @param files share of the file descriptors in use
 * @param threads share of the connector's threads in use
 * @param heapPerSocket what one more socket adds to {@code heap}, fitted to the samples so far
 * @param filesPerSocket the same for {@code files}
 * @param threadsPerSocket the same for {@code threads}
 */
public record NodeFigures(
    int sockets,
    int maxSockets,
    int leaving,
    int polls,
    int maxPolls,
    double heap,
    double files,
    double threads,
    double heapPerSocket,
    double filesPerSocket,
    double threadsPerSocket) {

  static final double MAX_CONNECTIONS = 0.70;
  static final double MAX_HEAP = 0.75;
  static final double MAX_FILES = 0.60;
  static final double MAX_THREADS = 0.80;
  static final double CRITICAL_HEAP = 0.90;
  static final double CRITICAL_FILES = 0.85;

  /** The name of the resource that is too full now; null if there is none. */
  String saturated() {
    return tooFull(sockets, heap, files, threads);
  }

  /** Whether the node is about to run out of a resource. */
  public boolean critical() {
    return heap >= CRITICAL_HEAP || files >= CRITICAL_FILES;
  }

  /**
   * The name of the resource that would be too full at {@code next} instead of {@code now} basis
   * points, or null; {@code polling} if not all clients could go back to polling.
   */
  String tooFullAt(int now, int next) {
    double clients = sockets + polls;
    double expected =
        Math.max(
            clients * next / Buckets.COUNT, now == 0 ? sockets : (double) sockets * next / now);
    double more = Math.max(0, Math.min(expected, clients) - sockets);
    String full =
        tooFull(
            sockets + more,
            heap + more * heapPerSocket,
            files + more * filesPerSocket,
            threads + more * threadsPerSocket);
    return full == null && clients > maxPolls ? "polling" : full;
  }

  private String tooFull(double connections, double heapShare, double fileShare, double busy) {
    if (connections > MAX_CONNECTIONS * maxSockets) {
      return "connections";
    }
    if (heapShare > MAX_HEAP) {
      return "heap";
    }
    if (fileShare > MAX_FILES) {
      return "files";
    }
    return busy > MAX_THREADS ? "threads" : null;
  }
}
