package io.henge.server.node;

import io.henge.api.internal.v1.ShardReport;
import io.henge.api.v1.OperationKind;
import io.henge.api.v1.OperationProgress;
import io.henge.api.v1.OperationRecord;
import io.henge.replication.GroupId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * How far operations are, as far as nodes have reported it: bytes of snapshots that are received,
 * and of rows that are absorbed. Rates are from when an operation was first looked at. Thread-safe.
 */
final class Progress {
  private static final int REMEMBERED_MAX = 1_000;
  private static final long LEAST_NANOS = 200_000_000L;

  private record First(long bytes, long nanos) {}

  private final LongSupplier nanoClock;
  private final Map<Long, First> firsts =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, First> eldest) {
          return size() > REMEMBERED_MAX;
        }
      };

  Progress(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
  }

  synchronized OperationProgress of(OperationRecord operation, Reports reports) {
    OperationProgress.Builder progress = OperationProgress.newBuilder().setOperation(operation);
    long done = 0;
    long total = 0;
    if (operation.getKind() == OperationKind.OPERATION_KIND_MOVE) {
      ShardReport report =
          PlanPage.reportOf(reports, operation.getToNodeId(), operation.getShardId())
              .orElse(ShardReport.getDefaultInstance());
      done = report.getReceivingBytes();
      total = report.getReceivingBytesTotal();
    } else if (operation.getKind() == OperationKind.OPERATION_KIND_MERGE) {
      for (Reports.Heard heard : reports.all().values()) {
        for (ShardReport report : heard.report().getShardsList()) {
          boolean leads = report.getReplica().getRole().equals(NodeReporter.LEADER);
          if (leads && report.getAbsorbingBy() == operation.getOperationId()) {
            done = report.getAbsorbedBytes();
          }
          if (leads && report.getShardId() == operation.getOtherShardId()) {
            total = report.getLiveBytes();
          }
        }
      }
    } else if (operation.getKind() == OperationKind.OPERATION_KIND_DRAIN
        || operation.getKind() == OperationKind.OPERATION_KIND_REMOVE) {
      total = bytesOf(operation.getFromNodeId(), reports);
    }
    addRate(progress, operation.getOperationId(), done, total);
    return progress.build();
  }

  /** What a node still holds. */
  private static long bytesOf(String nodeId, Reports reports) {
    Reports.Heard heard = reports.of(nodeId);
    return heard == null
        ? 0
        : heard.report().getShardsList().stream()
            .filter(report -> report.getShardId() != GroupId.META)
            .mapToLong(ShardReport::getLiveBytes)
            .sum();
  }

  private void addRate(OperationProgress.Builder progress, long id, long done, long total) {
    long now = nanoClock.getAsLong();
    First first = firsts.computeIfAbsent(id, key -> new First(done, now));
    if (done < first.bytes()) {
      // Begun anew, from another node perhaps.
      first = new First(done, now);
      firsts.put(id, first);
    }
    long nanos = now - first.nanos();
    progress.setBytesDone(done).setBytesTotal(Math.max(done, total));
    if (nanos >= LEAST_NANOS && done > first.bytes()) {
      long rate = (long) ((done - first.bytes()) / (nanos / 1e9));
      progress.setBytesPerSecond(rate);
      if (rate > 0 && total > done) {
        progress.setSecondsLeft((total - done + rate - 1) / rate);
      }
    }
  }
}
