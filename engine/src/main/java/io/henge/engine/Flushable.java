package io.henge.engine;

import java.util.OptionalLong;

/**
 * What the flush scheduler flushes: a replica, which records its durable position when it does, and
 * not its bare store. Methods are called on the scheduler's thread; they may throw {@link
 * StoreClosedException} once the replica is closed.
 */
public interface Flushable {
  /** For logs. */
  String name();

  /** Memory that a flush would free now, in bytes: {@link ShardStore#unflushedBytes}. Quick. */
  long memtableBytes();

  /**
   * What would have to be replayed after a crash, in bytes: everything written since the position
   * that {@link #flush} made durable last, whether or not the store wrote some of it out by itself.
   * Quick.
   */
  long unflushedBytes();

  /**
   * When the oldest write that is not covered by a {@link #flush} was made, in nanoseconds of the
   * scheduler's clock; empty if there is none.
   */
  OptionalLong dirtySinceNanos();

  /** Makes everything durable and records how far that goes. Blocks. */
  void flush();
}
