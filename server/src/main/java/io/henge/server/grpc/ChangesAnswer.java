package io.henge.server.grpc;

import com.google.protobuf.UnsafeByteOperations;
import io.henge.api.changes.ChangePart;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.api.v1.Change;
import io.henge.api.v1.ChangeKind;
import io.henge.api.v1.ChangesResponse;
import io.henge.api.v1.DocumentForm;
import io.henge.replication.statemachine.ChangePage;
import io.henge.replication.statemachine.ChangeRow;
import io.henge.replication.statemachine.StoredItem;

/** Builds answers to requests for changes. */
final class ChangesAnswer {
  private ChangesAnswer() {}

  static ChangesResponse of(ChangePage page, DocumentForm form) {
    ChangesResponse.Builder response =
        ChangesResponse.newBuilder()
            .setShardVersion(page.version())
            .setShardTimeMillis(page.timeMillis());
    for (StoredItem item : page.present()) {
      response.addChanges(
          change(ChangeKind.CHANGE_KIND_PRESENT, item.version(), item.key())
              .setAfter(WireValues.item(item, form)));
    }
    for (ChangeRow row : page.changes()) {
      Change.Builder change = change(kind(row.kind()), row.version(), row.key());
      StoredItem after = row.after();
      if (after != null) {
        change.setAfter(WireValues.item(after, form));
      }
      StoredItem before = row.before();
      if (before != null) {
        change.setBefore(WireValues.item(before, form));
      }
      response.addChanges(change);
    }
    page.parts().forEach(part -> response.addParts(part(part)));
    return response.build();
  }

  static io.henge.api.v1.ChangePart part(ChangePart part) {
    return io.henge.api.v1.ChangePart.newBuilder()
        .setStart(UnsafeByteOperations.unsafeWrap(part.start()))
        .setEnd(UnsafeByteOperations.unsafeWrap(part.end()))
        .setFrom(UnsafeByteOperations.unsafeWrap(part.from()))
        .build();
  }

  private static Change.Builder change(ChangeKind kind, long version, byte[] key) {
    Change.Builder change =
        Change.newBuilder()
            .setKind(kind)
            .setVersion(version)
            .setCollectionId(PhysicalKey.collectionId(key))
            .setShardingKey(WireValues.key(PhysicalKey.shardingKey(key)));
    Key sortKey = PhysicalKey.sortKey(key);
    return sortKey.isEmpty() ? change : change.setSortKey(WireValues.key(sortKey));
  }

  private static ChangeKind kind(ChangeRow.Kind kind) {
    return switch (kind) {
      case PUT -> ChangeKind.CHANGE_KIND_PUT;
      case DELETE -> ChangeKind.CHANGE_KIND_DELETE;
      case EXPIRE -> ChangeKind.CHANGE_KIND_EXPIRE;
    };
  }
}
