package io.henge.replication.statemachine;

import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a followed source's own shard says, in one state of it: for whoever compares copies.
 *
 * @param version of the source; if there is none, the shard's
 * @param fields that the rule copies; null = there is no such source
 * @param waiting whether a change of it is still to be sent to some of its holders
 * @param watched where there are holders, as far as the source knows
 */
public record SourceAudit(
    SourceKey source,
    long version,
    byte @Nullable [] fields,
    boolean waiting,
    List<RingRange> watched) {
  /** Spelled out: a compact one would lose the annotation of the array. */
  public SourceAudit(
      SourceKey source,
      long version,
      byte @Nullable [] fields,
      boolean waiting,
      List<RingRange> watched) {
    this.source = source;
    this.version = version;
    this.fields = fields;
    this.waiting = waiting;
    this.watched = List.copyOf(watched);
  }

  /**
   * Reads it.
   *
   * @param view taken after the state
   * @throws io.henge.api.error.HengeException STALE_CATALOGUE if the shard does not know the rule
   */
  public static SourceAudit read(ReadView view, ShardState state, SourceKey source) {
    StoredItem item = ItemReader.get(view, source.key());
    byte[] row = FollowRows.watch(source.ruleId(), source.key());
    byte[] watches = view.get(KeySpace.WATCHES, row);
    return new SourceAudit(
        source,
        item == null ? state.version() : item.version(),
        CopyWork.fields(state, source.ruleId(), item),
        view.get(KeySpace.FANOUT, row) != null,
        watches == null
            ? List.of()
            : FollowRows.Watches.decode(watches).watches().stream()
                .map(FollowRows.Watch::range)
                .toList());
  }

  boolean watches(byte[] key) {
    return watched.stream().anyMatch(range -> range.contains(key));
  }
}
