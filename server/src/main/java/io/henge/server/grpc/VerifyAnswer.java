package io.henge.server.grpc;

import com.google.protobuf.UnsafeByteOperations;
import io.henge.api.key.PhysicalKey;
import io.henge.api.v1.Difference;
import io.henge.api.v1.DifferenceKind;
import io.henge.api.v1.VerifyResponse;
import io.henge.replication.shard.VerifyOutcome;
import io.henge.replication.statemachine.VerifyPage;
import io.henge.server.copies.Copies;
import io.henge.server.copies.CopyFindings;

/** Builds answers to requests to verify. */
final class VerifyAnswer {
  private VerifyAnswer() {}

  /** Within sharding keys. When the ring is done, copies come next. */
  static VerifyResponse of(VerifyOutcome outcome) {
    VerifyPage page = outcome.page();
    VerifyResponse.Builder response =
        VerifyResponse.newBuilder()
            .setDocuments(page.documents())
            .setRows(page.rows())
            .setSkipped(page.skipped())
            .setMended(outcome.mended());
    page.differences().forEach(found -> response.addDifferences(difference(found)));
    byte[] next = page.next();
    if (next == null) {
      return response.setStage(UnsafeByteOperations.unsafeWrap(Copies.firstStage())).build();
    }
    return response.setCursor(UnsafeByteOperations.unsafeWrap(next)).build();
  }

  /** Of copies of documents on other shards. */
  static VerifyResponse of(CopyFindings findings) {
    VerifyResponse.Builder response =
        VerifyResponse.newBuilder()
            .setCopies(findings.copies())
            .setCopiesMended(findings.mended())
            .setUnasked(findings.unasked())
            .setCursor(UnsafeByteOperations.unsafeWrap(findings.cursor()))
            .setStage(UnsafeByteOperations.unsafeWrap(findings.stage()));
    findings.differences().forEach(found -> response.addDifferences(difference(found)));
    return response.build();
  }

  private static Difference difference(io.henge.replication.statemachine.Difference found) {
    Difference.Builder wire =
        Difference.newBuilder()
            .setKind(kind(found.kind()))
            .setId(found.id())
            .setShardingKey(WireValues.key(PhysicalKey.shardingKey(found.key())));
    boolean isRow =
        switch (found.kind()) {
          case ROW_MISSING, ROW_STRAY, ROW_WRONG -> true;
          default -> false;
        };
    if (!isRow) {
      wire.setSortKey(WireValues.key(PhysicalKey.sortKey(found.key())));
    }
    return wire.build();
  }

  private static DifferenceKind kind(io.henge.replication.statemachine.Difference.Kind kind) {
    return switch (kind) {
      case ROW_MISSING -> DifferenceKind.DIFFERENCE_KIND_ROW_MISSING;
      case ROW_STRAY -> DifferenceKind.DIFFERENCE_KIND_ROW_STRAY;
      case ROW_WRONG -> DifferenceKind.DIFFERENCE_KIND_ROW_WRONG;
      case FIELD_WRONG -> DifferenceKind.DIFFERENCE_KIND_FIELD_WRONG;
      case FIELD_STALE -> DifferenceKind.DIFFERENCE_KIND_FIELD_STALE;
      case HOLDER_MISSING -> DifferenceKind.DIFFERENCE_KIND_HOLDER_MISSING;
      case HOLDER_STRAY -> DifferenceKind.DIFFERENCE_KIND_HOLDER_STRAY;
      case HOLDER_WRONG -> DifferenceKind.DIFFERENCE_KIND_HOLDER_WRONG;
      case SOURCE_WRONG -> DifferenceKind.DIFFERENCE_KIND_SOURCE_WRONG;
      case SOURCE_UNWATCHED -> DifferenceKind.DIFFERENCE_KIND_SOURCE_UNWATCHED;
    };
  }
}
