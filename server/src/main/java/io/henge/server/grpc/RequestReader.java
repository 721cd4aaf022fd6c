package io.henge.server.grpc;

import io.henge.api.Limits;
import io.henge.api.error.HengeException;
import io.henge.api.item.Action;
import io.henge.api.item.RequestId;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.api.key.ScanCursor;
import io.henge.api.v1.RangeRequest;
import io.henge.api.v1.ReadRequest;
import io.henge.api.v1.Request;
import io.henge.api.v1.WriteRequest;
import io.henge.replication.shard.RangeCommand;
import io.henge.replication.shard.ReadCommand;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.Mutation;
import io.henge.replication.statemachine.WriteCommand;
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

  RequestReader(Limits limits) {
    this.limits = limits;
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
      case WRITE -> write(request.getWrite(), catalogue);
      case READ -> read(request.getRead(), catalogue);
      case RANGE -> range(request.getRange(), catalogue);
      case BODY_NOT_SET ->
          throw HengeException.invalid(
              "body: write, read or range expected, found none or one that this version does not"
                  + " know");
    };
  }

  private Parsed write(WriteRequest request, Catalogue catalogue) {
    Key shardingKey =
        WireValues.shardingKey(request.hasShardingKey(), request.getShardingKey(), limits);
    int count = request.getMutationsCount();
    if (count < 1 || count > limits.batchMutationsMax()) {
      throw HengeException.invalid(
          "mutations: 1 to " + limits.batchMutationsMax() + " expected, found " + count);
    }
    if (request.getSerializedSize() > 2L * limits.batchBytesMax()) {
      throw batchTooLarge(request.getSerializedSize());
    }
    List<Mutation> mutations = new ArrayList<>(count);
    List<CollectionInfo> collections = new ArrayList<>(1);
    long bytes = 0;
    for (io.henge.api.v1.Mutation wire : request.getMutationsList()) {
      CollectionInfo collection =
          collection(wire.getCollectionId(), wire.getCollection(), catalogue);
      addOnce(collections, collection);
      Mutation mutation = mutation(wire, shardingKey, collection);
      mutations.add(mutation);
      bytes += mutation.key().length + payload(mutation.action());
    }
    if (bytes > limits.batchBytesMax()) {
      throw batchTooLarge(bytes);
    }
    long version =
        request.getCatalogueVersion() != 0 ? request.getCatalogueVersion() : catalogue.version();
    return new Parsed.Write(
        Parsed.Place.at(mutations.get(0).key()),
        collections,
        new WriteCommand(requestId(request), request.getNotAfterMillis(), version, mutations));
  }

  private static RequestId requestId(WriteRequest request) {
    io.henge.api.v1.RequestId id = request.getRequestId();
    if (id.getSequence() == 0) {
      throw HengeException.invalid(
          "request_id.sequence: 1 or more expected, found 0; count the client's writes from 1");
    }
    return new RequestId(id.getClientHigh(), id.getClientLow(), id.getSequence());
  }

  private HengeException batchTooLarge(long found) {
    return HengeException.invalid(
        "mutations: at most "
            + limits.batchBytesMax()
            + " bytes together allowed, found "
            + found
            + "; divide the batch");
  }

  private Mutation mutation(
      io.henge.api.v1.Mutation wire, Key shardingKey, CollectionInfo collection) {
    Key sortKey =
        wire.hasSortKey() ? WireValues.key(wire.getSortKey(), "sort_key", limits) : Key.EMPTY;
    return new Mutation(
        WireValues.physicalKey(shardingKey, collection.id(), sortKey, limits),
        WireValues.condition(wire.hasCondition(), wire.getCondition(), limits),
        action(wire),
        wire.getReturnPrevious());
  }

  private Action action(io.henge.api.v1.Mutation wire) {
    return switch (wire.getActionCase()) {
      case PUT ->
          new Action.Put(
              WireValues.value(
                  "put.value", wire.getPut().hasValue(), wire.getPut().getValue(), limits),
              WireValues.ttl(wire.getPut().getTtlMillis()));
      case REMOVE -> Action.Remove.REMOVE;
      case ADD -> new Action.Add(wire.getAdd().getDelta());
      case APPEND ->
          new Action.Append(WireValues.bytes("append.data", wire.getAppend().getData(), limits));
      case TOUCH -> new Action.Touch(WireValues.ttl(wire.getTouch().getTtlMillis()));
      case CHECK -> Action.Check.CHECK;
      case ACTION_NOT_SET ->
          throw HengeException.invalid(
              "mutations.action: put, remove, add, append, touch or check expected, found none or"
                  + " one that this version does not know");
    };
  }

  private static long payload(Action action) {
    if (action instanceof Action.Put put) {
      return put.value().size();
    }
    return action instanceof Action.Append append ? append.bytes().length : Long.BYTES;
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
      keys.add(WireValues.physicalKey(shardingKey, collection.id(), sortKey, limits));
    }
    ReadCommand command = new ReadCommand(keys, WireValues.level(request.getLevel()));
    return new Parsed.Read(Parsed.Place.at(keys.get(0)), collections, command);
  }

  private Parsed range(RangeRequest request, Catalogue catalogue) {
    Key shardingKey =
        WireValues.shardingKey(request.hasShardingKey(), request.getShardingKey(), limits);
    CollectionInfo collection =
        collection(request.getCollectionId(), request.getCollection(), catalogue);
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
            WireValues.level(request.getLevel()));
    Parsed.Place place = request.getReverse() ? new Parsed.Place(to, true) : Parsed.Place.at(from);
    return new Parsed.Range(place, prefix, List.of(collection), command);
  }

  private byte[] bound(
      Key shardingKey, CollectionInfo collection, io.henge.api.v1.Key wire, String field) {
    Key key = WireValues.key(wire, field, limits);
    return WireValues.physicalKey(shardingKey, collection.id(), key, limits);
  }

  private static void addOnce(List<CollectionInfo> collections, CollectionInfo collection) {
    if (!collections.contains(collection)) {
      collections.add(collection);
    }
  }

  private static CollectionInfo collection(int id, String name, Catalogue catalogue) {
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
