package io.henge.server.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.henge.api.key.PhysicalKey;
import io.henge.api.v1.Difference;
import io.henge.api.v1.DifferenceKind;
import io.henge.api.v1.VerifyResponse;
import io.henge.replication.shard.VerifyOutcome;
import io.henge.replication.statemachine.VerifyPage;

/** Builds answers to requests to verify. */
final class VerifyAnswer {
  private VerifyAnswer() {}

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
    return response
        .setCursor(next == null ? ByteString.EMPTY : UnsafeByteOperations.unsafeWrap(next))
        .build();
  }

  private static Difference difference(io.henge.replication.statemachine.Difference found) {
    Difference.Builder wire =
        Difference.newBuilder()
            .setKind(kind(found.kind()))
            .setId(found.id())
            .setShardingKey(WireValues.key(PhysicalKey.shardingKey(found.key())));
    if (found.kind() == io.henge.replication.statemachine.Difference.Kind.FIELD_WRONG) {
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
    };
  }
}
