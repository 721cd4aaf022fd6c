package io.henge.replication;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What a group's log drives on one replica. Implementations are deterministic: what {@link #apply}
 * does depends on the entries alone, never on a clock, a random source or configuration.
 *
 * <p>Threads: {@code apply}, {@code advance} and {@code install} are called by one thread at a
 * time, in log order. The others come from any thread and must not block, except where said.
 */
public interface GroupStateMachine extends AutoCloseable {
  /**
   * Position of the last entry applied; the log is replayed from the one after {@link #durable}.
   */
  LogPosition applied();

  /**
   * Position up to which everything applied would survive a power failure; at start: what is on
   * disk.
   */
  LogPosition durable();

  /**
   * Applies a committed entry.
   *
   * @param position where it is in the log
   * @param entry its bytes, valid during the call only
   * @param context what the proposer gave along, on the replica that proposed it and in the same
   *     process life; null elsewhere
   * @return the result, handed to the proposer
   * @throws RuntimeException only if this replica cannot go on (its disk fails, or the entry is of
   *     a newer format): the replica is then stopped. Bad input is a result, not an exception
   */
  @Nullable Object apply(LogPosition position, byte[] entry, @Nullable Object context);

  /** Passes an entry that is not a command: a new leader's first, a change of members. */
  void advance(LogPosition position);

  /**
   * This replica has appended an entry that another node proposed (before it is committed). Called
   * on the log's path: must return at once.
   */
  void foreignEntryAppended(byte[] entry);

  /**
   * The replica's part in the group changed.
   *
   * @param leader node id of the leader as far as it is known
   */
  void leadershipChanged(boolean isLeader, long term, @Nullable String leader);

  /** Members as of the last committed change. */
  void membersChanged(Membership members);

  /**
   * Whether the log behind what is durable is still needed: then it is not purged. Asked when a
   * snapshot is due.
   */
  default boolean holdsLog() {
    return false;
  }

  /** Makes everything applied durable and returns its position. Blocks. */
  LogPosition flush();

  /**
   * Writes a checkpoint that another replica can start from. Blocks briefly.
   *
   * @param directory must not exist
   * @return the position it stands for
   */
  LogPosition checkpoint(Path directory);

  /**
   * Replaces everything by a checkpoint: stops admission, waits for readers, switches, opens.
   * Blocks.
   *
   * @param directory a complete checkpoint on the same file system; becomes the state machine's own
   */
  void install(Path directory);

  /** The replica has stopped for good, because of a fault or by removal; told once. */
  void stopped(@Nullable Throwable fault);

  @Override
  void close();
}
