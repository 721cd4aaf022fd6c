package io.henge.replication.statemachine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A step of a split or of a merge, as it goes into a shard's log; docs/internals/reshaping.md tells
 * how the steps make an operation. Each is checked when it is applied, and refused with a reason
 * and without an effect if it does not fit what is there then. Each may be repeated: one that has
 * had its effect is answered like the first time, one of an operation that is over is refused.
 *
 * <p>Arrays must not be changed.
 */
public sealed interface ReshapeCommand {
  /** What it is in the log. */
  EntryKind kind();

  /**
   * Why a replica could not read it, since it carries a row that is damaged or of a newer format;
   * null = it can. A leader must not propose what would stop its followers.
   */
  default @Nullable String unreadable() {
    return null;
  }

  /**
   * The shard ends at {@code at} from now on; what lies behind is a shard of its own.
   *
   * @param at first physical key of the child, inside the range. Inside an item collection only if
   *     every collection with rows there is divisible
   * @param expectedEpoch of the shard; another one is WRONG_SHARD
   * @param memberNodeIds the members of the group as committed: the child's
   */
  record Split(
      long operationId, long childId, byte[] at, long expectedEpoch, List<String> memberNodeIds)
      implements ReshapeCommand {
    public Split {
      memberNodeIds = List.copyOf(memberNodeIds);
    }

    @Override
    public EntryKind kind() {
      return EntryKind.SPLIT;
    }
  }

  /**
   * Forgets children whose members all run, and deletes what is out of range: at most some
   * thousands of rows of the expiry index are looked at, so it has to be repeated until {@link
   * Reshaping#untrimmed} is null. For the child, whose store began as a copy: without children.
   */
  record Trim(List<Long> childIds) implements ReshapeCommand {
    public Trim {
      childIds = List.copyOf(childIds);
    }

    @Override
    public EntryKind kind() {
      return EntryKind.TRIM;
    }
  }

  /** No writes from now on; nothing expires, and the shard's time stands still. */
  record Freeze(long operationId, long intoShardId) implements ReshapeCommand {
    @Override
    public EntryKind kind() {
      return EntryKind.FREEZE;
    }
  }

  /** No reads either. */
  record Seal(long operationId) implements ReshapeCommand {
    @Override
    public EntryKind kind() {
      return EntryKind.SEAL;
    }
  }

  /** Takes {@link Freeze} back; if that comes later, it is refused. */
  record Thaw(long operationId) implements ReshapeCommand {
    @Override
    public EntryKind kind() {
      return EntryKind.THAW;
    }
  }

  /**
   * The right neighbour's rows are going to be copied into this shard.
   *
   * @param neighbour its id, epoch and range
   */
  record Absorb(long operationId, ShardDescription neighbour) implements ReshapeCommand {
    @Override
    public EntryKind kind() {
      return EntryKind.ABSORB;
    }
  }

  /**
   * Rows of the neighbour.
   *
   * @param from {@link Reshaping.Absorbing#position} as it must be; if it is {@code to} already,
   *     these rows have been copied
   * @param to position after these rows: the key space's code and the key of the last one, or
   *     {@link #END}
   * @param rows of the {@link Spaces#COPIED} spaces, in order of these and of their keys, all
   *     behind {@code from}; of spaces in ring order those in the neighbour's range
   */
  record AbsorbRows(long operationId, byte[] from, byte[] to, List<RawRow> rows)
      implements ReshapeCommand {
    /** Position behind all rows. Must not be changed. */
    @SuppressWarnings("MutablePublicArray")
    public static final byte[] END = {(byte) 0xFF};

    public AbsorbRows {
      rows = List.copyOf(rows);
    }

    @Override
    public EntryKind kind() {
      return EntryKind.ABSORB_ROWS;
    }

    @Override
    public @Nullable String unreadable() {
      return RowsAbsorber.unreadable(rows);
    }
  }

  /**
   * The neighbour's range is this shard's from now on. BUSY until this shard's time has reached the
   * neighbour's; proposing it again lets that go on.
   *
   * @param epoch the neighbour's, when it was sealed
   * @param timeMillis the neighbour's, when it was sealed
   * @param version the neighbour's, when it was sealed
   * @param catalogue the neighbour's
   * @param rows of the neighbour's range and memory ({@link RowsDigest})
   * @param checksum of them
   * @param ready ids of the indexes and rules that are READY in the neighbour, in order; refused
   *     unless exactly those are READY in this shard. In the log only if there are any
   */
  record AbsorbCommit(
      long operationId,
      long epoch,
      long timeMillis,
      long version,
      List<CollectionInfo> catalogue,
      long rows,
      long checksum,
      List<Integer> ready)
      implements ReshapeCommand {
    public AbsorbCommit {
      catalogue = List.copyOf(catalogue);
      ready = List.copyOf(ready);
    }

    /** Of shards that nothing is derived in. */
    public AbsorbCommit(
        long operationId,
        long epoch,
        long timeMillis,
        long version,
        List<CollectionInfo> catalogue,
        long rows,
        long checksum) {
      this(operationId, epoch, timeMillis, version, catalogue, rows, checksum, List.of());
    }

    @Override
    public EntryKind kind() {
      return EntryKind.ABSORB_COMMIT;
    }
  }

  /** Takes {@link Absorb} back; if that comes later, it is refused. */
  record AbsorbAbort(long operationId) implements ReshapeCommand {
    @Override
    public EntryKind kind() {
      return EntryKind.ABSORB_ABORT;
    }
  }
}
