package io.henge.server.grpc;

import io.henge.api.Limits;
import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.api.key.ScanCursor;
import io.henge.api.v1.FindRequest;
import io.henge.document.filter.Filter;
import io.henge.document.find.Projection;
import io.henge.document.find.SortOrder;
import io.henge.document.path.Path;
import io.henge.replication.shard.RangeCommand;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.Lookup;
import io.henge.server.node.Catalogue;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Turns finds into commands; see {@link RequestReader}. */
final class FindReader {
  private static final int PAGE_ITEMS_DEFAULT = 1_000;
  private static final int AGGREGATES_MAX = 64;
  private static final byte[] RING = new byte[0];

  private final Limits limits;

  FindReader(Limits limits) {
    this.limits = limits;
  }

  Parsed.Find read(FindRequest request, Catalogue catalogue) {
    boolean named = request.getCollectionId() != 0 || !request.getCollection().isEmpty();
    CollectionInfo collection =
        named
            ? RequestReader.collection(
                request.getCollectionId(), request.getCollection(), catalogue)
            : null;
    requireScope(request, collection, catalogue);
    byte[] prefix = prefix(request, collection, catalogue);
    SortOrder sort = sort(request);
    byte[] from = prefix;
    SortCursor sortedAfter = null;
    if (!request.getCursor().isEmpty()) {
      byte[] wire = request.getCursor().toByteArray();
      if (sort != null) {
        sortedAfter = SortCursor.decode(wire, sort.fields().size());
      } else {
        from = ScanCursor.decode(wire, prefix, false, limits.keyBytesMax()).laterStart(prefix);
      }
    }
    Filter filter = request.getFilter().isEmpty() ? null : Filter.parse(request.getFilter());
    Find find =
        new Find(
            new Find.Wanted(
                collections(collection, catalogue),
                filter,
                Projection.of(request.getFieldsList()),
                sort,
                sortedAfter,
                aggregates(request),
                limit(request.getLimit()),
                request.getAllShards(),
                prefix,
                request.getDocumentForm(),
                request.getExplain()));
    RangeCommand command =
        new RangeCommand(
            from,
            end(request, prefix),
            false,
            find.itemsMax(),
            sort != null || request.getAggregatesCount() > 0
                ? Integer.MAX_VALUE
                : limits.pageBytesMax(),
            WireValues.level(request.getLevel()),
            find::begin,
            collection == null || catalogue.layout(collection) == null
                ? null
                : new Lookup(
                    collection.id(),
                    request.getAllShards()
                        ? RING
                        : Arrays.copyOf(prefix, PhysicalKey.endOfShardingKey(prefix) + 1),
                    filter,
                    sort,
                    sortedAfter == null ? null : sortedAfter.place(),
                    request.getAggregatesCount() > 0
                        ? Integer.MAX_VALUE
                        : limit(request.getLimit())),
            request.getCopyInfo() && request.getAggregatesCount() == 0);
    return new Parsed.Find(
        Parsed.Place.at(from), collection == null ? List.of() : List.of(collection), command, find);
  }

  private byte[] end(FindRequest request, byte[] prefix) {
    if (request.getUntil().isEmpty()) {
      return PhysicalKey.endOfPrefix(prefix);
    }
    if (!request.getAllShards()) {
      throw HengeException.invalid("until: it belongs to all_shards; leave it out");
    }
    byte[] wire = request.getUntil().toByteArray();
    return ScanCursor.decode(wire, prefix, false, limits.keyBytesMax()).position();
  }

  private static void requireScope(
      FindRequest request, @Nullable CollectionInfo collection, Catalogue catalogue) {
    if (request.hasShardingKey() == request.getAllShards()) {
      throw HengeException.invalid(
          "find: sharding_key expected, or all_shards for work on every shard; found "
              + (request.getAllShards() ? "both" : "none"));
    }
    boolean looksInside =
        !request.getFilter().isEmpty()
            || request.getFieldsCount() > 0
            || request.getSortCount() > 0
            || request.getAggregatesCount() > 0;
    if (collection == null) {
      if (looksInside || request.getAllShards()) {
        throw HengeException.invalid(
            "collection: a name expected with filter, fields, sort, aggregates or all_shards, found"
                + " none");
      }
    } else if (looksInside && catalogue.layout(collection) == null) {
      throw HengeException.invalid(
          "collection "
              + collection.name()
              + " holds items, not documents; a find looks inside documents only");
    }
    if (request.getSortCount() > 0
        && (request.getAllShards() || request.getAggregatesCount() > 0)) {
      throw HengeException.invalid(
          "sort: only documents of one sharding key are sorted, and figures have no order; leave it"
              + " out");
    }
  }

  private byte[] prefix(
      FindRequest request, @Nullable CollectionInfo collection, Catalogue catalogue) {
    if (request.getAllShards()) {
      return RING;
    }
    Key shardingKey = WireValues.shardingKey(true, request.getShardingKey(), limits);
    if (collection != null) {
      RequestReader.requireShardingKey(shardingKey, collection, catalogue);
    }
    // Also for a family: its key is not longer than that of a collection in it.
    byte[] prefix =
        WireValues.physicalKey(
            shardingKey, collection == null ? 0 : collection.id(), Key.EMPTY, limits);
    return collection == null ? PhysicalKey.itemCollection(shardingKey) : prefix;
  }

  private static IntPredicate collections(
      @Nullable CollectionInfo collection, Catalogue catalogue) {
    if (collection != null) {
      int wanted = collection.id();
      return id -> id == wanted;
    }
    // One that is not known here yet is there; what is dropped is not, though its rows may be.
    return id -> {
      CollectionInfo known = catalogue.byId(id);
      return known == null || !known.dropped();
    };
  }

  private static @Nullable SortOrder sort(FindRequest request) {
    return request.getSortCount() == 0
        ? null
        : SortOrder.of(
            request.getSortList().stream()
                .map(
                    field ->
                        new SortOrder.Field(Path.parse(field.getPath()), field.getDescending()))
                .toList());
  }

  private static List<Optional<Path>> aggregates(FindRequest request) {
    if (request.getAggregatesCount() > AGGREGATES_MAX) {
      throw HengeException.invalid(
          "aggregates: at most "
              + AGGREGATES_MAX
              + " allowed, found "
              + request.getAggregatesCount());
    }
    return request.getAggregatesList().stream()
        .map(
            wire ->
                wire.getPath().isEmpty()
                    ? Optional.<Path>empty()
                    : Optional.of(Path.parse(wire.getPath())))
        .toList();
  }

  private int limit(int limit) {
    if (limit < 0 || limit > limits.pageItemsMax()) {
      throw HengeException.invalid(
          "limit: at most "
              + limits.pageItemsMax()
              + " documents a page allowed, found "
              + Integer.toUnsignedString(limit)
              + "; go on with the cursor of the answer");
    }
    return limit == 0 ? Math.min(PAGE_ITEMS_DEFAULT, limits.pageItemsMax()) : limit;
  }
}
