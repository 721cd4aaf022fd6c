package io.henge.replication.statemachine;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.item.Action;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.api.key.ScanCursor;
import io.henge.api.testing.Seed;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.filter.Filter;
import io.henge.document.value.Json;
import io.henge.document.value.JsonObject;
import io.henge.engine.ReadView;
import io.henge.engine.memory.InMemoryStorageEngine;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Finds over a part of the ring by indexes against a plain evaluation of the same filter over all
 * documents: families of all sizes with items of another collection between them, page by page,
 * while the shard is divided again and again and pages take turns between plans.
 */
class RingIndexFindTest {
  private static final long START = 1_000_000;
  private static final byte[] NONE = new byte[0];

  @TempDir java.nio.file.Path directory;

  private final Random random = Seed.random("RingIndexFindTest");
  private final RandomDocuments source = new RandomDocuments(random);
  private final Set<String> plans = new HashSet<>();
  private final Set<String> mixed = new HashSet<>();
  private int written;
  private int found;
  private int divided;

  @Test
  void shouldFindWhatAPlainEvaluationFinds() {
    for (int run = 0; run < 12; run++) {
      try (TestShard shard =
          new TestShard(new InMemoryStorageEngine(), directory.resolve("" + run))) {
        shard.create(START);
        source.declare(shard, START);
        NavigableMap<byte[], JsonObject> stored = fill(shard);
        for (int k = random.nextInt(30); k >= 0; k--) {
          // Some are built, one may be half done.
          shard.fill(START);
        }
        for (int i = 0; i < 250; i++) {
          compare(shard, stored);
        }
      }
    }
    assertThat(found).isGreaterThan(30_000);
    assertThat(plans).contains("index", "scan");
    assertThat(mixed).as("finds whose pages were read by both").isNotEmpty();
    assertThat(divided).isGreaterThan(1_000);
  }

  @Test
  void shouldReadWhatMatchesOnly() {
    try (TestShard shard = new TestShard(new InMemoryStorageEngine(), directory)) {
      create(shard, "status");
      for (int i = 0; i < 3_000; i++) {
        String status = i % 300 == 0 ? "open" : "done";
        put(shard, "f" + i / 10, "" + i, ",\"status\":\"" + status + "\"");
      }
      built(shard);
      Kept kept = new Kept(Filter.parse("status = \"open\""), Integer.MAX_VALUE);
      try (ReadView view = shard.slot().snapshot()) {
        ItemPage page = read(shard, view, shard.range(), NONE, NONE, 1_000, kept);
        assertThat(page.items()).hasSize(10);
        assertThat(page.more()).isFalse();
      }
      assertThat(kept.rows).isEqualTo(10);
      FindPlan plan = Objects.requireNonNull(kept.plan);
      assertThat(plan.index()).isEqualTo("by_status");
      assertThat(plan.text()).isEqualTo("index by_status of each sharding key: status = \"open\"");
      assertThat(plan.indexRows()).isLessThan(1_000);

      // Where all match, the way by an index is the longer one.
      Kept most = new Kept(Filter.parse("status = \"done\""), Integer.MAX_VALUE);
      try (ReadView view = shard.slot().snapshot()) {
        read(shard, view, shard.range(), NONE, NONE, 1_000, most);
      }
      assertThat(Objects.requireNonNull(most.plan).text())
          .isEqualTo("scan of the shard; an index would cost more");
    }
  }

  @Test
  void shouldEndAPageThatFindsNothing() {
    try (TestShard shard = new TestShard(new InMemoryStorageEngine(), directory)) {
      create(shard, "status");
      int families = 25_000;
      for (int i = 0; i < families; i++) {
        put(shard, "f" + i, "a", ",\"status\":\"done\"");
        if (i % 2 == 0) {
          put(shard, "f" + i, "b", ",\"status\":\"done\"");
          put(shard, "f" + i, "c", ",\"status\":\"done\"");
        }
      }
      put(shard, "f77", "d", ",\"status\":\"open\"");
      built(shard);
      Filter filter = Filter.parse("status = \"open\"");
      int pages = 0;
      int hits = 0;
      byte[] from = NONE;
      try (ReadView view = shard.slot().snapshot()) {
        while (true) {
          Kept kept = new Kept(filter, 10_000);
          ItemPage page = read(shard, view, shard.range(), from, NONE, 1_000, kept);
          pages++;
          hits += page.items().size();
          assertThat(Objects.requireNonNull(kept.plan).indexRows()).isLessThan(20_100);
          if (!page.more()) {
            break;
          }
          from = ScanCursor.after(Objects.requireNonNull(page.last()), false).position();
        }
      }
      assertThat(hits).isEqualTo(1);
      assertThat(pages).isBetween(2, 10);
    }
  }

  @Test
  void shouldScanAFamilyWithTooManyCandidates() {
    try (TestShard shard = new TestShard(new InMemoryStorageEngine(), directory)) {
      create(shard, "status");
      Set<String> expected = new HashSet<>();
      for (int i = 0; i < FindPlanner.CANDIDATES_MAX + 5; i++) {
        put(shard, "crowd", "" + i, ",\"status\":\"open\"");
        expected.add("crowd" + i);
      }
      for (int i = 0; i < 2_000; i++) {
        String status = i % 100 == 0 ? "open" : "done";
        put(shard, "f" + i, "a", ",\"status\":\"" + status + "\"");
        if (status.equals("open")) {
          expected.add("f" + i + "a");
        }
      }
      built(shard);
      Filter filter = Filter.parse("status = \"open\"");
      Set<String> ids = new HashSet<>();
      Set<String> how = new HashSet<>();
      byte[] from = NONE;
      try (ReadView view = shard.slot().snapshot()) {
        while (true) {
          Kept kept = new Kept(filter, 10_000);
          ItemPage page = read(shard, view, shard.range(), from, NONE, 1_000, kept);
          how.add(Objects.requireNonNull(kept.plan).index() == null ? "scan" : "index");
          for (StoredItem item : page.items()) {
            JsonObject document = DocumentCodec.decode(((Value.Document) item.value()).bytes());
            assertThat(ids.add(text(document, "s") + text(document, "i"))).isTrue();
          }
          if (!page.more()) {
            break;
          }
          from = ScanCursor.after(Objects.requireNonNull(page.last()), false).position();
        }
      }
      assertThat(ids).isEqualTo(expected);
      assertThat(how).contains("scan");
    }
  }

  private static String text(JsonObject document, String member) {
    String json = Objects.requireNonNull(document.get(member)).toString();
    return json.substring(1, json.length() - 1);
  }

  private static void create(TestShard shard, String... paths) {
    shard.create(START);
    List<IndexInfo> indexes = new ArrayList<>();
    for (String path : paths) {
      indexes.add(
          new IndexInfo(
              100 + indexes.size(), "by_" + path, List.of(new IndexInfo.Field(path, false))));
    }
    CollectionInfo info =
        new CollectionInfo(
            TestShard.DOCUMENTS.id(),
            TestShard.DOCUMENTS.name(),
            0,
            false,
            false,
            9,
            new CollectionInfo.Documents(
                List.of("s"), List.of("i"), "t", indexes, List.of(), null));
    shard.applyNew(
        new Entry.Catalogue(shard.header(EntryKind.CATALOGUE, START), List.of(info)), true);
  }

  private static void built(TestShard shard) {
    while (shard.fill(START)) {
      // On to the next documents.
    }
  }

  private NavigableMap<byte[], JsonObject> fill(TestShard shard) {
    NavigableMap<byte[], JsonObject> stored = new TreeMap<>(Arrays::compareUnsigned);
    for (int f = 0; f < 40; f++) {
      String family = "f" + f;
      int size = f % 20 == 0 ? 60 : random.nextInt(4);
      for (int i = 0; i < size; i++) {
        String json = source.json(family, "" + i);
        byte[] key = TestShard.key(family, TestShard.DOCUMENTS, "" + i);
        write(shard, key, new Action.Put(TestShard.document(json), 0));
        stored.put(key, Json.parseObject(json));
      }
      for (int i = random.nextInt(4); i > 0; i--) {
        write(
            shard,
            TestShard.key(family, TestShard.PLAIN, "" + i),
            new Action.Put(new Value.Counter(i), 0));
      }
    }
    return stored;
  }

  private void put(TestShard shard, String family, String id, String members) {
    write(
        shard,
        TestShard.key(family, TestShard.DOCUMENTS, id),
        new Action.Put(
            TestShard.document("{\"s\":\"" + family + "\",\"i\":\"" + id + "\"" + members + "}"),
            0));
  }

  private void write(TestShard shard, byte[] key, Action action) {
    WriteOutcome outcome =
        shard
            .write(
                START,
                new WriteCommand(
                    TestShard.request(++written),
                    START + 5000,
                    0,
                    List.of(TestShard.mutation(key, action))))
            .get(0);
    assertThat(outcome.error()).as(outcome.message()).isNull();
  }

  /** Up to {@code to}, in pages, of shards whose bounds are others each time. */
  private void compare(TestShard shard, NavigableMap<byte[], JsonObject> stored) {
    String text = source.filter();
    Filter filter = Filter.parse(text);
    byte[] begin = random.nextInt(3) == 0 ? place(stored) : NONE;
    byte[] to = random.nextInt(3) == 0 ? place(stored) : NONE;
    if (ShardDescription.isEmpty(begin, to)) {
      return;
    }
    List<String> expected = new ArrayList<>();
    Map<byte[], JsonObject> part =
        to.length == 0 ? stored.tailMap(begin, true) : stored.subMap(begin, true, to, false);
    part.forEach(
        (key, document) -> {
          if (filter.test(document)) {
            expected.add(TestShard.hex(key));
          }
        });
    List<String> ids = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    Set<String> ways = new HashSet<>();
    int limit = 1 + random.nextInt(random.nextInt(3) == 0 ? 3 : 50);
    byte[] from = begin;
    try (ReadView view = shard.slot().snapshot()) {
      while (true) {
        ShardDescription range = shardWith(from);
        Kept kept =
            new Kept(filter, random.nextInt(3) == 0 ? 1 + random.nextInt(30) : Integer.MAX_VALUE);
        ItemPage page = read(shard, view, range, from, to, limit, kept);
        FindPlan plan = Objects.requireNonNull(kept.plan);
        texts.add(plan.text());
        ways.add(plan.index() == null ? "scan" : "index");
        page.items().forEach(item -> ids.add(TestShard.hex(item.key())));
        assertThat(page.items().size()).isLessThanOrEqualTo(limit);
        byte[] last = page.last();
        if (page.more()) {
          from = ScanCursor.after(Objects.requireNonNull(last), false).position();
        } else if (range.end().length != 0
            && (to.length == 0 || Arrays.compareUnsigned(range.end(), to) < 0)) {
          from = range.end();
          divided++;
        } else {
          break;
        }
      }
    }
    assertThat(ids).as("%s: %s", text, texts).isEqualTo(expected);
    found += ids.size();
    plans.addAll(ways);
    if (ways.size() > 1) {
      mixed.add(text);
    }
  }

  /** A document's key, one right behind it, or the beginning of a token. */
  private byte[] place(NavigableMap<byte[], JsonObject> stored) {
    List<byte[]> keys = List.copyOf(stored.keySet());
    byte[] key = keys.get(random.nextInt(keys.size()));
    return switch (random.nextInt(3)) {
      case 0 -> key;
      case 1 -> Filling.next(key);
      default -> Arrays.copyOf(key, PhysicalKey.TOKEN_BYTES);
    };
  }

  /** A shard that has a key; its bounds are tokens, as everywhere. */
  private ShardDescription shardWith(byte[] key) {
    byte[] start = NONE;
    byte[] end = NONE;
    for (int i = random.nextInt(4); i > 0; i--) {
      byte[] token = Arrays.copyOf(PhysicalKey.itemCollection(Key.of("x" + random.nextInt())), 8);
      if (Arrays.compareUnsigned(token, key) <= 0) {
        start = Arrays.compareUnsigned(token, start) > 0 ? token : start;
      } else {
        end = end.length == 0 || Arrays.compareUnsigned(token, end) < 0 ? token : end;
      }
    }
    return new ShardDescription(7, 1, start, end);
  }

  private static ItemPage read(
      TestShard shard,
      ReadView view,
      ShardDescription range,
      byte[] from,
      byte[] to,
      int limit,
      Kept kept) {
    return IndexFind.read(
        view,
        range,
        shard.machine().state(),
        new Lookup(TestShard.DOCUMENTS.id(), NONE, kept.filter, null, null, limit),
        from,
        to,
        limit,
        1 << 20,
        kept);
  }

  /** Keeps what matches; tired after some rows. */
  private static final class Kept implements RowSieve {
    private final Filter filter;
    private final int rowsMax;
    private @Nullable FindPlan plan;
    private int rows;

    Kept(Filter filter, int rowsMax) {
      this.filter = filter;
      this.rowsMax = rowsMax;
    }

    @Override
    public void planned(FindPlan chosen) {
      plan = chosen;
    }

    @Override
    public boolean keeps(StoredItem item) {
      rows++;
      return PhysicalKey.collectionId(item.key()) == TestShard.DOCUMENTS.id()
          && filter.test(DocumentCodec.decode(((Value.Document) item.value()).bytes()));
    }

    @Override
    public boolean isTired() {
      return rows >= rowsMax;
    }
  }
}
