package io.henge.client.internal;

import io.henge.api.v1.CollectionRecord;
import io.henge.api.v1.CopiesStatusResponse;
import io.henge.api.v1.CopyFigures;
import io.henge.api.v1.CopyRule;
import io.henge.api.v1.CopyShard;
import io.henge.api.v1.CopyState;
import io.henge.api.v1.DerivedStatus;
import io.henge.api.v1.DocumentName;
import io.henge.api.v1.Documents;
import io.henge.api.v1.SortField;
import io.henge.client.Admin;
import io.henge.client.CollectionOptions;
import io.henge.client.CopiesStatus;
import io.henge.client.Copy;
import io.henge.client.CopyInfo;
import io.henge.client.Index;
import io.henge.document.declare.CopyDeclaration;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Indexes and declared copies: as they are on the wire, and as applications see them. */
final class DerivedRecords {
  private DerivedRecords() {}

  static Documents record(CollectionOptions.Documents documents) {
    Documents.Builder record =
        Documents.newBuilder()
            .addAllShardPaths(documents.shardBy())
            .addAllIdPaths(documents.id())
            .setTtlPath(documents.expireAt());
    documents.indexes().forEach(index -> record.addIndexes(record(index)));
    documents.copies().forEach(copy -> record.addRules(copy.declaration().rule()));
    return record.build();
  }

  static io.henge.api.v1.Index record(Index index) {
    io.henge.api.v1.Index.Builder record = io.henge.api.v1.Index.newBuilder().setName(index.name());
    for (Index.Field field : index.fields()) {
      record.addFields(
          SortField.newBuilder().setPath(field.path()).setDescending(field.descending()));
    }
    return record.build();
  }

  static CollectionOptions.Documents documents(CollectionRecord record) {
    Documents documents = record.getDocuments();
    return new CollectionOptions.Documents(
        documents.getShardPathsList(),
        documents.getIdPathsList(),
        documents.getTtlPath(),
        documents.getIndexesList().stream().map(DerivedRecords::index).toList(),
        documents.getRulesList().stream()
            .filter(rule -> rule.getState() == CopyState.COPY_STATE_LIVE)
            .map(rule -> copy(record.getName(), rule))
            .toList());
  }

  static Index index(io.henge.api.v1.Index record) {
    return new Index(
        record.getName(),
        record.getFieldsList().stream()
            .map(field -> new Index.Field(field.getPath(), field.getDescending()))
            .toList());
  }

  private static Copy copy(String holder, CopyRule rule) {
    return Copy.of(
        new CopyDeclaration(
            holder, rule.toBuilder().clearId().clearSourceId().clearState().build()));
  }

  static Admin.IndexStatus indexStatus(DerivedStatus status) {
    return new Admin.IndexStatus(
        status.getId(),
        status.getCollection(),
        index(status.getIndex()),
        status.getReady(),
        status.getFailure(),
        isBuilding(status),
        silent(status));
  }

  static Admin.CopyStatus copyStatus(DerivedStatus status) {
    return new Admin.CopyStatus(
        status.getId(),
        status.getCollection(),
        copy(status.getCollection(), status.getRule()),
        status.getRule().getState() != CopyState.COPY_STATE_LIVE,
        status.getReady(),
        status.getFailure(),
        status.getWaiting(),
        Duration.ofMillis(status.getLagMillis()),
        isBuilding(status),
        silent(status));
  }

  /** Nodes of earlier versions tell how much is ready, and nothing of why the rest is not. */
  private static boolean isBuilding(DerivedStatus status) {
    return status.getBuilding() || (status.getReady() < 1 && status.getSilentCount() == 0);
  }

  private static List<Admin.SilentShard> silent(DerivedStatus status) {
    return status.getSilentList().stream()
        .map(
            shard ->
                new Admin.SilentShard(
                    shard.getShardId(), Duration.ofMillis(shard.getSilentMillis())))
        .toList();
  }

  static CopiesStatus copiesStatus(CopiesStatusResponse response) {
    return new CopiesStatus(
        response.getCopiesList().stream().map(DerivedRecords::figures).toList(),
        response.getSilentShardsList(),
        response.getSilentNodesList());
  }

  private static CopiesStatus.Figures figures(CopyFigures figures) {
    return new CopiesStatus.Figures(
        copyStatus(figures.getDeclared()),
        figures.getHolders(),
        figures.getMoreHolders(),
        Duration.ofMillis(figures.getBoundMillis()),
        Duration.ofMillis(figures.getLagMillis()),
        Duration.ofMillis(figures.getWorstLagMillis()),
        figures.hasOldest() ? Optional.of(source(figures.getOldest())) : Optional.empty(),
        figures.getOutboxRows(),
        figures.getFanoutRows(),
        figures.getHoldersChanged(),
        figures.getShardsList().stream().map(DerivedRecords::shard).toList());
  }

  private static CopiesStatus.Shard shard(CopyShard shard) {
    return new CopiesStatus.Shard(
        shard.getShardId(),
        shard.getNodeId(),
        shard.getHolders(),
        shard.getMoreHolders(),
        Duration.ofMillis(shard.getLagMillis()),
        Duration.ofMillis(shard.getWorstLagMillis()),
        shard.getOutboxRows(),
        shard.getFanoutRows());
  }

  private static CopiesStatus.Source source(DocumentName name) {
    return new CopiesStatus.Source(
        name.getCollection(), Messages.key(name.getShardingKey()), Messages.key(name.getSortKey()));
  }

  static CopyInfo copyInfo(io.henge.api.v1.CopyInfo info) {
    return new CopyInfo(
        info.getRuleId(),
        info.getTarget(),
        info.getFieldsList(),
        source(info.getSource()),
        info.getFollows(),
        info.getVersion(),
        info.getRegistered(),
        Duration.ofMillis(info.getBoundMillis()),
        info.getCompleteUntilMillis() == 0
            ? Optional.empty()
            : Optional.of(Instant.ofEpochMilli(info.getCompleteUntilMillis())),
        Duration.ofMillis(info.getReportAgeMillis()),
        Duration.ofMillis(info.getLagMillis()));
  }
}
