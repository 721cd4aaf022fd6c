package io.henge.replication.statemachine;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.item.Action;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.api.testing.Seed;
import io.henge.document.Steps;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.codec.DocumentReader;
import io.henge.document.filter.Filter;
import io.henge.document.find.SortOrder;
import io.henge.document.path.Path;
import io.henge.document.path.PathReader;
import io.henge.document.value.Json;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonValue;
import io.henge.engine.ReadView;
import io.henge.engine.memory.InMemoryStorageEngine;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Finds by indexes against a plain evaluation of the same filter and order over all documents,
 * 10,000 of them: page by page, now and then with another plan for the next page.
 */
class IndexFindTest {
  private static final long START = 1_000_000;
  private static final byte[] FAMILY = PhysicalKey.itemCollection(Key.of("ann"));
  @TempDir java.nio.file.Path directory;

  private final Random random = Seed.random("IndexFindTest");
  private final RandomDocuments source = new RandomDocuments(random);
  private final Set<String> plans = new HashSet<>();
  private int documents;
  private int found;

  @Test
  void shouldFindWhatAPlainEvaluationFinds() {
    for (int run = 0; run < 25; run++) {
      try (TestShard shard =
          new TestShard(new InMemoryStorageEngine(), directory.resolve("" + run))) {
        shard.create(START);
        source.declare(shard, START);
        Map<byte[], JsonObject> stored = fill(shard, run % 5 == 0 ? 300 : 60);
        if (random.nextBoolean()) {
          source.declare(shard, START);
        }
        for (int k = random.nextInt(30); k >= 0; k--) {
          // Some are built, one may be half done.
          shard.fill(START);
        }
        for (int i = 0; i < 400; i++) {
          compare(shard, stored);
        }
      }
    }
    assertThat(found).isGreaterThan(50_000);
    assertThat(plans).contains("candidates", "ordered", "scan");
    assertThat(documents).isPositive();
  }

  private Map<byte[], JsonObject> fill(TestShard shard, int count) {
    TreeMap<byte[], JsonObject> stored = new TreeMap<>(Arrays::compareUnsigned);
    for (int i = 0; i < count; i++) {
      for (String family : new String[] {"ann", "bob"}) {
        String json = source.json(family, Integer.toString(i));
        byte[] key = TestShard.key(family, TestShard.DOCUMENTS, Integer.toString(i));
        WriteOutcome outcome =
            shard
                .write(
                    START,
                    new WriteCommand(
                        TestShard.request(++documents),
                        START + 5000,
                        0,
                        List.of(
                            TestShard.mutation(key, new Action.Put(TestShard.document(json), 0)))))
                .get(0);
        assertThat(outcome.error()).as(outcome.message()).isNull();
        if (family.equals("ann")) {
          stored.put(key, Json.parseObject(json));
        }
      }
    }
    return stored;
  }

  private @Nullable SortOrder sort() {
    if (random.nextInt(3) == 0) {
      return null;
    }
    List<SortOrder.Field> fields = new ArrayList<>();
    for (int i = random.nextInt(2); i >= 0; i--) {
      fields.add(
          new SortOrder.Field(
              Path.parse(random.nextInt(8) == 0 ? "list[]" : source.path()), random.nextBoolean()));
    }
    return SortOrder.of(fields);
  }

  private void compare(TestShard shard, Map<byte[], JsonObject> stored) {
    String text = random.nextInt(6) == 0 ? "" : source.filter();
    Filter filter = text.isEmpty() ? null : Filter.parse(text);
    SortOrder order = sort();
    // Each page of a find that has to sort looks at all documents: of many, larger pages.
    int limit = 1 + random.nextInt(Math.max(20, stored.size() / 3));
    List<String> expected = new ArrayList<>();
    List<Lookup.Place> places = new ArrayList<>();
    stored.forEach(
        (key, document) -> {
          if (filter == null || filter.test(document)) {
            places.add(
                new Lookup.Place(
                    order == null
                        ? List.of()
                        : order.values(PathReader.of(document), Steps.standard()),
                    key));
          }
        });
    if (order != null) {
      places.sort((a, b) -> order.compare(a.values(), b.values()));
    }
    places.forEach(place -> expected.add(TestShard.hex(place.key())));
    List<String> ids = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    try (ReadView view = shard.slot().snapshot()) {
      if (order == null) {
        inOrderOfKeys(shard, view, filter, limit, ids, texts);
      } else {
        sorted(shard, view, filter, order, limit, ids, texts);
      }
    }
    assertThat(ids)
        .as("%s by %s: %s", text, order == null ? "key" : order.fields(), texts)
        .isEqualTo(expected);
    found += ids.size();
  }

  /** As a find without an order goes from page to page. */
  private void inOrderOfKeys(
      TestShard shard,
      ReadView view,
      @Nullable Filter filter,
      int limit,
      List<String> ids,
      List<String> texts) {
    byte[] from = PhysicalKey.prefix(Key.of("ann"), TestShard.DOCUMENTS.id());
    byte[] end = PhysicalKey.endOfPrefix(from);
    while (true) {
      Kept kept = new Kept(filter);
      Lookup lookup = new Lookup(TestShard.DOCUMENTS.id(), FAMILY, filter, null, null, limit);
      ItemPage page = read(shard, view, lookup, from, end, limit, kept);
      texts.add(kept.text());
      page.items().forEach(item -> ids.add(TestShard.hex(item.key())));
      assertThat(page.items().size()).isLessThanOrEqualTo(limit);
      if (!page.more()) {
        return;
      }
      from = Filling.next(Objects.requireNonNull(page.last()));
    }
  }

  private void sorted(
      TestShard shard,
      ReadView view,
      @Nullable Filter filter,
      SortOrder order,
      int limit,
      List<String> ids,
      List<String> texts) {
    byte[] from = PhysicalKey.prefix(Key.of("ann"), TestShard.DOCUMENTS.id());
    Lookup.Place after = null;
    while (true) {
      Kept kept = new Kept(filter);
      Lookup lookup = new Lookup(TestShard.DOCUMENTS.id(), FAMILY, filter, order, after, limit);
      ItemPage page = read(shard, view, lookup, from, PhysicalKey.endOfPrefix(from), 10_000, kept);
      texts.add(kept.text());
      List<Lookup.Place> places = new ArrayList<>();
      for (StoredItem item : page.items()) {
        Lookup.Place place = new Lookup.Place(values(item, order), item.key());
        if (after == null || compare(place, after, order) > 0) {
          places.add(place);
        }
      }
      List<Lookup.Place> unsorted = List.copyOf(places);
      places.sort((a, b) -> compare(a, b, order));
      if (kept.plan != null && kept.plan.isOrdered()) {
        assertThat(places).isEqualTo(unsorted);
        assertThat(places.size()).isLessThanOrEqualTo(limit + 1);
      }
      places.stream().limit(limit).forEach(place -> ids.add(TestShard.hex(place.key())));
      after = kept.plan == null ? null : kept.plan.endedAt();
      if (places.size() > limit) {
        after = places.get(limit - 1);
      } else if (after == null) {
        return;
      }
    }
  }

  private static int compare(Lookup.Place left, Lookup.Place right, SortOrder order) {
    int byValues = order.compare(left.values(), right.values());
    return byValues != 0 ? byValues : Arrays.compareUnsigned(left.key(), right.key());
  }

  private static List<@Nullable JsonValue> values(StoredItem item, SortOrder order) {
    return order.values(
        new DocumentReader(((Value.Document) item.value()).bytes()), Steps.standard());
  }

  /** Now and then as if no index was ready. */
  private ItemPage read(
      TestShard shard,
      ReadView view,
      Lookup lookup,
      byte[] from,
      byte[] end,
      int itemsMax,
      Kept kept) {
    if (random.nextInt(10) == 0) {
      return ItemReader.range(view, shard.range(), from, end, false, itemsMax, 1 << 20, kept);
    }
    ItemPage page =
        IndexFind.read(
            view,
            shard.range(),
            shard.machine().state(),
            lookup,
            from,
            end,
            itemsMax,
            1 << 20,
            kept);
    FindPlan plan = Objects.requireNonNull(kept.plan);
    plans.add(plan.index() == null ? "scan" : plan.isOrdered() ? "ordered" : "candidates");
    return page;
  }

  /** Keeps what matches; tired after some. */
  private final class Kept implements RowSieve {
    private final @Nullable Filter filter;
    private final int rowsMax = random.nextInt(4) == 0 ? 1 + random.nextInt(50) : 10_000;
    private @Nullable FindPlan plan;
    private int rows;

    Kept(@Nullable Filter filter) {
      this.filter = filter;
    }

    String text() {
      return plan == null ? "none" : plan.text();
    }

    @Override
    public void planned(FindPlan chosen) {
      plan = chosen;
    }

    @Override
    public boolean keeps(StoredItem item) {
      rows++;
      return filter == null
          || filter.test(DocumentCodec.decode(((Value.Document) item.value()).bytes()));
    }

    @Override
    public boolean isTired() {
      // A find that has to sort all of it cannot end before it has.
      return plan != null && plan.isOrdered() && rows >= rowsMax;
    }
  }
}
