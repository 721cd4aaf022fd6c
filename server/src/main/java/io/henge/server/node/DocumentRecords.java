package io.henge.server.node;

import io.henge.api.v1.ChangeStream;
import io.henge.api.v1.CopiedField;
import io.henge.api.v1.Documents;
import io.henge.api.v1.Index;
import io.henge.api.v1.SortField;
import io.henge.replication.statemachine.ChangesInfo;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.CopyRule;
import io.henge.replication.statemachine.IndexInfo;
import java.util.List;

/** What is said of documents: as it is on the wire, and as shards have it. */
final class DocumentRecords {
  private DocumentRecords() {}

  static CollectionInfo.Documents info(Documents record) {
    return new CollectionInfo.Documents(
        record.getShardPathsList(),
        record.getIdPathsList(),
        record.getTtlPath(),
        record.getIndexesList().stream().map(DocumentRecords::info).toList(),
        record.getRulesList().stream().map(DocumentRecords::info).toList(),
        record.hasChanges()
            ? new ChangesInfo(
                record.getChanges().getRetentionMillis(), record.getChanges().getBefore())
            : null);
  }

  private static IndexInfo info(Index index) {
    List<IndexInfo.Field> fields =
        index.getFieldsList().stream()
            .map(field -> new IndexInfo.Field(field.getPath(), field.getDescending()))
            .toList();
    return new IndexInfo(index.getId(), index.getName(), fields);
  }

  private static CopyRule info(io.henge.api.v1.CopyRule rule) {
    return new CopyRule(
        rule.getId(),
        switch (rule.getKind()) {
          case COPY_KIND_LIST -> CopyRule.Kind.LIST;
          case COPY_KIND_COUNT -> CopyRule.Kind.COUNT;
          case COPY_KIND_SUM -> CopyRule.Kind.SUM;
          case COPY_KIND_SNAPSHOT -> CopyRule.Kind.SNAPSHOT;
          case COPY_KIND_FOLLOW -> CopyRule.Kind.FOLLOW;
          case COPY_KIND_UNSPECIFIED, UNRECOGNIZED ->
              throw new IllegalStateException("meta has a rule of kind " + rule.getKindValue());
        },
        rule.getSourceId(),
        rule.getFieldsList().stream()
            .map(field -> new CopyRule.Field(field.getPath(), field.getAs()))
            .toList(),
        rule.getTarget(),
        rule.getOnList(),
        rule.getLast(),
        rule.getBy(),
        rule.getBoundMillis(),
        rule.getNullWhenDeleted() ? CopyRule.WhenDeleted.NULL : CopyRule.WhenDeleted.KEEP,
        switch (rule.getState()) {
          case COPY_STATE_LIVE -> CopyRule.State.LIVE;
          case COPY_STATE_DROPPED -> CopyRule.State.DROPPED;
          case COPY_STATE_DROPPED_KEEPING -> CopyRule.State.DROPPED_KEEPING;
          case UNRECOGNIZED ->
              throw new IllegalStateException("meta has a rule in state " + rule.getStateValue());
        });
  }

  static Documents record(CollectionInfo.Documents documents) {
    Documents.Builder record =
        Documents.newBuilder()
            .addAllShardPaths(documents.shardPaths())
            .addAllIdPaths(documents.idPaths())
            .setTtlPath(documents.ttlPath());
    for (IndexInfo index : documents.indexes()) {
      Index.Builder made = record.addIndexesBuilder().setId(index.id()).setName(index.name());
      for (IndexInfo.Field field : index.fields()) {
        made.addFields(
            SortField.newBuilder().setPath(field.path()).setDescending(field.descending()));
      }
    }
    documents.rules().forEach(rule -> record.addRules(record(rule)));
    ChangesInfo changes = documents.changes();
    if (changes != null) {
      record.setChanges(
          ChangeStream.newBuilder()
              .setRetentionMillis(changes.retentionMillis())
              .setBefore(changes.before()));
    }
    return record.build();
  }

  private static io.henge.api.v1.CopyRule record(CopyRule rule) {
    io.henge.api.v1.CopyRule.Builder record =
        io.henge.api.v1.CopyRule.newBuilder()
            .setId(rule.id())
            .setKindValue(rule.kind().code())
            .setSourceId(rule.sourceId())
            .setTarget(rule.target())
            .addAllOn(rule.on())
            .setLast(rule.last())
            .setBy(rule.by())
            .setBoundMillis(rule.boundMillis())
            .setNullWhenDeleted(rule.whenDeleted() == CopyRule.WhenDeleted.NULL)
            .setStateValue(rule.state().code());
    for (CopyRule.Field field : rule.fields()) {
      record.addFields(CopiedField.newBuilder().setPath(field.path()).setAs(field.as()));
    }
    return record.build();
  }
}
