package io.henge.server.grpc;

import io.henge.api.Limits;
import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.api.key.ScanCursor;
import io.henge.api.v1.RangeRequest;
import io.henge.api.v1.ReadRequest;
import io.henge.api.v1.Request;
import io.henge.api.v1.VerifyRequest;
import io.henge.document.layout.DocumentLayout;
import io.henge.replication.shard.RangeCommand;
import io.henge.replication.shard.ReadCommand;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.server.node.Catalogue;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns requests into commands. Everything a caller can get wrong is found here, before anything is
 * queued or replicated; the errors name the field, the limit and what was found.
 */
final class RequestReader {
  private static final int PAGE_ITEMS_DEFAULT = 1_000;

  private final Limits limits;
  private final WriteReader writes;
  private final FindReader finds;
  private final ChangesReader changes;

  RequestReader(Limits limits) {
    this.limits = limits;
    this.writes = new WriteReader(limits);
    this.finds = new FindReader(limits);
    this.changes = new ChangesReader(limits);
  }

  /** Milliseconds that the caller waits. */
  int timeoutMillis(Request request, int defaultMillis) {
    int asked = request.getTimeoutMillis();
    if (asked < 0 || asked > limits.timeoutMillisMax()) {
      throw HengeException.invalid(
          "timeout_millis: at most "
              + limits.timeoutMillisMax()
              + " allowed, found "
              + Integer.toUnsignedString(asked));
    }
    return asked == 0 ? Math.min(defaultMillis, limits.timeoutMillisMax()) : asked;
  }

  /**
   * Checks a request.
   *
   * @throws HengeException INVALID_ARGUMENT
   * @throws UnknownCollectionException if the catalogue does not hold a collection
   */
  Parsed parse(Request request, Catalogue catalogue) {
    return switch (request.getBodyCase()) {
      case WRITE -> writes.read(request.getWrite(), catalogue);
      case READ -> read(request.getRead(), catalogue);
      case RANGE -> range(request.getRange(), catalogue);
      case FIND -> finds.read(request.getFind(), catalogue);
      case VERIFY -> verify(request.getVerify(), catalogue);
      case CHANGES -> changes.read(request.getChanges(), catalogue);
      case BODY_NOT_SET ->
          throw HengeException.invalid(
              "body: write, read, range, find, changes or verify expected, found none or one that this version does not"
                  + " know");
    };
  }

  private Parsed read(ReadRequest request, Catalogue catalogue) {
    Key shardingKey =
        WireValues.shardingKey(request.hasShardingKey(), request.getShardingKey(), limits);
    int count = request.getItemsCount();
    if (count < 1 || count > limits.batchMutationsMax()) {
      throw HengeException.invalid(
          "items: 1 to " + limits.batchMutationsMax() + " expected, found " + count);
    }
    List<byte[]> keys = new ArrayList<>(count);
    List<CollectionInfo> collections = new ArrayList<>(1);
    for (io.henge.api.v1.ItemKey wire : request.getItemsList()) {
      CollectionInfo collection =
          collection(wire.getCollectionId(), wire.getCollection(), catalogue);
      addOnce(collections, collection);
      Key sortKey =
          wire.hasSortKey() ? WireValues.key(wire.getSortKey(), "sort_key", limits) : Key.EMPTY;
      DocumentLayout layout = catalogue.layout(collection);
      if (layout != null) {
        layout.requireKeys(shardingKey, sortKey);
      }
      keys.add(WireValues.physicalKey(shardingKey, collection.id(), sortKey, limits));
    }
    ReadCommand command =
        new ReadCommand(keys, WireValues.level(request.getLevel()), request.getCopyInfo());
    return new Parsed.Read(Parsed.Place.at(keys.get(0)), collections, command);
  }

  private Parsed verify(VerifyRequest request, Catalogue catalogue) {
    boolean named = request.getCollectionId() != 0 || !request.getCollection().isEmpty();
    CollectionInfo collection =
        named ? collection(request.getCollectionId(), request.getCollection(), catalogue) : null;
    // In a large sharding key it may be a row of an index, which is longer than any key.
    if (request.getCursor().size() > 8 * limits.keyBytesMax()) {
      throw HengeException.invalid("cursor: that of an earlier answer expected");
    }
    if (request.getStage().size() > 8 * limits.keyBytesMax()) {
      throw HengeException.invalid("stage: that of an earlier answer expected");
    }
    byte[] from = request.getCursor().toByteArray();
    return new Parsed.Verify(
        Parsed.Place.at(from),
        collection == null ? List.of() : List.of(collection),
        from,
        request.getStage().toByteArray(),
        collection == null ? 0 : collection.id(),
        request.getRepair());
  }

  private Parsed range(RangeRequest request, Catalogue catalogue) {
    Key shardingKey =
        WireValues.shardingKey(request.hasShardingKey(), request.getShardingKey(), limits);
    CollectionInfo collection =
        collection(request.getCollectionId(), request.getCollection(), catalogue);
    requireShardingKey(shardingKey, collection, catalogue);
    int limit = request.getLimit();
    if (limit < 0 || limit > limits.pageItemsMax()) {
      throw HengeException.invalid(
          "limit: at most "
              + limits.pageItemsMax()
              + " items a page allowed, found "
              + Integer.toUnsignedString(limit)
              + "; go on with the cursor of the answer");
    }
    byte[] prefix = WireValues.physicalKey(shardingKey, collection.id(), Key.EMPTY, limits);
    byte[] from =
        request.hasFrom() ? bound(shardingKey, collection, request.getFrom(), "from") : prefix;
    byte[] to =
        request.hasTo()
            ? bound(shardingKey, collection, request.getTo(), "to")
            : PhysicalKey.endOfPrefix(prefix);
    if (!request.getCursor().isEmpty()) {
      ScanCursor cursor =
          ScanCursor.decode(
              request.getCursor().toByteArray(),
              prefix,
              request.getReverse(),
              limits.keyBytesMax());
      if (request.getReverse()) {
        to = cursor.earlierEnd(to);
      } else {
        from = cursor.laterStart(from);
      }
    }
    RangeCommand command =
        new RangeCommand(
                from,
                to,
                request.getReverse(),
                limit == 0 ? Math.min(PAGE_ITEMS_DEFAULT, limits.pageItemsMax()) : limit,
                limits.pageBytesMax(),
                WireValues.level(request.getLevel()))
            .withCopies(request.getCopyInfo());
    Parsed.Place place = request.getReverse() ? new Parsed.Place(to, true) : Parsed.Place.at(from);
    return new Parsed.Range(place, prefix, List.of(collection), command);
  }

  /** That no document can have is a mistake, and not a sharding key that has none. */
  static void requireShardingKey(Key shardingKey, CollectionInfo collection, Catalogue catalogue) {
    DocumentLayout layout = catalogue.layout(collection);
    if (layout != null) {
      layout.requireShardingKey(shardingKey);
    }
  }

  private byte[] bound(
      Key shardingKey, CollectionInfo collection, io.henge.api.v1.Key wire, String field) {
    Key key = WireValues.key(wire, field, limits);
    return WireValues.physicalKey(shardingKey, collection.id(), key, limits);
  }

  static void addOnce(List<CollectionInfo> collections, CollectionInfo collection) {
    if (!collections.contains(collection)) {
      collections.add(collection);
    }
  }

  static CollectionInfo collection(int id, String name, Catalogue catalogue) {
    if (id == 0 && name.isEmpty()) {
      throw HengeException.invalid("collection: a name expected, found none");
    }
    CollectionInfo collection = id != 0 ? catalogue.byId(id) : catalogue.byName(name);
    if (collection == null || (id != 0 && collection.dropped())) {
      throw new UnknownCollectionException(
          id != 0
              ? "collection with id " + Integer.toUnsignedString(id)
              : "collection '" + name + "'");
    }
    return collection;
  }
}
