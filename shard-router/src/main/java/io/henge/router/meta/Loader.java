package io.henge.router.meta;

import io.henge.api.internal.v1.ClusterRow;
import io.henge.api.internal.v1.RememberedResult;
import io.henge.api.internal.v1.ShardRow;
import io.henge.api.v1.CollectionRecord;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.OperationRecord;
import java.util.ArrayList;
import java.util.List;

/** Many rows at once, in any order, on their way into a state. */
final class Loader {
  ClusterRow cluster = ClusterRow.getDefaultInstance();
  final List<NodeRecord> nodes = new ArrayList<>();
  final List<CollectionRecord> collections = new ArrayList<>();
  final List<ShardRow> shards = new ArrayList<>();
  final List<OperationRecord> operations = new ArrayList<>();
  final List<RememberedResult> results = new ArrayList<>();

  /** A state with these rows, over those of another one. */
  MetaState onto(Tables tables) {
    return new MetaState(
        cluster,
        new Tables(
            tables.nodes().withAll(nodes),
            tables.collections().withAll(collections),
            tables.shards().withAll(shards),
            tables.operations().withAll(operations),
            tables.results().withAll(results),
            tables.resultsById().withAll(results)));
  }
}
