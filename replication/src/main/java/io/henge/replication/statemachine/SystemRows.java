package io.henge.replication.statemachine;

import io.henge.document.codec.ByteReader;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import io.henge.engine.WriteRows;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The rows of {@link KeySpace#SYSTEM} that belong to a shard, beside the applied position.
 *
 * <pre>
 *   clock                     format (1 byte: 1), shard time (8), last version (8)
 *   shard                     {@link DescriptionCodec} of the shard
 *   collection/ + id (4)      {@link DescriptionCodec} of the collection
 *   expiring/ + id (4)        format (1 byte: 1): items of the collection have had an expiry
 *   derived/ + id (4)         {@link DerivedState}: format (1 byte: 1), kind (1), phase (1),
 *                             collection (varint), position (block)
 *   overdue                   format (1 byte: 1): see {@link ExpiryIndex#isOverdue}
 *   child/ + id (8)           {@link ReshapeCodec} of a child that is not trimmed
 *   frozen, absorbing, operation, untrimmed
 *                             {@link ReshapeCodec} of those parts of {@link Reshaping}
 * </pre>
 */
final class SystemRows {
  private static final byte FORMAT = 1;
  private static final byte[] CLOCK = ascii("clock");
  private static final byte[] SHARD = ascii("shard");
  private static final byte[] COLLECTION = ascii("collection/");
  private static final byte[] COLLECTION_END = ascii("collection0");
  private static final byte[] EXPIRING = ascii("expiring/");
  private static final byte[] EXPIRING_ROW = {FORMAT};
  private static final byte[] DERIVED = ascii("derived/");
  private static final byte[] DERIVED_END = ascii("derived0");
  private static final byte[] OVERDUE = ascii("overdue");
  private static final byte[] CHILD = ascii("child/");
  private static final byte[] CHILD_END = ascii("child0");
  private static final byte[] FROZEN = ascii("frozen");
  private static final byte[] ABSORBING = ascii("absorbing");
  private static final byte[] OPERATION = ascii("operation");
  private static final byte[] UNTRIMMED = ascii("untrimmed");

  /**
   * A shard's clock.
   *
   * @param timeMillis everything that expires up to it is deleted
   * @param version last one given out
   */
  record Clock(long timeMillis, long version) {}

  private SystemRows() {}

  static void put(WriteRows rows, long timeMillis, long version) {
    byte[] row = new byte[1 + 2 * Long.BYTES];
    row[0] = FORMAT;
    BigEndian.LONG.set(row, 1, timeMillis);
    BigEndian.LONG.set(row, 1 + Long.BYTES, version);
    rows.put(KeySpace.SYSTEM, CLOCK, row);
  }

  static void put(WriteRows rows, ShardDescription shard) {
    rows.put(KeySpace.SYSTEM, SHARD, DescriptionCodec.encode(shard));
  }

  static void put(WriteRows rows, CollectionInfo collection) {
    rows.put(
        KeySpace.SYSTEM, key(COLLECTION, collection.id()), DescriptionCodec.encode(collection));
  }

  static void putExpiring(WriteRows rows, int collectionId) {
    rows.put(KeySpace.SYSTEM, key(EXPIRING, collectionId), EXPIRING_ROW);
  }

  /** Writes the states that have changed. */
  static void put(WriteRows rows, DerivedStates before, DerivedStates after) {
    for (DerivedState state : before.all()) {
      if (after.find(state.id()) == null) {
        rows.delete(KeySpace.SYSTEM, key(DERIVED, state.id()));
      }
    }
    for (DerivedState state : after.all()) {
      if (!state.equals(before.find(state.id()))) {
        rows.put(KeySpace.SYSTEM, key(DERIVED, state.id()), encode(state));
      }
    }
  }

  static byte[] encode(DerivedState state) {
    ByteWriter out = new ByteWriter(16 + state.position().length);
    out.u8(FORMAT);
    out.u8(state.kind().code());
    out.u8(state.phase().code());
    out.varint(Integer.toUnsignedLong(state.collectionId()));
    out.block(state.position());
    return out.toBytes();
  }

  static DerivedState decodeDerived(int id, byte[] row) {
    ByteReader in = new ByteReader("state of an index or rule", row);
    requireFormat(in);
    int kindCode = in.u8();
    int phaseCode = in.u8();
    DerivedState.Kind kind = DerivedState.Kind.of(kindCode);
    DerivedState.Phase phase = DerivedState.Phase.of(phaseCode);
    if (kind == null || phase == null) {
      throw in.damaged("kind " + kindCode + ", phase " + phaseCode);
    }
    long collectionId = in.varint();
    if (collectionId >>> Integer.SIZE != 0) {
      throw in.damaged("collection " + collectionId);
    }
    DerivedState state = new DerivedState(id, kind, (int) collectionId, phase, in.block());
    in.end();
    return state;
  }

  static DerivedStates derived(ReadView view) {
    List<DerivedState> states = new ArrayList<>();
    try (RowCursor cursor = view.scan(KeySpace.SYSTEM, DERIVED, DERIVED_END, false)) {
      while (cursor.next()) {
        int id = ByteBuffer.wrap(cursor.key()).getInt(DERIVED.length);
        states.add(decodeDerived(id, cursor.value()));
      }
    }
    return states.isEmpty() ? DerivedStates.NONE : DerivedStates.of(states);
  }

  /**
   * Makes collections known, and begins to build or drop what follows from that. Of each collection
   * the newest description stays: entries may arrive out of order.
   */
  static ShardState install(
      WriteRows rows, EntryReads reads, ShardState before, List<CollectionInfo> collections) {
    Catalogue catalogue = install(rows, reads, before.catalogue(), collections);
    return follow(before, before.with(catalogue));
  }

  /** The catalogue after an {@link #install}. */
  static Catalogue installed(Catalogue before, List<CollectionInfo> collections) {
    Catalogue catalogue = before;
    for (CollectionInfo info : collections) {
      if (isNewer(before, info)) {
        catalogue = catalogue.with(new Catalogue.Collection(info, false));
      }
    }
    return catalogue;
  }

  private static boolean isNewer(Catalogue before, CollectionInfo info) {
    Catalogue.Collection known = before.find(info.id());
    return known == null || info.changedIn() > known.info().changedIn();
  }

  static void putOverdue(WriteRows rows, boolean overdue) {
    if (overdue) {
      rows.put(KeySpace.SYSTEM, OVERDUE, EXPIRING_ROW);
    } else {
      rows.delete(KeySpace.SYSTEM, OVERDUE);
    }
  }

  static boolean isOverdue(ReadView view) {
    byte[] row = view.get(KeySpace.SYSTEM, OVERDUE);
    if (row != null) {
      requireFormat(new ByteReader("mark of overdue documents", row));
    }
    return row != null;
  }

  /**
   * Lets the states of indexes and rules follow the catalogue. In a frozen shard they stay: what is
   * copied of it must not change, and the shard that it becomes part of, or it itself once it is
   * thawed, catches up.
   */
  static ShardState follow(ShardState before, ShardState after) {
    if (after.reshaping().isFrozen()) {
      return after;
    }
    boolean whole = after.reshaping().absorbing() == null;
    DerivedStates states = before.derived().follow(before.catalogue(), after.catalogue(), whole);
    return after.with(states);
  }

  private static Catalogue install(
      WriteRows rows, EntryReads reads, Catalogue before, List<CollectionInfo> collections) {
    Catalogue catalogue = before;
    for (CollectionInfo info : collections) {
      Catalogue.Collection known = catalogue.find(info.id());
      if (isNewer(catalogue, info)) {
        // Items may have come before their collection, from a neighbour that knew it.
        boolean expiring = known != null ? known.expiring() : isExpiring(reads, info.id());
        catalogue = catalogue.with(new Catalogue.Collection(info, expiring));
        put(rows, info);
      }
    }
    return catalogue;
  }

  /** Writes what has changed. */
  static void put(WriteRows rows, Reshaping before, Reshaping after) {
    for (Child child : before.children()) {
      if (after.child(child.childId()) == null) {
        rows.delete(KeySpace.SYSTEM, childKey(child.childId()));
      }
    }
    for (Child child : after.children()) {
      if (before.child(child.childId()) == null) {
        rows.put(KeySpace.SYSTEM, childKey(child.childId()), ReshapeCodec.encode(child));
      }
    }
    put(rows, FROZEN, before.frozen(), after.frozen(), ReshapeCodec::encode);
    put(rows, ABSORBING, before.absorbing(), after.absorbing(), ReshapeCodec::encode);
    put(rows, OPERATION, before.lastOperation(), after.lastOperation(), ReshapeCodec::encode);
    put(rows, UNTRIMMED, before.untrimmed(), after.untrimmed(), ReshapeCodec::encodeUntrimmed);
  }

  private static <T> void put(
      WriteRows rows,
      byte[] key,
      @Nullable T before,
      @Nullable T after,
      Function<T, byte[]> encoding) {
    if (after == null) {
      if (before != null) {
        rows.delete(KeySpace.SYSTEM, key);
      }
    } else if (after != before) {
      rows.put(KeySpace.SYSTEM, key, encoding.apply(after));
    }
  }

  static Reshaping reshaping(ReadView view) {
    List<Child> children = new ArrayList<>();
    try (RowCursor cursor = view.scan(KeySpace.SYSTEM, CHILD, CHILD_END, false)) {
      while (cursor.next()) {
        children.add(ReshapeCodec.decodeChild(cursor.value()));
      }
    }
    return new Reshaping(
        children,
        get(view, FROZEN, ReshapeCodec::decodeFrozen),
        get(view, ABSORBING, ReshapeCodec::decodeAbsorbing),
        get(view, OPERATION, ReshapeCodec::decodeOperation),
        get(view, UNTRIMMED, ReshapeCodec::decodeUntrimmed));
  }

  private static <T> @Nullable T get(ReadView view, byte[] key, Function<byte[], T> decoding) {
    byte[] row = view.get(KeySpace.SYSTEM, key);
    return row == null ? null : decoding.apply(row);
  }

  private static byte[] childKey(long childId) {
    byte[] key = Arrays.copyOf(CHILD, CHILD.length + Long.BYTES);
    BigEndian.LONG.set(key, CHILD.length, childId);
    return key;
  }

  /** Whether items of a collection have had an expiry, also if it is not known here yet. */
  static boolean isExpiring(EntryReads reads, int collectionId) {
    byte[] row = reads.get(KeySpace.SYSTEM, key(EXPIRING, collectionId));
    if (row != null) {
      requireFormat(new ByteReader("mark of an expiring collection", row));
    }
    return row != null;
  }

  static Clock clock(ReadView view) {
    byte[] row = view.get(KeySpace.SYSTEM, CLOCK);
    if (row == null) {
      return new Clock(0, 0);
    }
    ByteReader in = new ByteReader("shard clock", row);
    requireFormat(in);
    Clock clock = new Clock(in.fixed64(), in.fixed64());
    in.end();
    return clock;
  }

  static @Nullable ShardDescription shard(ReadView view) {
    byte[] row = view.get(KeySpace.SYSTEM, SHARD);
    return row == null ? null : DescriptionCodec.decodeShard(row);
  }

  static Catalogue catalogue(ReadView view) {
    Catalogue catalogue = Catalogue.EMPTY;
    try (RowCursor cursor = view.scan(KeySpace.SYSTEM, COLLECTION, COLLECTION_END, false)) {
      while (cursor.next()) {
        CollectionInfo info = DescriptionCodec.decodeCollection(cursor.value());
        byte[] expiring = view.get(KeySpace.SYSTEM, key(EXPIRING, info.id()));
        if (expiring != null) {
          requireFormat(new ByteReader("mark of an expiring collection", expiring));
        }
        catalogue = catalogue.with(new Catalogue.Collection(info, expiring != null));
      }
    }
    return catalogue;
  }

  private static void requireFormat(ByteReader in) {
    int format = in.u8();
    if (format != FORMAT) {
      throw in.damaged("format " + format + ", known is " + FORMAT);
    }
  }

  private static byte[] key(byte[] prefix, int id) {
    byte[] key = Arrays.copyOf(prefix, prefix.length + Integer.BYTES);
    ByteBuffer.wrap(key).putInt(prefix.length, id);
    return key;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
