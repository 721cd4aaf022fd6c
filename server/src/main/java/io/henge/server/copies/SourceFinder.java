package io.henge.server.copies;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.replication.shard.Completion;
import io.henge.replication.statemachine.CopySource;
import io.henge.replication.statemachine.ShardState;
import io.henge.replication.statemachine.SourceKey;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds out what a write needs of other shards. Thread-safe; nothing blocks. */
public interface SourceFinder {
  /** Finds nothing. */
  SourceFinder NONE =
      new SourceFinder() {
        @Override
        public void find(Wish wish, Completion<Found> completion) {
          completion.complete(
              new Found(
                  List.of(),
                  new HengeException(
                      ErrorCode.UNAVAILABLE, "copies from other shards cannot be found out here")));
          completion.flush();
        }

        @Override
        public void flush() {}
      };

  /**
   * What a write needs.
   *
   * @param state of the shard that the write is for
   * @param sources at least one, each once
   * @param bytes that wait with it
   * @param again whether the write has been proposed without them already
   * @param deadlineNanos as of {@link System#nanoTime}
   */
  record Wish(
      ShardState state, List<SourceKey> sources, long bytes, boolean again, long deadlineNanos) {}

  /**
   * What was found.
   *
   * @param failure why not; null = {@code sources} are all that were wished for
   */
  record Found(List<CopySource> sources, @Nullable HengeException failure) {}

  /**
   * Has sources read, wherever they are, each at a moment after this call: at the next {@link
   * #flush}, together with whatever else is wished for of the same shard. Those that are followed
   * may come out {@linkplain CopySource#unknown unknown}: they come later. Those of snapshots are
   * waited for until the deadline, and then it fails. BUSY if too many wait.
   *
   * @param completion on any thread; it is flushed as well, whichever thread that is
   */
  void find(Wish wish, Completion<Found> completion);

  /** Asks for what is wished for, unless its shard is being asked: then it is next. */
  void flush();
}
