package io.henge.replication.statemachine;

import io.henge.api.error.HengeException;
import io.henge.api.key.PhysicalKey;
import io.henge.document.codec.DocumentReader;
import io.henge.document.path.PathReader;
import io.henge.engine.KeySpace;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Which rows of {@link KeySpace#INDEX} a document gives, and which document a row is of: rows of
 * indexes and lists, whose keys say everything. Only of those that are READY. Pure.
 */
final class DocumentRows {
  private final Catalogue catalogue;
  private final DerivedStates states;
  private final IntPredicate wanted;

  /**
   * @param wanted which indexes and rules it is to speak of, by id
   */
  DocumentRows(Catalogue catalogue, DerivedStates states, IntPredicate wanted) {
    this.catalogue = catalogue;
    this.states = states;
    this.wanted = wanted;
  }

  /** The rows that a document gives. */
  List<byte[]> of(byte[] key, byte[] document) {
    int collectionId = PhysicalKey.collectionId(key);
    PathReader reader = new DocumentReader(document);
    List<byte[]> rows = new ArrayList<>();
    for (Indexed index : indexes(collectionId)) {
      List<byte[]> given = isMeant(index.id()) ? index.rows(key, reader) : null;
      if (given != null) {
        rows.addAll(given);
      }
    }
    for (FamilyRule rule : catalogue.families().ofSource(collectionId)) {
      byte[] holder = rule.isList() && isMeant(rule.id()) ? rule.holderOf(key, reader) : null;
      if (holder != null) {
        rows.add(FamilyRows.member(rule, holder, key, reader));
      }
    }
    return rows;
  }

  private List<Indexed> indexes(int collectionId) {
    Catalogue.Collection collection = catalogue.find(collectionId);
    Derived derived = collection == null ? null : collection.derived();
    return derived == null ? List.of() : derived.indexes();
  }

  /** Whether rows of this id are those of an index or a list that it speaks of. */
  boolean speaksOf(int id) {
    if (!isMeant(id)) {
      return false;
    }
    FamilyRule rule = catalogue.families().rule(id);
    return rule == null ? index(id) != null : rule.isList();
  }

  private boolean isMeant(int id) {
    return states.isReady(id) && wanted.test(id);
  }

  private @Nullable Indexed index(int id) {
    DerivedState state = states.find(id);
    return state == null || state.kind() != DerivedState.Kind.INDEX
        ? null
        : catalogue.index(state.collectionId(), id);
  }

  /** The document that a row is of; null if its key is no such row's. */
  byte @Nullable [] owner(byte[] row) {
    int sortAt = PhysicalKey.endOfShardingKey(row) + 1 + Integer.BYTES;
    int id = FamilyExpectation.idOf(row);
    FamilyRule rule = catalogue.families().rule(id);
    if (rule != null) {
      byte[] holder = rule.holderOf(row);
      return holder == null ? null : FamilyRows.source(rule, rule.row(holder), row);
    }
    DerivedState state = states.find(id);
    Indexed index = index(id);
    if (state == null || index == null) {
      return null;
    }
    try {
      return index.documentKey(row, sortAt, state.collectionId());
    } catch (HengeException e) {
      return null;
    }
  }

  /**
   * Whether a document gives a row.
   *
   * @param owner see {@link #owner}
   * @param document its binary form; null if there is none
   */
  boolean gives(byte[] owner, byte @Nullable [] document, byte[] row) {
    if (document == null) {
      return false;
    }
    for (byte[] given : of(owner, document)) {
      if (Arrays.equals(given, row)) {
        return true;
      }
    }
    return false;
  }

  /** Whether bytes can be the key of an item, or of a row of INDEX. */
  static boolean isKey(byte[] key) {
    int end = key.length > PhysicalKey.TOKEN_BYTES ? PhysicalKey.endOfShardingKey(key) : -1;
    return end >= 0 && end + 1 + Integer.BYTES <= key.length;
  }

  /** What all keys of a family's collection, or rows of an index or rule, begin with. */
  static byte[] prefix(byte[] family, int id) {
    return ByteBuffer.allocate(family.length + Integer.BYTES).put(family).putInt(id).array();
  }
}
