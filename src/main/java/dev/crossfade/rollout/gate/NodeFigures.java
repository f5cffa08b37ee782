package dev.crossfade.rollout.gate;

import dev.crossfade.rollout.rule.Buckets;

/**
 * How full a node is.
 *
 * @param leaving sockets that were told to poll and are still open
 * @param heap share of the heap in use after the last collection
 * @param files share of the file descriptors in use
 * @param threads share of the connector's threads that are busy
 * @param heapPerSocket what one more socket adds to {@code heap}, fitted over what was seen
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

  /** What is too full now, in a word; null where all is well. */
  String saturated() {
    return tooFull(sockets, heap, files, threads);
  }

  /** Whether it cannot go on like this. */
  boolean critical() {
    return heap >= CRITICAL_HEAP || files >= CRITICAL_FILES;
  }

  /**
   * What would be too full with the percentage at {@code next} instead of {@code now} basis points;
   * null where all would be well. {@code polling} where those on sockets could not all come back.
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
