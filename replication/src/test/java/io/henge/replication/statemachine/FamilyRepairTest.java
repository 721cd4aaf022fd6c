package io.henge.replication.statemachine;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.item.Value;
import io.henge.api.key.PhysicalKey;
import io.henge.api.testing.Seed;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import io.henge.engine.WriteRows;
import io.henge.engine.memory.InMemoryStorageEngine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Differences that a test plants in the store, below everything that would keep them away. */
@Timeout(120)
class FamilyRepairTest {
  private static final byte[] NONE = {};

  @TempDir Path directory;
  private final Random random = Seed.random("FamilyRepairTest");
  private final InMemoryStorageEngine engine = new InMemoryStorageEngine();
  private TestShard shard;
  private TestShard other;
  private long time = 1_000_000;
  private long requests;

  @BeforeEach
  void open() {
    shard = new TestShard(engine, directory.resolve("a"));
    shard.create(time, NONE, NONE, indexed());
    other = new TestShard(engine, directory.resolve("b"));
  }

  /** Orders have an index, too. */
  private static List<CollectionInfo> indexed() {
    List<CollectionInfo> all = new ArrayList<>();
    for (CollectionInfo info : FamilyFixture.all()) {
      CollectionInfo.Documents documents = info.documents();
      if (info.id() != FamilyFixture.ORDERS || documents == null) {
        all.add(info);
        continue;
      }
      IndexInfo byTotal =
          new IndexInfo(77, "by_total", List.of(new IndexInfo.Field("total", true)));
      all.add(
          new CollectionInfo(
              info.id(),
              info.name(),
              info.ttlMillisDefault(),
              info.divisible(),
              info.dropped(),
              info.changedIn(),
              new CollectionInfo.Documents(
                  documents.shardPaths(),
                  documents.idPaths(),
                  documents.ttlPath(),
                  List.of(byTotal),
                  documents.rules(),
                  null)));
    }
    return all;
  }

  @AfterEach
  void close() {
    shard.close();
    other.close();
  }

  @Test
  void shouldFindNothingInWhatApplyHasMade() {
    for (int step = 0; step < 400; step++) {
      write();
      if (step % 10 == 0) {
        VerifyPage page = verify();
        assertThat(page.differences()).isEmpty();
        assertThat(page.next()).isNull();
      }
    }
    assertThat(verify().documents()).isGreaterThan(10);
    assertThat(verify().rows()).isGreaterThan(10);
  }

  @Test
  void shouldFindAndMendWhatIsPlanted() {
    int planted = 0;
    int mendedOfIndex = 0;
    for (int round = 0; round < 60; round++) {
      for (int i = 0; i < 5; i++) {
        write();
      }
      other.replay(shard.log());
      if (!plant()) {
        continue;
      }
      planted++;
      VerifyPage found = verify();
      assertThat(found.differences()).as("round " + round).isNotEmpty();
      mendedOfIndex += (int) found.differences().stream().filter(d -> d.id() == 77).count();
      Object mended = repair(found.damaged());
      assertThat(mended).isEqualTo(found.damaged().size());
      assertThat(verify().differences()).isEmpty();
      // Planted on one replica only: now they are equal again.
      other.replay(shard.log());
      for (KeySpace space : List.of(KeySpace.DATA, KeySpace.INDEX, KeySpace.SYSTEM)) {
        assertThat(shard.rows(space)).as("%s", space).isEqualTo(other.rows(space));
      }
    }
    assertThat(planted).isGreaterThan(20);
    assertThat(mendedOfIndex).as("rows of the index, too").isPositive();
  }

  @Test
  void shouldMendWhatHasChangedMeanwhileByWhatIsThere() {
    for (int i = 0; i < 40; i++) {
      write();
    }
    List<byte[]> families = new ArrayList<>();
    for (byte[] key : keys(KeySpace.DATA)) {
      families.add(java.util.Arrays.copyOf(key, PhysicalKey.endOfShardingKey(key) + 1));
    }
    List<byte[]> some = families.stream().limit(8).toList();
    write();
    repair(some);
    assertThat(verify().differences()).isEmpty();
    assertThat(repair(List.of(new byte[] {1}, NONE))).isEqualTo(0);
  }

  private Object repair(List<byte[]> families) {
    time++;
    return java.util.Objects.requireNonNull(
        shard.applyNew(new Entry.Repair(shard.header(EntryKind.REPAIR, time), families), false));
  }

  private VerifyPage verify() {
    try (ReadView view = shard.slot().snapshot()) {
      return Verifier.page(view, NONE, 0, 100_000, 1 << 30);
    }
  }

  private void write() {
    time += random.nextInt(10);
    String family = "f" + random.nextInt(4);
    List<Mutation> mutations = new ArrayList<>();
    for (int m = random.nextInt(4); m >= 0; m--) {
      String id = "o" + random.nextInt(6);
      mutations.add(
          switch (random.nextInt(6)) {
            case 0 -> FamilyFixture.remove(FamilyFixture.order(family, id));
            case 1 ->
                FamilyFixture.put(
                    FamilyFixture.user(family), "{\"u\":\"" + family + "\",\"name\":\"x\"}");
            default ->
                FamilyFixture.put(
                    FamilyFixture.order(family, id),
                    "{\"u\":\""
                        + family
                        + "\",\"o\":\""
                        + id
                        + "\",\"total\":"
                        + random.nextInt(9)
                        + ",\"at\":"
                        + random.nextInt(5)
                        + "}");
          });
    }
    shard.write(time, new WriteCommand(TestShard.request(++requests), time + 5000, 0, mutations));
  }

  /** Changes a row as nobody may; false if there is nothing to change. */
  private boolean plant() {
    try (WriteRows rows = shard.slot().batch()) {
      boolean done =
          switch (random.nextInt(4)) {
            case 0 -> remove(rows);
            case 1 -> stray(rows);
            case 2 -> wrong(rows);
            default -> field(rows);
          };
      if (done) {
        shard.slot().write(rows);
      }
      return done;
    }
  }

  private boolean remove(WriteRows rows) {
    List<byte[]> keys = keys(KeySpace.INDEX);
    if (!keys.isEmpty()) {
      rows.delete(KeySpace.INDEX, keys.get(random.nextInt(keys.size())));
    }
    return !keys.isEmpty();
  }

  private boolean stray(WriteRows rows) {
    // A row of another family's, or of a sort key that nobody has.
    List<byte[]> keys = keys(KeySpace.INDEX);
    if (keys.isEmpty()) {
      return false;
    }
    byte[] key = keys.get(random.nextInt(keys.size()));
    byte[] more = java.util.Arrays.copyOf(key, key.length + 2);
    more[key.length] = 1;
    rows.put(KeySpace.INDEX, more, NONE);
    return true;
  }

  private boolean wrong(WriteRows rows) {
    for (byte[] key : keys(KeySpace.INDEX)) {
      byte[] value = value(KeySpace.INDEX, key);
      if (value.length > 0) {
        FamilyTotal total = FamilyTotal.decode(value);
        rows.put(KeySpace.INDEX, key, total.plus(1, java.math.BigDecimal.TEN).encode());
        return true;
      }
    }
    return false;
  }

  private boolean field(WriteRows rows) {
    for (byte[] key : keys(KeySpace.DATA)) {
      StoredItem item = ItemCodec.decode(key, value(KeySpace.DATA, key));
      JsonObject document = DocumentCodec.decode(((Value.Document) item.value()).bytes());
      if (document.get("order_count") != null) {
        byte[] bytes = DocumentCodec.encode(document.with("order_count", JsonNumber.of(1_000_000)));
        rows.put(
            KeySpace.DATA,
            key,
            ItemCodec.encode(new Value.Document(bytes), item.version(), item.expiresAtMillis()));
        return true;
      }
    }
    return false;
  }

  private List<byte[]> keys(KeySpace space) {
    List<byte[]> keys = new ArrayList<>();
    try (ReadView view = shard.slot().snapshot();
        RowCursor cursor = view.scan(space, NONE, NONE, false)) {
      while (cursor.next()) {
        keys.add(cursor.key());
      }
    }
    return keys;
  }

  private byte[] value(KeySpace space, byte[] key) {
    try (ReadView view = shard.slot().latest()) {
      return java.util.Objects.requireNonNull(view.get(space, key));
    }
  }
}
