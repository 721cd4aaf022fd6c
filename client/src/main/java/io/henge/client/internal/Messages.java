package io.henge.client.internal;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.v1.Add;
import io.henge.api.v1.Append;
import io.henge.api.v1.Check;
import io.henge.api.v1.Document;
import io.henge.api.v1.Found;
import io.henge.api.v1.ItemKey;
import io.henge.api.v1.KeyPart;
import io.henge.api.v1.Mutation;
import io.henge.api.v1.MutationResult;
import io.henge.api.v1.Patch;
import io.henge.api.v1.Put;
import io.henge.api.v1.Remove;
import io.henge.api.v1.Touch;
import io.henge.client.Item;
import io.henge.client.WriteResult;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.value.Json;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Between the client's types and the wire's. Bytes are wrapped, not copied, on the way out: values
 * are not to be changed once they were given, and encoded keys are copies already.
 */
final class Messages {
  private Messages() {}

  static io.henge.api.v1.Key key(Key key) {
    return io.henge.api.v1.Key.newBuilder().setEncoded(wrap(key.encoded())).build();
  }

  static Key key(io.henge.api.v1.Key key) {
    if (key.getPartsCount() == 0) {
      return Key.fromEncoded(key.getEncoded().toByteArray());
    }
    return Key.of(key.getPartsList().stream().map(Messages::part).toArray());
  }

  private static Object part(KeyPart part) {
    return switch (part.getPartCase()) {
      case INTEGER -> part.getInteger();
      case REAL -> part.getReal();
      case BOOLEAN -> part.getBoolean();
      case BLOB -> part.getBlob().toByteArray();
      case TEXT, PART_NOT_SET -> part.getText();
    };
  }

  static io.henge.api.v1.Value value(Value value) {
    io.henge.api.v1.Value.Builder message = io.henge.api.v1.Value.newBuilder();
    if (value instanceof Value.Data data) {
      message.setData(wrap(data.bytes()));
    } else if (value instanceof Value.Counter counter) {
      message.setCounter(counter.value());
    } else if (value instanceof Value.Document document) {
      message.setDocument(document(document.bytes()));
    }
    return message.build();
  }

  private static Document document(byte[] binary) {
    return Document.newBuilder().setBinary(wrap(binary)).build();
  }

  private static Value value(io.henge.api.v1.Value value) {
    return switch (value.getKindCase()) {
      case COUNTER -> Value.of(value.getCounter());
      case DOCUMENT ->
          new Value.Document(
              value.getDocument().hasJson()
                  ? DocumentCodec.encode(Json.parseObject(value.getDocument().getJson()))
                  : value.getDocument().getBinary().toByteArray());
      case DATA, KIND_NOT_SET -> Value.of(value.getData().toByteArray());
    };
  }

  static ItemKey itemKey(int collectionId, Key sortKey) {
    return ItemKey.newBuilder().setCollectionId(collectionId).setSortKey(key(sortKey)).build();
  }

  static Mutation mutation(
      int collectionId,
      Key sortKey,
      Condition condition,
      Action action,
      boolean returnPrevious,
      boolean returnCurrent) {
    Mutation.Builder mutation =
        Mutation.newBuilder()
            .setCollectionId(collectionId)
            .setSortKey(key(sortKey))
            .setReturnPrevious(returnPrevious)
            .setReturnCurrent(returnCurrent);
    if (condition != Condition.none()) {
      mutation.setCondition(condition(condition));
    }
    if (action instanceof Action.Put put) {
      mutation.setPut(Put.newBuilder().setValue(value(put.value())).setTtlMillis(put.ttlMillis()));
    } else if (action instanceof Action.Add add) {
      mutation.setAdd(Add.newBuilder().setDelta(add.delta()));
    } else if (action instanceof Action.Append append) {
      mutation.setAppend(Append.newBuilder().setData(wrap(append.bytes())));
    } else if (action instanceof Action.Touch touch) {
      mutation.setTouch(Touch.newBuilder().setTtlMillis(touch.ttlMillis()));
    } else if (action instanceof Action.Patch patch) {
      Patch.Builder message = Patch.newBuilder().setBinary(wrap(patch.patch()));
      if (patch.initial().length > 0) {
        message.setInitial(document(patch.initial()));
      }
      mutation.setPatch(message);
    } else if (action instanceof Action.Remove) {
      mutation.setRemove(Remove.getDefaultInstance());
    } else {
      mutation.setCheck(Check.getDefaultInstance());
    }
    return mutation.build();
  }

  private static io.henge.api.v1.Condition condition(Condition condition) {
    io.henge.api.v1.Condition.Builder message = io.henge.api.v1.Condition.newBuilder();
    if (condition instanceof Condition.Absent) {
      message.setAbsent(true);
    } else if (condition instanceof Condition.Present) {
      message.setPresent(true);
    } else if (condition instanceof Condition.VersionIs versionIs) {
      message.setVersion(versionIs.version());
    } else if (condition instanceof Condition.ValueIs valueIs) {
      message.setValue(value(valueIs.value()));
    } else if (condition instanceof Condition.Matches matches) {
      message.setFilterBinary(wrap(matches.filter()));
    }
    return message.build();
  }

  static Item item(Key shardingKey, Key sortKey, io.henge.api.v1.Item item) {
    return new Item(
        shardingKey,
        sortKey,
        value(item.getValue()),
        item.getVersion(),
        item.getExpiresAtMillis() == 0
            ? Optional.empty()
            : Optional.of(Instant.ofEpochMilli(item.getExpiresAtMillis())),
        item.getCopiesCount() == 0
            ? List.of()
            : item.getCopiesList().stream().map(DerivedRecords::copyInfo).toList());
  }

  static Optional<Item> found(Key shardingKey, Key sortKey, Found found) {
    return found.hasItem()
        ? Optional.of(item(shardingKey, sortKey, found.getItem()))
        : Optional.empty();
  }

  static WriteResult result(Key shardingKey, Key sortKey, MutationResult result) {
    return new WriteResult(
        result.getVersion(),
        result.getCounter(),
        result.getExisted(),
        result.hasPrevious()
            ? Optional.of(item(shardingKey, sortKey, result.getPrevious()))
            : Optional.empty(),
        result.hasCurrent()
            ? Optional.of(item(shardingKey, sortKey, result.getCurrent()))
            : Optional.empty());
  }

  static ByteString wrap(byte[] bytes) {
    return UnsafeByteOperations.unsafeWrap(bytes);
  }
}
