package io.henge.replication.statemachine;

import io.henge.api.item.Value;
import io.henge.api.key.PhysicalKey;
import io.henge.document.codec.DocumentReader;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the workers of declared copies read of a shard that is led here. Pure; may wait for the
 * disk.
 */
public final class CopyWork {
  private static final byte[] END = new byte[0];

  private CopyWork() {}

  /** A row of a source that something is still to be done about. */
  public sealed interface Pending {
    SourceKey source();

    /** Position, to go on behind. */
    byte[] row();
  }

  /**
   * A source at which the shard's range is still to be registered.
   *
   * @param made the shard's version when it was found out
   */
  public record Outgoing(SourceKey source, long made, byte[] row) implements Pending {
    /** When that was, in the shard's time. */
    public long sinceMillis() {
      return FollowRows.millis(made);
    }
  }

  /**
   * A change of a source that is still to be sent.
   *
   * @param version of the source's state as it is now
   * @param fields that are copied of it; null = it is gone
   * @param since the shard's version when the oldest change of it was made
   * @param targets where it has to be sent
   */
  public record Change(
      SourceKey source,
      long version,
      byte @Nullable [] fields,
      long since,
      List<Target> targets,
      byte[] row)
      implements Pending {
    public Change {
      targets = List.copyOf(targets);
    }

    /** When that was, in the shard's time. */
    public long sinceMillis() {
      return FollowRows.millis(since);
    }
  }

  /**
   * A part of the ring where there are holders.
   *
   * @param number see {@link FollowCommand.Forget}
   */
  public record Target(RingRange range, long number) {}

  /** Whether there may be anything to do for a shard that knows these collections. */
  public static boolean isFollowing(ShardState state) {
    return !state.catalogue().follow().isEmpty();
  }

  /** The rule of an id; null if the shard does not know it, or it is no SNAPSHOT or FOLLOW. */
  public static @Nullable CopyRule rule(ShardState state, int id) {
    FollowRule rule = state.catalogue().follow().rule(id);
    return rule == null ? null : rule.rule();
  }

  /**
   * Sources to be registered at, behind a position.
   *
   * @param after {@link Outgoing#row}; empty = from the first
   */
  public static List<Outgoing> outgoing(ReadView view, byte[] after, int max) {
    List<Outgoing> found = new ArrayList<>();
    try (RowCursor cursor = view.scan(KeySpace.OUTBOX, behind(after), END, false)) {
      while (found.size() < max && cursor.next()) {
        byte[] row = cursor.key();
        found.add(new Outgoing(FollowRows.source(row), FollowRows.number(cursor.value()), row));
      }
    }
    return found;
  }

  /**
   * Changes to be sent, behind a position, of sources in the shard's range.
   *
   * @param view one view of everything, taken after the state
   * @param after {@link Change#row}; empty = from the first
   */
  public static List<Change> changes(ReadView view, ShardState state, byte[] after, int max) {
    ShardDescription shard = state.shard();
    List<Change> found = new ArrayList<>();
    if (shard == null) {
      return found;
    }
    byte[] from = shard.later(behind(after));
    try (RowCursor cursor = view.scan(KeySpace.FANOUT, from, shard.end(), false)) {
      while (found.size() < max && cursor.next()) {
        Change change = change(view, state, cursor.key(), cursor.value());
        if (change != null) {
          found.add(change);
        }
      }
    }
    return found;
  }

  private static @Nullable Change change(
      ReadView view, ShardState state, byte[] row, byte[] value) {
    FollowRule rule = state.catalogue().follow().rule(FollowRows.watchedRule(row));
    if (rule == null || !rule.isLive()) {
      // Whatever makes the rule known, or ends it, deals with it.
      return null;
    }
    FollowRows.Fanout fanout = FollowRows.Fanout.decode(value);
    byte[] key = FollowRows.watchedSource(row, rule.sourceId());
    byte[] watchRow = view.get(KeySpace.WATCHES, row);
    List<Target> targets = new ArrayList<>();
    if (watchRow != null) {
      for (FollowRows.Watch watch : FollowRows.Watches.decode(watchRow).watches()) {
        targets.add(new Target(watch.range(), watch.number()));
      }
    }
    byte[] item = view.get(KeySpace.DATA, key);
    return new Change(
        new SourceKey(rule.id(), key),
        item == null ? fanout.version() : ItemCodec.version(item),
        item == null ? null : fieldsOf(rule, ItemCodec.value(item)),
        fanout.since(),
        targets,
        row);
  }

  /**
   * What a rule copies of a source, as it goes into commands.
   *
   * @return null if there is no source
   * @throws io.henge.api.error.HengeException STALE_CATALOGUE if the shard does not know the rule
   */
  public static byte @Nullable [] fields(
      ShardState state, int ruleId, @Nullable StoredItem source) {
    FollowRule rule = state.catalogue().follow().rule(ruleId);
    if (rule == null) {
      throw new io.henge.api.error.HengeException(
          io.henge.api.error.ErrorCode.STALE_CATALOGUE,
          "the shard does not know rule " + ruleId + " yet");
    }
    return source == null ? null : fieldsOf(rule, source.value());
  }

  private static byte @Nullable [] fieldsOf(FollowRule rule, Value value) {
    return value instanceof Value.Document document
        ? rule.fieldsOf(new DocumentReader(document.bytes()))
        : null;
  }

  /**
   * Rows that wait, by rule: what lag is told by.
   *
   * @param rowsMax rows looked at, of either kind
   */
  public static Map<Integer, Waiting> waiting(ReadView view, ShardState state, int rowsMax) {
    Map<Integer, Waiting> byRule = new java.util.TreeMap<>(Integer::compareUnsigned);
    int seen = 0;
    try (RowCursor cursor = view.scan(KeySpace.OUTBOX, END, END, false)) {
      while (seen < rowsMax && cursor.next()) {
        seen++;
        SourceKey source = FollowRows.source(cursor.key());
        note(byRule, source, FollowRows.number(cursor.value()), true);
      }
    }
    ShardDescription shard = state.shard();
    seen = shard == null ? rowsMax : 0;
    try (RowCursor cursor =
        view.scan(
            KeySpace.FANOUT,
            shard == null ? END : shard.start(),
            shard == null ? END : shard.end(),
            false)) {
      while (seen < rowsMax && cursor.next()) {
        seen++;
        FollowRule rule = state.catalogue().follow().rule(FollowRows.watchedRule(cursor.key()));
        if (rule != null) {
          SourceKey source =
              new SourceKey(rule.id(), FollowRows.watchedSource(cursor.key(), rule.sourceId()));
          note(byRule, source, FollowRows.Fanout.decode(cursor.value()).since(), false);
        }
      }
    }
    return byRule;
  }

  private static void note(
      Map<Integer, Waiting> byRule, SourceKey source, long since, boolean outgoing) {
    byRule.merge(
        source.ruleId(),
        new Waiting(outgoing ? 1 : 0, outgoing ? 0 : 1, FollowRows.millis(since), source.key()),
        (one, two) ->
            new Waiting(
                one.outgoing() + two.outgoing(),
                one.changes() + two.changes(),
                Math.min(one.sinceMillis(), two.sinceMillis()),
                two.sinceMillis() < one.sinceMillis() ? two.oldest() : one.oldest()));
  }

  /**
   * What waits for one rule.
   *
   * @param outgoing sources to be registered at
   * @param changes sources whose change is to be sent
   * @param sinceMillis when the oldest of these came to be, in the shard's time
   * @param oldest physical key of its source
   */
  public record Waiting(int outgoing, int changes, long sinceMillis, byte[] oldest) {}

  /** The rules that follow, and go on following. */
  public static List<CopyRule> following(ShardState state) {
    return state.catalogue().follow().rules().stream()
        .filter(rule -> rule.isLive() && rule.follows())
        .map(FollowRule::rule)
        .toList();
  }

  /**
   * Rows that were counted.
   *
   * @param more there are more: counting was broken off
   */
  public record Count(long rows, boolean more) {}

  /**
   * How many followed copies the documents in a shard's range hold, by rule.
   *
   * @param max rows that are counted, of all rules together
   */
  public static Map<Integer, Count> holders(ReadView view, ShardState state, int max) {
    ShardDescription shard = state.shard();
    Map<Integer, Count> counts = new java.util.TreeMap<>(Integer::compareUnsigned);
    if (shard == null) {
      return counts;
    }
    int seen = 0;
    for (CopyRule rule : following(state)) {
      long rows = 0;
      boolean more = false;
      byte[] prefix = FollowRows.ruleRows(rule.id());
      try (RowCursor cursor =
          view.scan(KeySpace.HOLDERS, prefix, PhysicalKey.endOfPrefix(prefix), false)) {
        while (!more && cursor.next()) {
          if (seen++ == max) {
            more = true;
          } else if (shard.contains(FollowRows.holderKey(cursor.key()))) {
            rows++;
          }
        }
      }
      counts.put(rule.id(), new Count(rows, more));
    }
    return counts;
  }

  /** Where a source lies on the ring. */
  public static long token(SourceKey source) {
    return PhysicalKey.token(source.key());
  }

  private static byte[] behind(byte[] after) {
    return after.length == 0 ? after : Arrays.copyOf(after, after.length + 1);
  }
}
