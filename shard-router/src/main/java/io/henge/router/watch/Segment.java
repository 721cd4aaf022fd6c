package io.henge.router.watch;

import io.henge.api.changes.ChangePart;
import io.henge.api.error.HengeException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A part of the ring with a position of its own. Of whoever has the watch's lock. */
final class Segment {
  enum State {
    /** To be asked for. */
    IDLE,
    ASKED,
    /** Its changes wait to be taken. */
    FULL,
    /** Failed; waits for another try. */
    PAUSED
  }

  final ChangePart part;
  final boolean now;
  State state = State.IDLE;
  int failures;

  /** Why it has not been answered since it last was; null if it has. */
  @Nullable HengeException trouble;

  /**
   * Set if it does not lie in the shard of its left neighbour, although that is believed to end
   * here.
   */
  byte @Nullable [] apart;

  Segment(ChangePart part, boolean now) {
    this.part = part;
    this.now = now;
  }

  /** Whether others may be asked for together with it. */
  boolean isStreaming() {
    return !now && !part.isScan();
  }

  boolean isApart(byte[] believedEnd) {
    return apart != null && Arrays.equals(apart, believedEnd);
  }

  /** Its shard has failed, and may be asked again. Gives how often it has, on end. */
  int failed(HengeException why) {
    state = State.PAUSED;
    trouble = why;
    return ++failures;
  }

  /** May be asked for again, if that is what it waits for. */
  void resume() {
    if (state == State.PAUSED) {
      state = State.IDLE;
    }
  }
}
