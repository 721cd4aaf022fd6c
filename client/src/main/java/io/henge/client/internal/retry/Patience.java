package io.henge.client.internal.retry;

/** How long attempts may be silent before the same is said to another node as well. */
final class Patience {
  /**
   * An attempt that is silent for so long, or a third of the call's time, is made elsewhere too.
   */
  static final long SILENCE_MILLIS_MAX = 1_000;

  /**
   * The same for a node that answers nobody: nothing at all has come from it for so long, though
   * this attempt waits. Doubled with each attempt of the call, up to {@link #SILENCE_MILLIS_MAX}:
   * where everybody is slow, asking more nodes makes it worse.
   */
  static final long QUIET_MILLIS_MIN = 300;

  private static final long NANOS_PER_MILLI = 1_000_000;

  private Patience() {}

  /** How long the newest attempt may be silent, whatever else its node says. */
  static long silenceNanos(Call call) {
    return call.patienceNanos
        + Math.max(1, Math.min(SILENCE_MILLIS_MAX, call.timeoutMillis / 3)) * NANOS_PER_MILLI;
  }

  /** How long nothing at all may come from the node of an attempt. */
  static long quietNanos(Call call) {
    long millis = QUIET_MILLIS_MIN << Math.min(call.attempts - 1, 4);
    return Math.min(call.patienceNanos + millis * NANOS_PER_MILLI, silenceNanos(call));
  }

  /** Since when nothing has come from the node that an attempt waits for. */
  static long quietSince(Attempt attempt) {
    long heard = attempt.peer.link().heardNanos();
    return heard - attempt.startNanos > 0 ? heard : attempt.startNanos;
  }

  /** When the newest attempt may be called silent. */
  static long hedgeAt(Call call) {
    Attempt newest = call.outstanding().get(call.outstanding().size() - 1);
    long quiet = quietSince(newest) - call.startNanos + quietNanos(call);
    return Math.min(quiet, newest.startNanos - call.startNanos + silenceNanos(call));
  }
}
