package io.henge.server.grpc;

import io.henge.api.Limits;
import io.henge.api.error.HengeException;
import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.RequestId;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.v1.WriteRequest;
import io.henge.document.layout.DocumentLayout;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.Mutation;
import io.henge.replication.statemachine.WriteCommand;
import io.henge.server.node.Catalogue;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Turns writes into commands; see {@link RequestReader}. */
final class WriteReader {
  private final Limits limits;

  WriteReader(Limits limits) {
    this.limits = limits;
  }

  /** A mutation of a document that is under way to its keys. */
  private record Draft(
      io.henge.api.v1.Mutation wire,
      CollectionInfo collection,
      @Nullable DocumentLayout layout,
      WireDocuments.@Nullable Parsed document) {}

  Parsed.Write read(WriteRequest request, Catalogue catalogue) {
    int count = request.getMutationsCount();
    if (count < 1 || count > limits.batchMutationsMax()) {
      throw HengeException.invalid(
          "mutations: 1 to " + limits.batchMutationsMax() + " expected, found " + count);
    }
    if (request.getSerializedSize() > 2L * limits.batchBytesMax()) {
      throw batchTooLarge(request.getSerializedSize());
    }
    List<Draft> drafts = new ArrayList<>(count);
    List<CollectionInfo> collections = new ArrayList<>(1);
    for (io.henge.api.v1.Mutation wire : request.getMutationsList()) {
      CollectionInfo collection =
          RequestReader.collection(wire.getCollectionId(), wire.getCollection(), catalogue);
      RequestReader.addOnce(collections, collection);
      drafts.add(draft(wire, collection, catalogue.layout(collection)));
    }
    Key shardingKey = shardingKey(request, drafts);
    List<Mutation> mutations = new ArrayList<>(count);
    long bytes = 0;
    for (Draft draft : drafts) {
      Mutation mutation = mutation(draft, shardingKey);
      mutations.add(mutation);
      bytes += mutation.key().length + payload(mutation);
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

  private Draft draft(
      io.henge.api.v1.Mutation wire, CollectionInfo collection, @Nullable DocumentLayout layout) {
    if (layout == null) {
      requireOfItems(wire, collection);
      return new Draft(wire, collection, null, null);
    }
    return new Draft(wire, collection, layout, document(wire, collection));
  }

  /** The document that a mutation brings, and whose keys it goes by; null if it brings none. */
  private WireDocuments.@Nullable Parsed document(
      io.henge.api.v1.Mutation wire, CollectionInfo collection) {
    return switch (wire.getActionCase()) {
      case PUT -> {
        if (!wire.getPut().getValue().hasDocument()) {
          throw ofTheOtherKind(
              collection, "documents", "insert, replace or upsert (put.value.document)");
        }
        yield WireDocuments.parse(
            "put.value.document", wire.getPut().getValue().getDocument(), limits);
      }
      case PATCH -> {
        if (wire.getPatch().hasInitial() && wire.getPatch().getUpsert()) {
          throw HengeException.invalid(
              "patch: `initial` or `upsert` expected, found both; a document to begin from has its"
                  + " keys already");
        }
        yield wire.getPatch().hasInitial()
            ? WireDocuments.parse("patch.initial", wire.getPatch().getInitial(), limits)
            : null;
      }
      case ADD, APPEND -> throw ofTheOtherKind(collection, "documents", "patch");
      default -> null;
    };
  }

  /** What older versions do not know may not come into a collection that they do. */
  private static void requireOfItems(io.henge.api.v1.Mutation wire, CollectionInfo collection) {
    io.henge.api.v1.Condition condition = wire.getCondition();
    boolean documents =
        wire.hasPatch()
            || wire.getReturnCurrent()
            || wire.getPut().getValue().hasDocument()
            || condition.hasFilter()
            || condition.hasFilterBinary()
            || condition.getValue().hasDocument();
    if (documents) {
      throw ofTheOtherKind(collection, "items", "data or counter, without filter, return_current");
    }
  }

  private static HengeException ofTheOtherKind(
      CollectionInfo collection, String holds, String instead) {
    return HengeException.invalid(
        "collection " + collection.name() + " holds " + holds + "; use " + instead);
  }

  /** The request's, or else that of the first document in it. */
  private Key shardingKey(WriteRequest request, List<Draft> drafts) {
    if (!request.hasShardingKey()) {
      for (Draft draft : drafts) {
        if (draft.layout != null && draft.document != null) {
          return draft.layout.shardingKey(draft.document.document());
        }
      }
    }
    return WireValues.shardingKey(request.hasShardingKey(), request.getShardingKey(), limits);
  }

  private Mutation mutation(Draft draft, Key shardingKey) {
    io.henge.api.v1.Mutation wire = draft.wire;
    Key sortKey =
        wire.hasSortKey() ? WireValues.key(wire.getSortKey(), "sort_key", limits) : Key.EMPTY;
    if (draft.layout != null) {
      sortKey = sortKey(draft, draft.layout, shardingKey, sortKey);
    }
    return new Mutation(
        WireValues.physicalKey(shardingKey, draft.collection.id(), sortKey, limits),
        WireValues.condition(wire.hasCondition(), wire.getCondition(), limits),
        action(draft, shardingKey, sortKey),
        wire.getReturnPrevious(),
        wire.getReturnCurrent());
  }

  /** The document's own, which is also what the request says, if it says something. */
  private static Key sortKey(Draft draft, DocumentLayout layout, Key shardingKey, Key requested) {
    if (draft.document == null) {
      layout.requireKeys(shardingKey, requested);
      return requested;
    }
    Key own = layout.shardingKey(draft.document.document());
    if (!own.equals(shardingKey)) {
      throw HengeException.invalid(
          "sharding_key: the write is of "
              + shardingKey
              + ", found a document of "
              + own
              + "; a write is of one sharding key");
    }
    Key sortKey = layout.sortKey(draft.document.document());
    if (draft.wire.hasSortKey() && !sortKey.equals(requested)) {
      throw HengeException.invalid(
          "sort_key: " + sortKey + " expected by the document's fields, found " + requested);
    }
    // Found here, and not only when it is applied: the error then names the request's field.
    layout.expiresAtMillis(draft.document.document());
    return sortKey;
  }

  private Action action(Draft draft, Key shardingKey, Key sortKey) {
    io.henge.api.v1.Mutation wire = draft.wire;
    return switch (wire.getActionCase()) {
      case PUT -> new Action.Put(value(draft), WireValues.ttl(wire.getPut().getTtlMillis()));
      case REMOVE -> Action.Remove.REMOVE;
      case ADD -> new Action.Add(wire.getAdd().getDelta());
      case APPEND ->
          new Action.Append(WireValues.bytes("append.data", wire.getAppend().getData(), limits));
      case TOUCH -> new Action.Touch(WireValues.ttl(wire.getTouch().getTtlMillis()));
      case CHECK -> Action.Check.CHECK;
      case PATCH ->
          new Action.Patch(
              initial(draft, shardingKey, sortKey), WireDocuments.patch(wire.getPatch(), limits));
      case ACTION_NOT_SET ->
          throw HengeException.invalid(
              "mutations.action: put, remove, add, append, touch, check or patch expected, found"
                  + " none or one that this version does not know");
    };
  }

  private Value value(Draft draft) {
    io.henge.api.v1.Put put = draft.wire.getPut();
    return draft.document != null
        ? draft.document.value()
        : WireValues.value("put.value", put.hasValue(), put.getValue(), limits);
  }

  private static byte[] initial(Draft draft, Key shardingKey, Key sortKey) {
    if (draft.document != null) {
      return draft.document.value().bytes();
    }
    if (draft.layout == null || !draft.wire.getPatch().getUpsert()) {
      return new byte[0];
    }
    return WireDocuments.encode(draft.layout.ofKeys(shardingKey, sortKey));
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

  private static long payload(Mutation mutation) {
    long filter =
        mutation.condition() instanceof Condition.Matches matches ? matches.filter().length : 0;
    if (mutation.action() instanceof Action.Put put) {
      return filter + put.value().size();
    } else if (mutation.action() instanceof Action.Patch patch) {
      return filter + patch.initial().length + patch.patch().length;
    }
    return filter
        + (mutation.action() instanceof Action.Append append ? append.bytes().length : Long.BYTES);
  }
}
