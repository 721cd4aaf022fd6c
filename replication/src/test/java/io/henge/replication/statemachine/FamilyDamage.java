package io.henge.replication.statemachine;

import io.henge.api.item.Value;
import io.henge.api.key.PhysicalKey;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.engine.KeySpace;
import io.henge.engine.WriteRows;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Changes what is in a replica's store as nobody may, below everything that would keep it away. */
final class FamilyDamage {
  private final TestShard shard;
  private final Random random;

  FamilyDamage(TestShard shard, Random random) {
    this.shard = shard;
    this.random = random;
  }

  /** Something, somewhere; false if there is nothing to change. */
  boolean plant() {
    List<byte[]> rows = shard.keys(KeySpace.INDEX);
    if (rows.isEmpty()) {
      return false;
    }
    byte[] row = pick(rows);
    return switch (random.nextInt(5)) {
      case 0 -> change(KeySpace.INDEX, row, null);
      case 1 -> stray(row);
      case 2 -> wrong(rows);
      default -> field();
    };
  }

  /** A row like another one, of a sort key that nobody has. */
  private boolean stray(byte[] row) {
    byte[] more = Arrays.copyOf(row, row.length + 1);
    more[row.length] = 24;
    return change(KeySpace.INDEX, more, value(row));
  }

  private boolean wrong(List<byte[]> rows) {
    List<byte[]> totals = rows.stream().filter(row -> value(row).length > 0).toList();
    if (totals.isEmpty()) {
      return false;
    }
    byte[] row = pick(totals);
    FamilyTotal total = FamilyTotal.decode(value(row));
    return change(KeySpace.INDEX, row, total.plus(random.nextInt(3) - 1, BigDecimal.TEN).encode());
  }

  private boolean field() {
    List<byte[]> holders =
        shard.keys(KeySpace.DATA).stream()
            .filter(key -> PhysicalKey.collectionId(key) != FamilyFixture.LINES)
            .toList();
    if (holders.isEmpty()) {
      return false;
    }
    byte[] key = pick(holders);
    boolean user = PhysicalKey.collectionId(key) == FamilyFixture.USERS;
    return field(
        key,
        user
            ? random.nextBoolean() ? "order_count" : "recent"
            : random.nextBoolean() ? "lines" : "skus");
  }

  /** A field of a document that is there says something that cannot be. */
  boolean field(byte[] key, String name) {
    StoredItem item = Objects.requireNonNull(shard.get(key));
    JsonObject document = DocumentCodec.decode(((Value.Document) item.value()).bytes());
    byte[] bytes = DocumentCodec.encode(document.with(name, JsonNumber.of(1_000_000)));
    return change(
        KeySpace.DATA,
        key,
        ItemCodec.encode(new Value.Document(bytes), item.version(), item.expiresAtMillis()));
  }

  /** Puts a row, or deletes it if there is no value; always true. */
  boolean change(KeySpace space, byte[] key, byte @Nullable [] value) {
    try (WriteRows batch = shard.slot().batch()) {
      if (value == null) {
        batch.delete(space, key);
      } else {
        batch.put(space, key, value);
      }
      shard.slot().write(batch);
    }
    return true;
  }

  /** Of a row of lists, totals and indexes that is there. */
  byte[] value(byte[] row) {
    return Objects.requireNonNull(TestShard.bytes(shard, KeySpace.INDEX, row));
  }

  private byte[] pick(List<byte[]> keys) {
    return keys.get(random.nextInt(keys.size()));
  }
}
