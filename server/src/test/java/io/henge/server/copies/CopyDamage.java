package io.henge.server.copies;

import io.henge.api.key.PhysicalKey;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import io.henge.replication.statemachine.CopyAudit;
import io.henge.replication.statemachine.ItemReader;
import io.henge.replication.statemachine.SourceKey;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Does to the rows of a world's shards what nobody may, so that a copy is wrong. */
final class CopyDamage {
  private static final byte[] NONE = {};

  /** In the order in which {@link #plant} tries them. */
  enum Kind {
    HOLDER_LOST,
    HOLDER_STRAY,
    KNOWN_LOST,
    KNOWN_CONFUSED,
    WATCHES_LOST,
    FIELD_CHANGED
  }

  private final CopyWorld world;
  private final Random random;

  CopyDamage(CopyWorld world, Random random) {
    this.world = world;
    this.random = random;
  }

  /** A copy that the world shows, and the shard that has it. */
  private record Copy(SimulatedShard shard, CopyAudit.Held held) {}

  /** Plants one difference; false if there is nothing to be damaged in this way. */
  boolean plant(Kind kind) {
    List<Copy> copies = new ArrayList<>();
    for (SimulatedShard shard : world.shards()) {
      shard
          .read(view -> CopyAudit.held(view, shard.state(), NONE, 1_000))
          .forEach(held -> copies.add(new Copy(shard, held)));
    }
    if (copies.isEmpty()) {
      return false;
    }
    Copy copy = copies.get(random.nextInt(copies.size()));
    byte[] row = copy.held().row();
    SourceKey source = copy.held().source();
    switch (kind) {
      case HOLDER_LOST -> world.damage(copy.shard(), rows -> rows.delete(KeySpace.HOLDERS, row));
      case HOLDER_STRAY -> {
        byte[] value = value(copy.shard(), KeySpace.HOLDERS, row);
        byte[] stray = Arrays.copyOf(row, row.length + 1);
        stray[row.length] = 1;
        world.damage(copy.shard(), rows -> rows.put(KeySpace.HOLDERS, stray, value));
      }
      case KNOWN_LOST -> {
        byte[] known = known(source);
        world.damage(copy.shard(), rows -> rows.delete(KeySpace.KNOWN, known));
      }
      case KNOWN_CONFUSED -> {
        return confuse(copy);
      }
      case WATCHES_LOST -> {
        SimulatedShard shard = world.shardOf(source.key());
        byte[] watch = watch(source);
        world.damage(shard, rows -> rows.delete(KeySpace.WATCHES, watch));
      }
      case FIELD_CHANGED -> {
        return change(copy);
      }
    }
    return true;
  }

  /** What is known of another source is taken for this one's. */
  private boolean confuse(Copy copy) {
    SourceKey source = copy.held().source();
    for (CopyAudit.Held other :
        copy.shard().read(view -> CopyAudit.held(view, copy.shard().state(), NONE, 1_000))) {
      CopyAudit.Known here = copy.shard().read(view -> CopyAudit.known(view, source));
      CopyAudit.Known there = copy.shard().read(view -> CopyAudit.known(view, other.source()));
      if (here != null && there != null && !Arrays.equals(here.fields(), there.fields())) {
        byte[] value = value(copy.shard(), KeySpace.KNOWN, known(other.source()));
        world.damage(copy.shard(), rows -> rows.put(KeySpace.KNOWN, known(source), value));
        return true;
      }
    }
    return false;
  }

  /** One letter of a copied name, in the stored document. */
  private boolean change(Copy copy) {
    SourceKey source = copy.held().source();
    SimulatedShard of = world.shardOf(source.key());
    if (of.read(view -> ItemReader.get(view, source.key())) == null) {
      // What is kept of a source that is gone nobody can check.
      return false;
    }
    String name = world.nameOf(source.key());
    byte[] row = value(copy.shard(), KeySpace.DATA, copy.held().holder());
    int at = find(row, name.getBytes(StandardCharsets.UTF_8));
    if (name.isEmpty() || at < 0) {
      return false;
    }
    row[at]++;
    world.damage(copy.shard(), rows -> rows.put(KeySpace.DATA, copy.held().holder(), row));
    return true;
  }

  private static int find(byte[] row, byte[] text) {
    for (int i = 0; i + text.length <= row.length; i++) {
      if (Arrays.equals(row, i, i + text.length, text, 0, text.length)) {
        return i;
      }
    }
    return -1;
  }

  private static byte[] value(SimulatedShard shard, KeySpace space, byte[] key) {
    byte[] value = shard.read(view -> get(view, space, key));
    if (value == null) {
      throw new IllegalStateException("no row to damage");
    }
    return value.clone();
  }

  private static byte @Nullable [] get(ReadView view, KeySpace space, byte[] key) {
    byte[] end = Arrays.copyOf(key, key.length + 1);
    try (RowCursor cursor = view.scan(space, key, end, false)) {
      return cursor.next() ? cursor.value() : null;
    }
  }

  /** Its row of KNOWN. */
  private static byte[] known(SourceKey source) {
    byte[] row = new byte[Integer.BYTES + source.key().length];
    java.nio.ByteBuffer.wrap(row).putInt(source.ruleId()).put(source.key());
    return row;
  }

  /** Its row of WATCHES: the rule is in the place of the collection. */
  private static byte[] watch(SourceKey source) {
    byte[] row = source.key().clone();
    int at = PhysicalKey.endOfShardingKey(row) + 1;
    java.nio.ByteBuffer.wrap(row).putInt(at, source.ruleId());
    return row;
  }
}
