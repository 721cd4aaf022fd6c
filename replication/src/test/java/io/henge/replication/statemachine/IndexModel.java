package io.henge.replication.statemachine;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.item.Value;
import io.henge.api.key.PhysicalKey;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.index.IndexKeys;
import io.henge.document.path.PathReader;
import io.henge.engine.KeySpace;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What the index rows of a shard must be, computed from its documents. */
final class IndexModel {
  private IndexModel() {}

  /** Checks all rows in the shard's range. */
  static void check(TestShard shard) {
    ShardState state = shard.machine().state();
    TreeSet<String> all = new TreeSet<>();
    TreeSet<String> must = new TreeSet<>();
    TreeSet<Integer> dropping = new TreeSet<>();
    for (DerivedState one : state.derived().all()) {
      if (one.phase() == DerivedState.Phase.DROPPING || one.phase() == DerivedState.Phase.FAILED) {
        dropping.add(one.id());
      }
    }
    for (RawRow row : shard.copied()) {
      if (row.space() == KeySpace.DATA
          && ItemCodec.value(row.value()) instanceof Value.Document document) {
        add(state, row.key(), document.bytes(), all, must);
      }
    }
    TreeSet<String> found = new TreeSet<>();
    for (RawRow row : shard.copied()) {
      if (row.space() == KeySpace.INDEX) {
        int id = ByteBuffer.wrap(row.key()).getInt(PhysicalKey.endOfShardingKey(row.key()) + 1);
        if (!dropping.contains(id)) {
          found.add(TestShard.hex(row.key()));
        }
      }
    }
    assertThat(found).as("rows that must be there").containsAll(must);
    assertThat(all).as("rows that some document gives").containsAll(found);
  }

  private static void add(
      ShardState state, byte[] key, byte[] bytes, Set<String> all, Set<String> must) {
    int collectionId = PhysicalKey.collectionId(key);
    Catalogue.Collection collection = state.catalogue().find(collectionId);
    Derived derived = collection == null ? null : collection.derived();
    if (derived == null) {
      return;
    }
    for (Indexed index : derived.indexes()) {
      DerivedState its = state.derived().find(index.id());
      if (its == null || !its.isKept()) {
        continue;
      }
      boolean reached =
          its.phase() == DerivedState.Phase.READY
              || Arrays.compareUnsigned(key, its.position()) <= 0;
      List<byte[]> values =
          index
              .keys()
              .rows(
                  PathReader.of(DocumentCodec.decode(bytes)),
                  new io.henge.document.Steps(Long.MAX_VALUE));
      assertThat(values != null || !reached).as("%s rows at most", IndexKeys.ROWS_MAX).isTrue();
      if (values != null) {
        for (byte[] value : values) {
          // Put together here, not by what is tested.
          int end = PhysicalKey.endOfShardingKey(key) + 1;
          String row =
              TestShard.hex(Arrays.copyOf(key, end))
                  + String.format("%08x", index.id())
                  + TestShard.hex(value)
                  + TestShard.hex(Arrays.copyOfRange(key, end + Integer.BYTES, key.length));
          all.add(row);
          if (reached) {
            must.add(row);
          }
        }
      }
    }
  }
}
