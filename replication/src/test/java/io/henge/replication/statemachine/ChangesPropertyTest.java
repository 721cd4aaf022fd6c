package io.henge.replication.statemachine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.changes.ChangePart;
import io.henge.api.changes.ChangeToken;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.api.key.PhysicalKey;
import io.henge.api.testing.Seed;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import io.henge.engine.memory.InMemoryStorageEngine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Rows of CHANGES against what has become of the documents. */
@Timeout(60)
class ChangesPropertyTest {
  private static final long TIME = 1_800_000_000_000L;
  private static final byte[] NONE = {};

  private static final CollectionInfo WATCHED = collection(10, 4, new ChangesInfo(1000, true));
  private static final CollectionInfo BRIEF = collection(11, 4, new ChangesInfo(1000, false));
  private static final CollectionInfo UNWATCHED = collection(12, 4, null);
  private static final List<CollectionInfo> COLLECTIONS = List.of(WATCHED, BRIEF, UNWATCHED);

  @TempDir Path directory;
  private final Random random = Seed.random("ChangesPropertyTest");
  private final InMemoryStorageEngine engine = new InMemoryStorageEngine();
  private TestShard shard;
  private long millis = TIME;
  private long sequence;

  private static CollectionInfo collection(int id, long changedIn, @Nullable ChangesInfo changes) {
    return new CollectionInfo(
        id,
        "c" + id,
        0,
        false,
        false,
        changedIn,
        new CollectionInfo.Documents(
            List.of("s"), List.of("i"), "t", List.of(), List.of(), changes));
  }

  @BeforeEach
  void open() {
    shard = new TestShard(engine, directory.resolve("shard"));
    shard.create(TIME, NONE, NONE, COLLECTIONS);
  }

  @Test
  void shouldHaveARowForEachChangeAndNothingElse() {
    Map<String, StoredItem> state = new TreeMap<>();
    int rows = 0;
    for (int step = 0; step < 1_500; step++) {
      millis += random.nextInt(30);
      long before = shard.machine().state().version();
      if (random.nextInt(12) == 0) {
        shard.tick(millis);
      } else {
        write();
      }
      if (random.nextInt(100) == 0) {
        shard.crash();
      }
      for (ChangeRow row : rowsBehind(before)) {
        rows++;
        fold(state, row);
      }
      assertThat(texts(state)).isEqualTo(texts(documents()));
    }
    assertThat(rows).isGreaterThan(500);
  }

  /** Lets a change happen to what a watcher knows; it must say the truth about what was before. */
  private static void fold(Map<String, StoredItem> state, ChangeRow row) {
    String key = TestShard.hex(row.key());
    StoredItem known = state.get(key);
    boolean kept = PhysicalKey.collectionId(row.key()) == WATCHED.id();
    assertThat(text(row.before())).isEqualTo(text(kept ? known : null));
    StoredItem after = row.after();
    if (after != null) {
      assertThat(row.kind()).isEqualTo(ChangeRow.Kind.PUT);
      assertThat(after.version()).isEqualTo(row.version());
      assertThat(known == null || known.version() < row.version()).isTrue();
      state.put(key, after);
    } else {
      assertThat(row.kind()).isNotEqualTo(ChangeRow.Kind.PUT);
      assertThat(known).as("only what was there can go").isNotNull();
      state.remove(key);
    }
  }

  private void write() {
    List<WriteCommand> commands = new ArrayList<>();
    for (int c = random.nextInt(3); c >= 0; c--) {
      String family = "f" + random.nextInt(6);
      List<Mutation> mutations = new ArrayList<>();
      for (int m = random.nextInt(4); m >= 0; m--) {
        mutations.add(mutation(family));
      }
      commands.add(new WriteCommand(TestShard.request(++sequence), millis + 5000, 9, mutations));
    }
    shard.write(millis, commands, random.nextBoolean());
  }

  private Mutation mutation(String family) {
    CollectionInfo collection = COLLECTIONS.get(random.nextInt(3));
    String id = "d" + random.nextInt(3);
    byte[] key = TestShard.key(family, collection, id);
    String expires = random.nextInt(3) == 0 ? ",\"t\":" + (millis + random.nextInt(100)) : "";
    String document =
        "{\"s\":\"" + family + "\",\"i\":\"" + id + "\",\"n\":" + random.nextInt(5) + expires + "}";
    Action action =
        switch (random.nextInt(5)) {
          case 0 -> Action.Remove.REMOVE;
          case 1 -> TestShard.patch("{\"inc\":{\"n\":" + random.nextInt(2) + "}}", document);
          case 2 -> TestShard.patch("{\"inc\":{\"s\":1}}");
          default -> new Action.Put(TestShard.document(document), Action.TTL_DEFAULT);
        };
    Condition condition = random.nextInt(8) == 0 ? Condition.absent() : Condition.none();
    return new Mutation(key, condition, action, false);
  }

  @Test
  void shouldGiveEveryChangeToWhoReadsPageByPage() {
    List<ChangeToken> tokens = new ArrayList<>();
    List<Map<String, StoredItem>> seen = new ArrayList<>();
    for (int watcher = 0; watcher < 3; watcher++) {
      tokens.add(ChangeToken.of(List.of(ChangePart.scan(NONE, NONE))));
      seen.add(new TreeMap<>());
    }
    for (int step = 0; step < 2_000; step++) {
      millis += random.nextInt(20);
      write();
      int watcher = random.nextInt(3);
      tokens.set(watcher, read(tokens.get(watcher), seen.get(watcher)));
    }
    for (int watcher = 0; watcher < 3; watcher++) {
      ChangeToken before = null;
      while (!tokens.get(watcher).equals(before)) {
        before = tokens.get(watcher);
        for (int i = 0; i < 200; i++) {
          tokens.set(watcher, read(tokens.get(watcher), seen.get(watcher)));
        }
      }
      Map<String, StoredItem> watched = documents();
      watched.values().removeIf(item -> PhysicalKey.collectionId(item.key()) != WATCHED.id());
      assertThat(texts(seen.get(watcher))).isEqualTo(texts(watched));
    }
  }

  /** Reads a page somewhere in what a token stands for. */
  private ChangeToken read(ChangeToken token, Map<String, StoredItem> seen) {
    List<ChangePart> parts = token.parts();
    int at = random.nextInt(parts.size());
    List<ChangePart> asked = new ArrayList<>(List.of(parts.get(at)));
    while (!asked.get(0).isScan()
        && ++at < parts.size()
        && !parts.get(at).isScan()
        && random.nextInt(3) > 0) {
      asked.add(parts.get(at));
    }
    ChangePage page = page(asked, 1 + random.nextInt(6));
    for (StoredItem item : page.present()) {
      seen.put(TestShard.hex(item.key()), item);
    }
    for (ChangeRow row : page.changes()) {
      fold(seen, row);
    }
    return token.with(page.parts());
  }

  private ChangePage page(List<ChangePart> parts, int rowsMax) {
    try (ReadView view = shard.slot().snapshot()) {
      return ChangeReader.read(
          view, new ChangeQuery(parts, false, WATCHED.id(), rowsMax, 1 << 20, WatchedOnly::new));
    }
  }

  private static final class WatchedOnly implements ChangeSieve {
    @Override
    public boolean keeps(ChangeRow change) {
      return PhysicalKey.collectionId(change.key()) == WATCHED.id();
    }

    @Override
    public boolean keeps(StoredItem present) {
      return PhysicalKey.collectionId(present.key()) == WATCHED.id();
    }

    @Override
    public boolean isTired() {
      return false;
    }
  }

  @Test
  void shouldTrimTheOldestAndRefuseWhoIsBehind() {
    for (int step = 0; step < 300; step++) {
      millis += random.nextInt(20);
      write();
    }
    List<ChangeRow> all = rowsBehind(0);
    long cut = all.get(all.size() / 2).version();
    trim(cut);
    trim(cut - 1);
    shard.crash();

    assertThat(rowsBehind(0)).hasSameSizeAs(all.stream().filter(r -> r.version() > cut).toList());
    assertThatThrownBy(() -> page(List.of(ChangePart.after(NONE, NONE, cut - 1)), 10))
        .isInstanceOfSatisfying(
            HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND))
        .hasMessageContaining("history is gone");
    assertThat(page(List.of(ChangePart.after(NONE, NONE, cut)), 1).parts()).hasSize(1);

    trim(Long.MAX_VALUE);
    assertThat(rowsBehind(0)).isEmpty();
    assertThat(shard.machine().changeBytes()).isZero();
    long version = shard.machine().state().version();
    assertThat(page(List.of(ChangePart.after(NONE, NONE, version)), 1).changes()).isEmpty();
  }

  @Test
  void shouldCutByTimeAndByBytes() {
    byte[] key = TestShard.key("f", WATCHED, "d");
    String padding = "x".repeat(600_000);
    List<Long> versions = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      millis += 1000;
      String document = "{\"s\":\"f\",\"i\":\"d\",\"p\":\"" + padding + "\",\"n\":" + i + "}";
      versions.add(
          shard
              .write(
                  millis,
                  TestShard.command(
                      ++sequence,
                      millis + 5000,
                      TestShard.mutation(
                          key, new Action.Put(TestShard.document(document), Action.TTL_DEFAULT))))
              .get(0)
              .shardVersion());
    }
    long bytes = shard.machine().changeBytes();
    assertThat(bytes).isBetween(30 * 1_200_000L - 700_000, 30 * 1_300_000L);
    try (ReadView view = shard.slot().snapshot()) {
      assertThat(ChangeReader.trimmable(view, 0, bytes)).as("nothing is too much").isZero();
      assertThat(ChangeReader.trimmable(view, (TIME + 10_000) << 16, bytes))
          .as("the last one before that time")
          .isEqualTo(versions.get(8));
      long cut = ChangeReader.trimmable(view, 0, bytes / 2);
      assertThat(cut).isBetween(versions.get(12), versions.get(20));
      trim(cut);
    }
    assertThat(shard.machine().changeBytes()).isLessThanOrEqualTo(bytes / 2);
    long kept = shard.machine().changeBytes();
    shard.crash();
    assertThat(shard.machine().changeBytes()).isEqualTo(kept);
  }

  @Test
  void shouldHaveTheChangesOfBothShardsAfterAMerge() {
    byte[] cut = {(byte) 0x80};
    TestShard left = new TestShard(engine, directory.resolve("left"));
    TestShard right =
        new TestShard(engine, directory.resolve("right"), EntryObserver.NONE, 9, 0, SeedMaker.NONE);
    left.create(TIME, NONE, cut, COLLECTIONS);
    right.create(TIME, cut, NONE, COLLECTIONS);
    ChangeToken token =
        ChangeToken.of(List.of(ChangePart.scan(NONE, cut), ChangePart.scan(cut, NONE)));
    Map<String, StoredItem> seen = new TreeMap<>();
    for (int step = 0; step < 300; step++) {
      millis += random.nextInt(20);
      shard = random.nextBoolean() ? left : right;
      write();
      int at = shard == left ? 0 : token.parts().size() - 1;
      ChangePart part = token.parts().get(at);
      // Where both have been read up to the same place, there is one part for the two.
      if (random.nextInt(4) == 0 && shard.range().contains(part.start())) {
        ChangePage page = page(List.of(part), 3);
        page.present().forEach(item -> seen.put(TestShard.hex(item.key()), item));
        page.changes().forEach(row -> fold(seen, row));
        token = token.with(page.parts());
      }
    }
    shard = left;
    long cutOff = 0;
    for (ChangeRow row : rowsBehind(0)) {
      cutOff += row.version() <= (TIME + 1) << 16 ? row.rowKey().length + row.encode().length : 0;
    }
    trim(TIME << 16);
    shard = right;
    millis++;
    trim((TIME + 1) << 16);
    merge(left, right);

    shard = left;
    left.crash();
    try (ReadView view = left.slot().snapshot()) {
      assertThat(ChangeHistory.floor(view)).isGreaterThan(TIME << 16);
    }
    long counted = 0;
    for (ChangeRow row : rowsBehind(0)) {
      counted += row.rowKey().length + row.encode().length;
    }
    assertThat(left.machine().changeBytes())
        .as("the mark that the larger floor lies in goes on standing for all of its bytes")
        .isEqualTo(counted + cutOff);
    for (int i = 0; i < 5_000; i++) {
      token = read(token, seen);
    }
    write();
    for (int i = 0; i < 50; i++) {
      token = read(token, seen);
    }
    Map<String, StoredItem> watched = documents();
    watched.values().removeIf(item -> PhysicalKey.collectionId(item.key()) != WATCHED.id());
    assertThat(texts(seen)).isEqualTo(texts(watched));
    left.close();
    right.close();
  }

  private void merge(TestShard left, TestShard right) {
    millis += 200;
    left.tick(millis);
    right.tick(millis);
    assertThat(left.reshape(millis, new ReshapeCommand.Absorb(6, right.range())).isDone()).isTrue();
    right.reshape(millis, new ReshapeCommand.Freeze(6, 7));
    List<RawRow> rows = right.copied();
    ReshapeOutcome copied =
        left.reshape(
            millis, new ReshapeCommand.AbsorbRows(6, NONE, ReshapeCommand.AbsorbRows.END, rows));
    assertThat(copied).isEqualTo(ReshapeOutcome.DONE);
    ReshapeOutcome merged = left.reshape(millis, right.absorbed(6));
    assertThat(merged).isEqualTo(ReshapeOutcome.DONE);
  }

  @Test
  void shouldKnowFromWhenOnChangesAreKept() {
    byte[] key = TestShard.key("f", UNWATCHED, "d");
    put(key, "{\"s\":\"f\",\"i\":\"d\"}");
    long unkept = shard.machine().state().version();
    CollectionInfo now = collection(UNWATCHED.id(), 5, new ChangesInfo(1000, false));
    shard.applyNew(
        new Entry.Catalogue(shard.header(EntryKind.CATALOGUE, ++millis), List.of(now)), true);
    put(key, "{\"s\":\"f\",\"i\":\"d\",\"n\":1}");

    try (ReadView view = shard.slot().snapshot()) {
      ChangeQuery before = query(now, unkept - 1);
      assertThatThrownBy(() -> ChangeReader.read(view, before))
          .hasMessageContaining("history is gone");
      assertThat(ChangeReader.read(view, query(now, unkept)).changes()).hasSize(1);
    }
  }

  private ChangeQuery query(CollectionInfo collection, long version) {
    return new ChangeQuery(
        List.of(ChangePart.after(NONE, NONE, version)),
        false,
        collection.id(),
        10,
        1 << 20,
        () ->
            new ChangeSieve() {
              @Override
              public boolean keeps(ChangeRow change) {
                return true;
              }

              @Override
              public boolean keeps(StoredItem present) {
                return true;
              }

              @Override
              public boolean isTired() {
                return false;
              }
            });
  }

  private void put(byte[] key, String document) {
    millis++;
    shard.write(
        millis,
        TestShard.command(
            ++sequence,
            millis + 5000,
            TestShard.mutation(
                key, new Action.Put(TestShard.document(document), Action.TTL_DEFAULT))));
  }

  private void trim(long version) {
    shard.applyNew(
        new Entry.TrimChanges(shard.header(EntryKind.TRIM_CHANGES, millis), version), true);
  }

  private List<ChangeRow> rowsBehind(long version) {
    List<ChangeRow> rows = new ArrayList<>();
    try (ReadView view = shard.slot().snapshot();
        RowCursor cursor =
            view.scan(
                KeySpace.CHANGES, ChangePart.behind(version), new byte[] {(byte) 0xFF}, false)) {
      while (cursor.next()) {
        rows.add(ChangeRow.decode(cursor.key(), cursor.value()));
      }
    }
    return rows;
  }

  /** Documents whose changes are kept. */
  private Map<String, StoredItem> documents() {
    Map<String, StoredItem> documents = new TreeMap<>();
    try (ReadView view = shard.slot().snapshot();
        RowCursor cursor = view.scan(KeySpace.DATA, NONE, NONE, false)) {
      while (cursor.next()) {
        if (PhysicalKey.collectionId(cursor.key()) != UNWATCHED.id()) {
          StoredItem item = ItemCodec.decode(cursor.key(), cursor.value());
          documents.put(TestShard.hex(cursor.key()), item);
        }
      }
    }
    return documents;
  }

  private static Map<String, String> texts(Map<String, StoredItem> state) {
    Map<String, String> texts = new TreeMap<>();
    state.forEach((key, item) -> texts.put(key, text(item)));
    return texts;
  }

  private static String text(@Nullable StoredItem item) {
    return item == null
        ? "none"
        : TestShard.hex(((Value.Document) item.value()).bytes())
            + " "
            + item.version()
            + " "
            + item.expiresAtMillis();
  }
}
