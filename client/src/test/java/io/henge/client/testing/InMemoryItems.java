package io.henge.client.testing;

import com.google.protobuf.ByteString;
import io.henge.api.error.ErrorCode;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.api.key.ScanCursor;
import io.henge.api.v1.Condition;
import io.henge.api.v1.Document;
import io.henge.api.v1.Error;
import io.henge.api.v1.Found;
import io.henge.api.v1.Item;
import io.henge.api.v1.ItemKey;
import io.henge.api.v1.Mutation;
import io.henge.api.v1.MutationResult;
import io.henge.api.v1.RangeRequest;
import io.henge.api.v1.RangeResponse;
import io.henge.api.v1.ReadRequest;
import io.henge.api.v1.ReadResponse;
import io.henge.api.v1.Request;
import io.henge.api.v1.RequestId;
import io.henge.api.v1.Response;
import io.henge.api.v1.Value;
import io.henge.api.v1.WriteRequest;
import io.henge.api.v1.WriteResponse;
import io.henge.document.Steps;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.filter.Filter;
import io.henge.document.filter.FilterCodec;
import io.henge.document.patch.Patch;
import io.henge.document.patch.PatchCodec;
import io.henge.document.patch.PatchResult;
import io.henge.document.patch.Patches;
import io.henge.document.value.Json;
import io.henge.document.value.JsonObject;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The items of a whole cluster in one map, with exactly-once writes. Thread-safe by one lock. */
final class InMemoryItems {
  private static final int PAGE = 1_000;

  private final NavigableMap<byte[], Item> items = new TreeMap<>(Arrays::compareUnsigned);
  private final Map<RequestId, Response> records = new HashMap<>();
  private long version = 1_000;
  private int effects;

  /** Writes that took effect. */
  synchronized int effects() {
    return effects;
  }

  synchronized Response execute(Request request) {
    return switch (request.getBodyCase()) {
      case WRITE -> write(request.getWrite());
      case READ -> read(request.getRead());
      case RANGE -> range(request.getRange());
      case FIND, CHANGES, VERIFY, BODY_NOT_SET ->
          refused(ErrorCode.INVALID_ARGUMENT, "no body known here", -1);
    };
  }

  private Response write(WriteRequest write) {
    Response known = records.get(write.getRequestId());
    if (known == null) {
      known = apply(write);
      records.put(write.getRequestId(), known);
    }
    return known;
  }

  private Response apply(WriteRequest write) {
    Map<byte[], @Nullable Item> changes = new TreeMap<>(Arrays::compareUnsigned);
    WriteResponse.Builder answer = WriteResponse.newBuilder();
    for (int i = 0; i < write.getMutationsCount(); i++) {
      Mutation mutation = write.getMutations(i);
      byte[] key = key(write.getShardingKey(), mutation.getCollectionId(), mutation.getSortKey());
      Item before = items.get(key);
      if (mutation.hasCondition() && !holds(mutation.getCondition(), before)) {
        return refused(ErrorCode.CONDITION_FAILED, "the condition does not hold", i);
      }
      Item after = after(mutation, before);
      changes.put(key, after);
      MutationResult.Builder result =
          answer
              .addResultsBuilder()
              .setExisted(before != null)
              .setVersion(after == null ? 0 : after.getVersion())
              .setCounter(after == null ? 0 : after.getValue().getCounter());
      if (mutation.getReturnPrevious() && before != null) {
        result.setPrevious(before);
      }
    }
    effects++;
    changes.forEach(
        (key, item) -> {
          if (item == null) {
            items.remove(key);
          } else {
            items.put(key, item);
          }
        });
    return Response.newBuilder().setWrite(answer.setShardVersion(version)).build();
  }

  private @Nullable Item after(Mutation mutation, @Nullable Item before) {
    Item.Builder item =
        before == null ? Item.newBuilder().setSortKey(mutation.getSortKey()) : before.toBuilder();
    item.setVersion(++version);
    Value old = item.getValue();
    return switch (mutation.getActionCase()) {
      case PUT ->
          item.setValue(mutation.getPut().getValue())
              .setExpiresAtMillis(Math.max(0, mutation.getPut().getTtlMillis()))
              .build();
      case REMOVE -> null;
      case ADD ->
          item.setValue(
                  Value.newBuilder().setCounter(old.getCounter() + mutation.getAdd().getDelta()))
              .build();
      case APPEND -> {
        ByteString longer = old.getData().concat(mutation.getAppend().getData());
        yield item.setValue(Value.newBuilder().setData(longer)).build();
      }
      case TOUCH -> item.setExpiresAtMillis(mutation.getTouch().getTtlMillis()).build();
      case PATCH -> item.setValue(patched(mutation.getPatch(), before)).build();
      case CHECK, ACTION_NOT_SET -> before;
    };
  }

  private static boolean holds(Condition condition, @Nullable Item before) {
    return switch (condition.getConditionCase()) {
      case ABSENT -> before == null;
      case PRESENT -> before != null;
      case VERSION -> before != null && before.getVersion() == condition.getVersion();
      case VALUE -> before != null && before.getValue().equals(condition.getValue());
      case FILTER -> before != null && Filter.parse(condition.getFilter()).test(document(before));
      case FILTER_BINARY ->
          before != null
              && FilterCodec.decode(condition.getFilterBinary().toByteArray())
                  .test(document(before));
      case CONDITION_NOT_SET -> true;
    };
  }

  private static JsonObject document(Item item) {
    return document(item.getValue().getDocument());
  }

  private static JsonObject document(Document document) {
    return document.hasJson()
        ? Json.parseObject(document.getJson())
        : DocumentCodec.decode(document.getBinary().toByteArray());
  }

  private static Value patched(io.henge.api.v1.Patch wire, @Nullable Item before) {
    Patch patch =
        switch (wire.getFormCase()) {
          case JSON -> Patch.parse(wire.getJson());
          case MERGE -> Patches.merge(Json.parseObject(wire.getMerge()));
          case BINARY -> PatchCodec.decode(wire.getBinary().toByteArray());
          case FORM_NOT_SET -> throw new IllegalArgumentException("no patch");
        };
    JsonObject from = before == null ? document(wire.getInitial()) : document(before);
    PatchResult.Patched to = (PatchResult.Patched) patch.apply(from, Steps.standard());
    ByteString binary = ByteString.copyFrom(DocumentCodec.encode(to.document()));
    return Value.newBuilder().setDocument(Document.newBuilder().setBinary(binary)).build();
  }

  private Response read(ReadRequest read) {
    ReadResponse.Builder answer = ReadResponse.newBuilder().setShardVersion(version);
    for (ItemKey itemKey : read.getItemsList()) {
      Item item =
          items.get(key(read.getShardingKey(), itemKey.getCollectionId(), itemKey.getSortKey()));
      answer.addFound(item == null ? Found.newBuilder() : Found.newBuilder().setItem(item));
    }
    return Response.newBuilder().setRead(answer).build();
  }

  private Response range(RangeRequest range) {
    byte[] prefix = PhysicalKey.prefix(key(range.getShardingKey()), range.getCollectionId());
    byte[] from = range.hasFrom() ? key(range, range.getFrom()) : prefix;
    byte[] to = range.hasTo() ? key(range, range.getTo()) : PhysicalKey.endOfPrefix(prefix);
    NavigableMap<byte[], Item> view = items.subMap(from, true, to, false);
    view = range.getReverse() ? view.descendingMap() : view;
    if (!range.getCursor().isEmpty()) {
      byte[] wire = range.getCursor().toByteArray();
      ScanCursor cursor = ScanCursor.decode(wire, prefix, range.getReverse(), 4096);
      view = view.tailMap(cursor.position(), !range.getReverse());
    }
    int limit = range.getLimit() == 0 ? PAGE : range.getLimit();
    RangeResponse.Builder answer = RangeResponse.newBuilder().setShardVersion(version);
    for (Map.Entry<byte[], Item> entry : view.entrySet()) {
      answer.addItems(entry.getValue());
      if (answer.getItemsCount() == limit) {
        ScanCursor cursor = ScanCursor.after(entry.getKey(), range.getReverse());
        answer.setCursor(ByteString.copyFrom(cursor.encode(prefix)));
        break;
      }
    }
    return Response.newBuilder().setRange(answer).build();
  }

  static Response refused(ErrorCode code, String message, int mutation) {
    return Response.newBuilder()
        .setError(
            Error.newBuilder().setCode(code.number()).setMessage(message).setMutation(mutation))
        .build();
  }

  private static byte[] key(RangeRequest range, io.henge.api.v1.Key sortKey) {
    return key(range.getShardingKey(), range.getCollectionId(), sortKey);
  }

  static byte[] key(io.henge.api.v1.Key shardingKey, int collection, io.henge.api.v1.Key sortKey) {
    return PhysicalKey.of(key(shardingKey), collection, key(sortKey));
  }

  private static Key key(io.henge.api.v1.Key key) {
    return Key.fromEncoded(key.getEncoded().toByteArray());
  }

  /** The first physical key that a request is about. */
  static byte[] firstKey(Request request) {
    return switch (request.getBodyCase()) {
      case WRITE -> {
        Mutation first = request.getWrite().getMutations(0);
        yield key(request.getWrite().getShardingKey(), first.getCollectionId(), first.getSortKey());
      }
      case READ -> {
        ItemKey first = request.getRead().getItems(0);
        yield key(request.getRead().getShardingKey(), first.getCollectionId(), first.getSortKey());
      }
      case RANGE ->
          PhysicalKey.prefix(
              key(request.getRange().getShardingKey()), request.getRange().getCollectionId());
      case FIND, CHANGES, VERIFY, BODY_NOT_SET -> new byte[0];
    };
  }
}
