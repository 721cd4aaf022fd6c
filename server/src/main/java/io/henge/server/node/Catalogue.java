package io.henge.server.node;

import io.henge.api.v1.CollectionRecord;
import io.henge.document.layout.DocumentLayout;
import io.henge.replication.statemachine.CollectionInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All collections as of one version of the map. Immutable. */
public final class Catalogue {
  public static final Catalogue EMPTY = new Catalogue(0, List.of());

  private final long version;
  private final List<CollectionInfo> all;
  private final Map<String, CollectionInfo> byName = new HashMap<>();
  private final Map<Integer, CollectionInfo> byId = new HashMap<>();
  private final Map<Integer, DocumentLayout> layouts = new HashMap<>();

  private Catalogue(long version, List<CollectionInfo> all) {
    this.version = version;
    this.all = List.copyOf(all);
    for (CollectionInfo collection : all) {
      byId.put(collection.id(), collection);
      if (!collection.dropped()) {
        byName.put(collection.name(), collection);
        CollectionInfo.Documents documents = collection.documents();
        if (documents != null) {
          layouts.put(
              collection.id(),
              DocumentLayout.of(documents.shardPaths(), documents.idPaths(), documents.ttlPath()));
        }
      }
    }
  }

  public static Catalogue of(long version, Iterable<CollectionRecord> records) {
    List<CollectionInfo> all = new ArrayList<>();
    for (CollectionRecord record : records) {
      all.add(info(record));
    }
    return new Catalogue(version, all);
  }

  private static CollectionInfo info(CollectionRecord record) {
    return new CollectionInfo(
        record.getId(),
        record.getName(),
        record.getTtlMillis(),
        record.getDivisible(),
        record.getDropped(),
        record.getChangedIn(),
        record.hasDocuments() ? DocumentRecords.info(record.getDocuments()) : null);
  }

  /** The record that a collection is described by. */
  public static CollectionRecord record(CollectionInfo collection) {
    CollectionRecord.Builder record =
        CollectionRecord.newBuilder()
            .setId(collection.id())
            .setName(collection.name())
            .setTtlMillis(collection.ttlMillisDefault())
            .setDivisible(collection.divisible())
            .setDropped(collection.dropped())
            .setChangedIn(collection.changedIn());
    CollectionInfo.Documents documents = collection.documents();
    if (documents != null) {
      record.setDocuments(DocumentRecords.record(documents));
    }
    return record.build();
  }

  /** Version of the map it stands for. */
  public long version() {
    return version;
  }

  /** Dropped ones too. */
  public List<CollectionInfo> all() {
    return all;
  }

  /** The collection of this name that is not dropped. */
  public @Nullable CollectionInfo byName(String name) {
    return byName.get(name);
  }

  /** Where a collection's documents have their keys; null if it holds items, or was dropped. */
  public @Nullable DocumentLayout layout(CollectionInfo collection) {
    return layouts.get(collection.id());
  }

  /** The collection of this id, dropped or not. */
  public @Nullable CollectionInfo byId(int id) {
    return byId.get(id);
  }
}
