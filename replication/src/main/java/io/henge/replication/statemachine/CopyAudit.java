package io.henge.replication.statemachine;

import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a shard's rows say of its copies, for whoever checks them. Pure; may wait for the disk. */
public final class CopyAudit {
  private static final byte[] END = new byte[0];

  private CopyAudit() {}

  /**
   * A followed copy.
   *
   * @param holder physical key of the document that has it
   * @param version of the source's state that it shows; 0 = none yet
   * @param row position, to go on behind
   */
  public record Held(SourceKey source, byte[] holder, long version, byte[] row) {}

  /**
   * A source as a shard knows it.
   *
   * @param version 0 = not at all
   * @param fields null = it is gone
   * @param range where the shard is registered for all of its holders; null = nowhere
   */
  public record Known(long version, byte @Nullable [] fields, @Nullable RingRange range) {}

  /** Copies in a shard's range, behind a position. */
  public static List<Held> held(ReadView view, ShardState state, byte[] after, int max) {
    List<Held> found = new ArrayList<>();
    ShardDescription shard = state.shard();
    byte[] from = after.length == 0 ? after : Arrays.copyOf(after, after.length + 1);
    try (RowCursor cursor = view.scan(KeySpace.HOLDERS, from, END, false)) {
      while (shard != null && found.size() < max && cursor.next()) {
        byte[] row = cursor.key();
        byte[] holder = FollowRows.holderKey(row);
        if (shard.contains(holder)) {
          found.add(
              new Held(FollowRows.heldSource(row), holder, FollowRows.number(cursor.value()), row));
        }
      }
    }
    return found;
  }

  /** What a shard knows of a source; null if nothing. */
  public static @Nullable Known known(ReadView view, SourceKey source) {
    byte[] row = view.get(KeySpace.KNOWN, FollowRows.sourceRow(source.ruleId(), source.key()));
    if (row == null) {
      return null;
    }
    FollowRows.Known known = FollowRows.Known.decode(row);
    return new Known(known.version(), known.fields(), known.range());
  }

  /** Whether a shard is still to be registered at a source. */
  public static boolean isOutgoing(ReadView view, SourceKey source) {
    return view.get(KeySpace.OUTBOX, FollowRows.sourceRow(source.ruleId(), source.key())) != null;
  }

  /** Where a source knows of holders. */
  public static List<CopyWork.Target> watched(ReadView view, SourceKey source) {
    byte[] row = view.get(KeySpace.WATCHES, FollowRows.watch(source.ruleId(), source.key()));
    return row == null
        ? List.of()
        : FollowRows.Watches.decode(row).watches().stream()
            .map(watch -> new CopyWork.Target(watch.range(), watch.number()))
            .toList();
  }

  /** Whether a change of a source is still to be sent. */
  public static boolean isWaiting(ReadView view, SourceKey source) {
    return view.get(KeySpace.FANOUT, FollowRows.watch(source.ruleId(), source.key())) != null;
  }
}
