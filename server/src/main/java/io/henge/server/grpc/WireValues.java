package io.henge.server.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.henge.api.Limits;
import io.henge.api.error.HengeException;
import io.henge.api.item.Condition;
import io.henge.api.item.ReadLevel;
import io.henge.api.item.SessionToken;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.api.v1.DocumentForm;
import io.henge.api.v1.Item;
import io.henge.api.v1.KeyPart;
import io.henge.api.v1.SessionPart;
import io.henge.replication.statemachine.StoredItem;
import java.util.Arrays;
import java.util.List;

/** Keys, values, conditions and levels, to and from the wire. */
final class WireValues {
  /** A hundred years: beyond it is a mistake, and far from where milliseconds overflow. */
  static final long TTL_MILLIS_MAX = 36_525L * 24 * 3_600_000;

  private static final int SESSION_PARTS_MAX = 1_024;

  private WireValues() {}

  /** A sharding key, which has at least one part. */
  static Key shardingKey(boolean present, io.henge.api.v1.Key wire, Limits limits) {
    Key key = present ? key(wire, "sharding_key", limits) : Key.EMPTY;
    if (key.isEmpty()) {
      throw HengeException.invalid("sharding_key: at least one part expected, found none");
    }
    return key;
  }

  static Key key(io.henge.api.v1.Key wire, String field, Limits limits) {
    ByteString encoded = wire.getEncoded();
    if (encoded.isEmpty() && wire.getPartsCount() == 0) {
      return Key.EMPTY;
    }
    if (!encoded.isEmpty() && wire.getPartsCount() > 0) {
      throw HengeException.invalid(field + ": `parts` or `encoded` expected, found both");
    }
    if (wire.getSerializedSize() > 4 * limits.keyBytesMax()) {
      // Checked again, exactly, once it is encoded: this keeps us from encoding a huge one.
      throw tooLong(field, wire.getSerializedSize(), limits);
    }
    try {
      return encoded.isEmpty() ? Key.of(parts(wire)) : Key.fromEncoded(encoded.toByteArray());
    } catch (HengeException e) {
      throw HengeException.invalid(field + ": " + e.getMessage());
    }
  }

  private static Object[] parts(io.henge.api.v1.Key wire) {
    Object[] parts = new Object[wire.getPartsCount()];
    for (int i = 0; i < parts.length; i++) {
      KeyPart part = wire.getParts(i);
      parts[i] =
          switch (part.getPartCase()) {
            case TEXT -> part.getText();
            case INTEGER -> (Object) part.getInteger();
            case REAL -> (Object) part.getReal();
            case BOOLEAN -> (Object) part.getBoolean();
            case BLOB -> part.getBlob().toByteArray();
            case PART_NOT_SET ->
                throw HengeException.invalid(
                    "part " + i + ": text, integer, real, boolean or blob expected, found none");
          };
    }
    return parts;
  }

  /** The key of an item, within the limit. */
  static byte[] physicalKey(Key shardingKey, int collectionId, Key sortKey, Limits limits) {
    int length =
        PhysicalKey.TOKEN_BYTES
            + shardingKey.encodedLength()
            + 1
            + Integer.BYTES
            + sortKey.encodedLength();
    if (length > limits.keyBytesMax()) {
      throw tooLong("sharding_key with sort_key", length, limits);
    }
    return PhysicalKey.of(shardingKey, collectionId, sortKey);
  }

  private static HengeException tooLong(String field, int found, Limits limits) {
    return HengeException.invalid(
        field
            + ": at most "
            + limits.keyBytesMax()
            + " bytes allowed, found "
            + found
            + "; use a shorter key");
  }

  static Value value(String field, boolean present, io.henge.api.v1.Value wire, Limits limits) {
    io.henge.api.v1.Value.KindCase kind =
        present ? wire.getKindCase() : io.henge.api.v1.Value.KindCase.KIND_NOT_SET;
    return switch (kind) {
      case DATA -> Value.of(bytes(field, wire.getData(), limits));
      case COUNTER -> Value.of(wire.getCounter());
      case DOCUMENT -> WireDocuments.value(field, wire.getDocument(), limits);
      case KIND_NOT_SET ->
          throw HengeException.invalid(field + ": data, counter or document expected, found none");
    };
  }

  static byte[] bytes(String field, ByteString data, Limits limits) {
    if (data.size() > limits.valueBytesMax()) {
      throw HengeException.invalid(
          field
              + ": at most "
              + limits.valueBytesMax()
              + " bytes allowed, found "
              + data.size()
              + "; divide it over several items");
    }
    return data.toByteArray();
  }

  static long ttl(long millis) {
    if (millis < -1 || millis > TTL_MILLIS_MAX) {
      throw HengeException.invalid(
          "ttl_millis: -1 (never), 0 (the collection's) or up to "
              + TTL_MILLIS_MAX
              + " expected, found "
              + millis);
    }
    return millis;
  }

  static Condition condition(boolean present, io.henge.api.v1.Condition wire, Limits limits) {
    if (!present) {
      return Condition.none();
    }
    return switch (wire.getConditionCase()) {
      case ABSENT -> requireTrue("absent", wire.getAbsent(), Condition.absent());
      case PRESENT -> requireTrue("present", wire.getPresent(), Condition.present());
      case VERSION -> new Condition.VersionIs(wire.getVersion());
      case VALUE -> new Condition.ValueIs(value("condition.value", true, wire.getValue(), limits));
      case FILTER -> new Condition.Matches(WireDocuments.filter(wire.getFilter()));
      case FILTER_BINARY -> new Condition.Matches(WireDocuments.filter(wire.getFilterBinary()));
      case CONDITION_NOT_SET ->
          throw HengeException.invalid(
              "condition: absent, present, version, value or filter expected, found none or one"
                  + " that this version does not know; leave it out instead");
    };
  }

  private static Condition requireTrue(String field, boolean found, Condition condition) {
    if (!found) {
      throw HengeException.invalid(
          "condition." + field + ": true expected, found false; leave the condition out instead");
    }
    return condition;
  }

  static ReadLevel level(io.henge.api.v1.ReadLevel wire) {
    return switch (wire.getConsistency()) {
      case CONSISTENCY_LINEARIZABLE -> ReadLevel.linearizable();
      case CONSISTENCY_SESSION -> new ReadLevel.Session(session(wire.getSessionList()));
      case CONSISTENCY_BOUNDED -> bounded(Integer.toUnsignedLong(wire.getMaxStalenessMillis()));
      case CONSISTENCY_EVENTUAL -> ReadLevel.eventual();
      case UNRECOGNIZED ->
          throw HengeException.invalid(
              "level.consistency: this version does not know number " + wire.getConsistencyValue());
    };
  }

  private static SessionToken session(List<SessionPart> wire) {
    if (wire.size() > SESSION_PARTS_MAX) {
      throw HengeException.invalid(
          "level.session: at most "
              + SESSION_PARTS_MAX
              + " parts allowed, found "
              + wire.size()
              + "; leave out those far from the sharding key, or put neighbours together under the"
              + " larger version");
    }
    SessionToken token = SessionToken.EMPTY;
    for (SessionPart part : wire) {
      if (Long.compareUnsigned(part.getFirstToken(), part.getLastToken()) > 0) {
        throw HengeException.invalid(
            "level.session: first_token expected to be at most last_token, found "
                + Long.toUnsignedString(part.getFirstToken())
                + " and "
                + Long.toUnsignedString(part.getLastToken()));
      }
      token = token.with(part.getFirstToken(), part.getLastToken(), part.getVersion());
    }
    return token;
  }

  private static ReadLevel bounded(long stalenessMillis) {
    if (stalenessMillis == 0) {
      throw HengeException.invalid(
          "level.max_staleness_millis: at least 1 expected for a bounded read, found 0");
    }
    return new ReadLevel.Bounded(stalenessMillis);
  }

  /**
   * An item for an answer.
   *
   * @param form of documents
   */
  static Item item(StoredItem stored, DocumentForm form) {
    byte[] key = stored.key();
    int sortKey = PhysicalKey.endOfShardingKey(key) + 1 + Integer.BYTES;
    Item.Builder item =
        Item.newBuilder()
            .setValue(value(stored.value(), form))
            .setVersion(stored.version())
            .setExpiresAtMillis(stored.expiresAtMillis());
    // Parts, not the encoding: what any language can read.
    if (sortKey < key.length) {
      item.setSortKey(key(Key.fromEncoded(Arrays.copyOfRange(key, sortKey, key.length))));
    }
    return item.build();
  }

  static io.henge.api.v1.Key key(Key key) {
    io.henge.api.v1.Key.Builder wire = io.henge.api.v1.Key.newBuilder();
    for (Object part : key.parts()) {
      KeyPart.Builder out = wire.addPartsBuilder();
      if (part instanceof String text) {
        out.setText(text);
      } else if (part instanceof Long whole) {
        out.setInteger(whole);
      } else if (part instanceof Double real) {
        out.setReal(real);
      } else if (part instanceof Boolean flag) {
        out.setBoolean(flag);
      } else if (part instanceof byte[] bytes) {
        out.setBlob(UnsafeByteOperations.unsafeWrap(bytes));
      }
    }
    return wire.build();
  }

  private static io.henge.api.v1.Value value(Value value, DocumentForm form) {
    io.henge.api.v1.Value.Builder wire = io.henge.api.v1.Value.newBuilder();
    if (value instanceof Value.Data data) {
      wire.setData(UnsafeByteOperations.unsafeWrap(data.bytes()));
    } else if (value instanceof Value.Counter counter) {
      wire.setCounter(counter.value());
    } else if (value instanceof Value.Document document) {
      wire.setDocument(WireDocuments.document(document, form));
    }
    return wire.build();
  }
}
