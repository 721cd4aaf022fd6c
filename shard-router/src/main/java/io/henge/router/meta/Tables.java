package io.henge.router.meta;

import io.henge.api.internal.v1.RememberedResult;
import io.henge.api.v1.CollectionRecord;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.OperationRecord;
import io.henge.api.v1.RequestId;
import java.util.Comparator;

/** All rows but the cluster's. */
record Tables(
    Rows<String, NodeRecord> nodes,
    Rows<Integer, CollectionRecord> collections,
    ShardTable shards,
    Rows<Long, OperationRecord> operations,
    Rows<Long, RememberedResult> results,
    Rows<RequestId, RememberedResult> resultsById) {

  private static final Comparator<RequestId> BY_CLIENT =
      Comparator.comparingLong(RequestId::getClientHigh)
          .thenComparingLong(RequestId::getClientLow)
          .thenComparingLong(RequestId::getSequence);

  static final Tables EMPTY =
      new Tables(
          Rows.empty(NodeRecord::getNodeId, Comparator.naturalOrder()),
          Rows.empty(CollectionRecord::getId, Comparator.naturalOrder()),
          ShardTable.EMPTY,
          Rows.empty(OperationRecord::getOperationId, Long::compareUnsigned),
          Rows.empty(RememberedResult::getNumber, Comparator.naturalOrder()),
          Rows.empty(RememberedResult::getRequestId, BY_CLIENT));
}
