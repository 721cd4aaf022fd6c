package io.henge.server.grpc;

import io.henge.api.internal.v1.CopyLag;
import io.henge.api.internal.v1.CopyLagsResponse;
import io.henge.api.key.PhysicalKey;
import io.henge.api.v1.CopiesStatusResponse;
import io.henge.api.v1.CopyFigures;
import io.henge.api.v1.CopyKind;
import io.henge.api.v1.CopyShard;
import io.henge.api.v1.CopyState;
import io.henge.api.v1.DerivedStatus;
import io.henge.api.v1.DocumentName;
import io.henge.api.v1.ListDerivedResponse;
import io.henge.api.v1.NodeRecord;
import io.henge.router.Shard;
import io.henge.router.ShardMap;
import io.henge.server.copies.CopyLags;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** How declared copies keep up with their sources, from what all nodes have told. */
final class CopiesPage {
  private final ShardMap map;
  private final ListDerivedResponse declared;
  private final List<CopyLags.Told> told;
  private final Map<Integer, CopyLag> byRule;

  CopiesPage(ShardMap map, ListDerivedResponse declared, List<CopyLags.Told> told) {
    this.map = map;
    this.declared = declared;
    this.told = told;
    this.byRule = CopyLags.byRule(told);
  }

  /** A list of what is declared, with the lag of each copy. */
  static ListDerivedResponse withLags(ListDerivedResponse page, List<CopyLags.Told> told) {
    Map<Integer, CopyLag> lags = CopyLags.byRule(told);
    ListDerivedResponse.Builder with = page.toBuilder();
    with.getDerivedBuilderList().forEach(status -> lag(status, lags.get(status.getId())));
    return with.build();
  }

  private static void lag(DerivedStatus.Builder status, @Nullable CopyLag lag) {
    if (lag != null && status.hasRule()) {
      status
          .setWaiting(lag.getOutgoing() + lag.getChanges())
          .setLagMillis(lag.getLagMillis())
          .setOldest(lag.getOldest());
    }
  }

  /**
   * The whole page.
   *
   * @param collection that copies are in, or from; empty = all
   */
  CopiesStatusResponse build(String collection) {
    CopiesStatusResponse.Builder page = CopiesStatusResponse.newBuilder();
    declared.getDerivedList().stream()
        .filter(DerivedStatus::hasRule)
        .filter(status -> status.getRule().getState() == CopyState.COPY_STATE_LIVE)
        .filter(
            status ->
                collection.isEmpty()
                    || status.getCollection().equals(collection)
                    || status.getRule().getSource().equals(collection))
        .sorted(Comparator.comparing(DerivedStatus::getCollection))
        .forEach(status -> page.addCopies(figures(status)));
    Set<Long> heard = new HashSet<>();
    for (CopyLags.Told one : told) {
      CopyLagsResponse lags = one.lags();
      if (lags == null) {
        NodeRecord node = map.node(one.nodeId());
        page.addSilentNodes(node == null ? one.nodeId() : node.getName());
      } else {
        lags.getLedList().forEach(led -> heard.add(led.getShardId()));
      }
    }
    map.shards().stream()
        .map(Shard::id)
        .filter(id -> !heard.contains(id))
        .sorted()
        .forEach(page::addSilentShards);
    return page.build();
  }

  private CopyFigures figures(DerivedStatus status) {
    DerivedStatus.Builder with = status.toBuilder();
    CopyLag sum = byRule.getOrDefault(status.getId(), CopyLag.getDefaultInstance());
    lag(with, sum);
    CopyFigures.Builder figures = CopyFigures.newBuilder().setDeclared(with);
    if (status.getRule().getKind() != CopyKind.COPY_KIND_FOLLOW) {
      return figures.build();
    }
    figures
        .setHolders(sum.getHolders())
        .setMoreHolders(sum.getMoreHolders())
        .setBoundMillis(status.getRule().getBoundMillis())
        .setLagMillis(sum.getLagMillis())
        .setWorstLagMillis(sum.getWorstMillis())
        .setOutboxRows(sum.getOutgoing())
        .setFanoutRows(sum.getChanges())
        .setHoldersChanged(sum.getHoldersChanged());
    if (!sum.getOldest().isEmpty()) {
      figures.setOldest(name(status.getRule().getSource(), sum.getOldest().toByteArray()));
    }
    for (CopyLags.Told one : told) {
      CopyLagsResponse lags = one.lags();
      if (lags != null) {
        lags.getLagsList().stream()
            .filter(lag -> lag.getRuleId() == status.getId())
            .forEach(lag -> figures.addShards(shard(one.nodeId(), lag)));
      }
    }
    return figures.build();
  }

  static DocumentName name(String collection, byte[] key) {
    return DocumentName.newBuilder()
        .setCollection(collection)
        .setShardingKey(WireValues.key(PhysicalKey.shardingKey(key)))
        .setSortKey(WireValues.key(PhysicalKey.sortKey(key)))
        .build();
  }

  private static CopyShard shard(String nodeId, CopyLag lag) {
    return CopyShard.newBuilder()
        .setShardId(lag.getShardId())
        .setNodeId(nodeId)
        .setHolders(lag.getHolders())
        .setMoreHolders(lag.getMoreHolders())
        .setLagMillis(lag.getLagMillis())
        .setWorstLagMillis(lag.getWorstMillis())
        .setOutboxRows(lag.getOutgoing())
        .setFanoutRows(lag.getChanges())
        .build();
  }
}
