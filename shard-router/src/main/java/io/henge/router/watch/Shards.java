package io.henge.router.watch;

import io.henge.api.v1.ChangesRequest;
import io.henge.api.v1.ChangesResponse;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** What a {@link RingWatch} asks. Thread-safe; nothing of it blocks. */
public interface Shards {
  /**
   * Asks the shard that holds the start of the first part.
   *
   * @param request parts and time to wait; the rest is for whoever sends it to fill in
   * @param answer told once, on any thread, also before this returns: the answer, or a {@link
   *     io.henge.api.error.HengeException}
   */
  void ask(
      ChangesRequest request, BiConsumer<@Nullable ChangesResponse, @Nullable Throwable> answer);

  /**
   * Where the shard that holds a physical key is believed to end: a key beyond, or empty for the
   * end of the ring; null if nobody knows.
   */
  byte @Nullable [] endOfShard(byte[] key);

  /** Runs something later, on any thread. */
  void later(Runnable task, long millis);
}
