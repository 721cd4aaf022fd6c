package io.henge.server.node;

import io.henge.api.internal.v1.DerivedReport;
import io.henge.api.internal.v1.ShardReport;
import io.henge.api.internal.v1.ShardRow;
import io.henge.api.key.PhysicalKey;
import io.henge.api.v1.CollectionRecord;
import io.henge.api.v1.CopyRule;
import io.henge.api.v1.CopyState;
import io.henge.api.v1.DerivedStatus;
import io.henge.api.v1.Index;
import io.henge.api.v1.ListDerivedRequest;
import io.henge.api.v1.ListDerivedResponse;
import io.henge.api.v1.SilentShard;
import io.henge.document.declare.CopyDeclaration;
import io.henge.router.Ring;
import io.henge.router.meta.MetaState;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** Indexes and copies, and on which part of the ring their shards say that they are ready. */
final class DerivedPage {
  private final MetaState state;
  private final Reports reports;

  /** Of each shard the newest report of a leader that is not silent. */
  private final Map<Long, ShardReport> leaders = new HashMap<>();

  DerivedPage(MetaState state, Reports reports) {
    this.state = state;
    this.reports = reports;
    for (Map.Entry<String, Reports.Heard> each : reports.all().entrySet()) {
      if (reports.ageMillis(each.getKey()) > StatusPage.SILENT_MILLIS) {
        continue;
      }
      for (ShardReport report : each.getValue().report().getShardsList()) {
        if (report.getReplica().getRole().equals(NodeReporter.LEADER)) {
          leaders.merge(
              report.getShardId(),
              report,
              (one, other) ->
                  one.getReplica().getTerm() >= other.getReplica().getTerm() ? one : other);
        }
      }
    }
  }

  ListDerivedResponse build(ListDerivedRequest request) {
    ListDerivedResponse.Builder page = ListDerivedResponse.newBuilder();
    for (CollectionRecord collection : state.collections()) {
      String name = collection.getName();
      if (collection.getDropped()
          || (!request.getCollection().isEmpty() && !request.getCollection().equals(name))) {
        continue;
      }
      for (Index index : collection.getDocuments().getIndexesList()) {
        DerivedStatus.Builder status = status(collection, index.getId(), false);
        page.addDerived(status.setIndex(index).setText(text(name, index)));
      }
      for (CopyRule rule : collection.getDocuments().getRulesList()) {
        boolean dropped = rule.getState() != CopyState.COPY_STATE_LIVE;
        DerivedStatus.Builder status = status(collection, rule.getId(), dropped);
        // What is gone everywhere is kept for shards that may come back, and no news to people.
        if (!dropped || status.getReady() < 1) {
          page.addDerived(status.setRule(rule).setText(new CopyDeclaration(name, rule).toString()));
        }
      }
    }
    return page.build();
  }

  private static String text(String collection, Index index) {
    return index.getFieldsList().stream()
        .map(field -> field.getPath() + (field.getDescending() ? " desc" : ""))
        .collect(Collectors.joining(", ", index.getName() + " on " + collection + " (", ")"));
  }

  private DerivedStatus.Builder status(CollectionRecord collection, int id, boolean dropped) {
    DerivedStatus.Builder status =
        DerivedStatus.newBuilder().setCollection(collection.getName()).setId(id);
    double ready = 0;
    boolean all = true;
    for (ShardRow row : state.shards()) {
      if (row.getRemoved()) {
        continue;
      }
      ShardReport report = leaders.get(row.getShardId());
      if (report == null) {
        all = false;
        status.addSilent(silent(row.getShardId()));
        continue;
      }
      boolean done = isDone(report, collection, id, dropped);
      for (DerivedReport derived : report.getDerivedList()) {
        if (derived.getId() == id && !derived.getFailure().isEmpty()) {
          status.setFailure("shard " + row.getShardId() + ": " + derived.getFailure());
        }
      }
      if (done) {
        ready += share(row);
      } else {
        all = false;
        status.setBuilding(true);
      }
    }
    // Sums of parts of the ring come out beside one.
    return status.setReady(all ? 1 : Math.min(ready, 0.9999));
  }

  private SilentShard silent(long shardId) {
    long age = reports.leaderAgeMillis(shardId);
    return SilentShard.newBuilder()
        .setShardId(shardId)
        .setSilentMillis(age == Long.MAX_VALUE ? 0 : age)
        .build();
  }

  /**
   * Whether all of it is there, or, if it was dropped, nothing any more. A shard that has not heard
   * of the latest change of the collection tells of what it knew before: what was there then, and
   * is wanted still, is there.
   */
  private static boolean isDone(
      ShardReport report, CollectionRecord collection, int id, boolean dropped) {
    boolean there = report.getDerivedReadyList().contains(id);
    boolean underWay = report.getDerivedList().stream().anyMatch(derived -> derived.getId() == id);
    boolean upToDate = report.getCatalogueVersion() >= collection.getChangedIn();
    return dropped ? upToDate && !there && !underWay : there || (upToDate && !underWay);
  }

  private static double share(ShardRow row) {
    double start =
        row.getStart().isEmpty()
            ? 0
            : Ring.fraction(PhysicalKey.token(row.getStart().toByteArray()));
    double end =
        row.getEnd().isEmpty() ? 1 : Ring.fraction(PhysicalKey.token(row.getEnd().toByteArray()));
    return Math.max(0, end - start);
  }
}
