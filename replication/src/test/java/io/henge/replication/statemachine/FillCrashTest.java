package io.henge.replication.statemachine;

import static io.henge.replication.statemachine.FollowFixture.FOLLOW;
import static io.henge.replication.statemachine.FollowFixture.product;
import static io.henge.replication.statemachine.TestShard.NONE;
import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.testing.Seed;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.StorageEngine;
import io.henge.engine.memory.InMemoryStorageEngine;
import io.henge.engine.rocksdb.RocksSettings;
import io.henge.engine.rocksdb.RocksStorageEngine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A node dies at every step of building and dropping indexes and rules, with whatever was on disk
 * by then: it comes back to what it was, the fill ends, and everything is what documents say.
 */
class FillCrashTest {
  private static final long TIME = 1_000_000;
  private static final int FAMILIES = 110;
  private static final int ORDERS_EACH = 10;
  private static final IndexInfo BY_TOTAL =
      new IndexInfo(77, "by_total", List.of(new IndexInfo.Field("total", true)));

  @TempDir Path directory;

  private final Random random = Seed.random("FillCrashTest");
  private long requests;
  private int nodes;

  /**
   * What is declared for documents that are there, and dropped.
   *
   * @param meanwhile of a document, written between two parts of a fill
   */
  private record Story(
      List<CollectionInfo> bare,
      List<CollectionInfo> declared,
      List<CollectionInfo> dropped,
      List<Mutation> documents,
      Mutation meanwhile,
      Consumer<TestShard> check) {}

  /** A log, and what its shard was after each entry. */
  private record Log(List<byte[]> entries, List<Long> checksums, int firstCatalogue, int fills) {}

  private void write(TestShard shard, List<Mutation> mutations) {
    List<WriteCommand> commands = new ArrayList<>();
    for (Mutation mutation : mutations) {
      commands.add(
          new WriteCommand(TestShard.request(++requests), TIME + 50_000, 9, List.of(mutation)));
    }
    assertThat(shard.write(TIME, commands, false)).allMatch(outcome -> outcome.error() == null);
  }

  private static void install(TestShard shard, List<CollectionInfo> collections) {
    shard.applyNew(
        new Entry.Catalogue(shard.header(EntryKind.CATALOGUE, TIME), collections), false);
  }

  private static TestShard open(StorageEngine engine, Path place) {
    return new TestShard(engine, place);
  }

  private Log tell(Story story) {
    try (TestShard shard = open(new InMemoryStorageEngine(), directory.resolve("sound"))) {
      shard.create(TIME, NONE, NONE, story.bare());
      for (int i = 0; i < story.documents().size(); i += 200) {
        write(shard, story.documents().subList(i, Math.min(story.documents().size(), i + 200)));
      }
      List<Long> checksums = new ArrayList<>();
      int begin = shard.log().size();
      for (int i = 0; i < begin; i++) {
        checksums.add(0L);
      }
      int fills = 0;
      for (List<CollectionInfo> next : List.of(story.declared(), story.dropped())) {
        install(shard, next);
        checksums.add(shard.machine().checksum());
        while (shard.fill(TIME)) {
          fills++;
          checksums.add(shard.machine().checksum());
          if (fills % 4 == 0) {
            write(shard, List.of(story.meanwhile()));
            checksums.add(shard.machine().checksum());
          }
        }
        story.check().accept(shard);
      }
      return new Log(List.copyOf(shard.log()), checksums, begin, fills);
    }
  }

  /** The process dies when it has applied {@code died} entries, {@code durable} of them on disk. */
  private void crash(StorageEngine engine, Story story, Log log, int durable, int died) {
    try (TestShard shard = open(engine, directory.resolve("node" + ++nodes))) {
      shard.log().addAll(log.entries().subList(0, died));
      shard.replay(log.entries(), durable);
      shard.machine().flush();
      shard.replay(log.entries(), died);
      shard.crash();
      String where = "died after " + died + " entries, " + durable + " of them on disk";
      assertThat(shard.appliedCount()).as(where).isEqualTo(died);
      assertThat(shard.machine().checksum()).as(where).isEqualTo(log.checksums().get(died - 1));
      while (shard.fill(TIME)) {
        assertThat(shard.log().size()).as(where).isLessThan(2 * log.entries().size());
      }
      story.check().accept(shard);
    }
  }

  private void crashEverywhere(StorageEngine engine, Story story, int every) {
    Log log = tell(story);
    assertThat(log.fills()).as("else there are few crash points").isGreaterThan(12);
    for (int died = log.firstCatalogue() + 1; died <= log.entries().size(); died += every) {
      crash(engine, story, log, died - 1, died);
      crash(engine, story, log, 1 + random.nextInt(died), died);
    }
  }

  // ---- Indexes, lists and totals ----

  private static List<CollectionInfo> families(
      List<CopyRule> rules, List<IndexInfo> indexes, int changedIn) {
    CollectionInfo orders = FamilyFixture.orders(changedIn, List.of());
    return List.of(
        FamilyFixture.users(changedIn, rules),
        new CollectionInfo(
            orders.id(),
            orders.name(),
            0,
            false,
            false,
            changedIn,
            new CollectionInfo.Documents(
                List.of("u"), List.of("o"), "t", indexes, List.of(), null)),
        FamilyFixture.lines(1));
  }

  private static Story family() {
    List<CopyRule> rules =
        List.of(FamilyFixture.ORDER_COUNT, FamilyFixture.SPENT, FamilyFixture.RECENT);
    List<CopyRule> dropped =
        rules.stream()
            .map(rule -> FamilyFixture.in(rule, rule.id(), CopyRule.State.DROPPED))
            .toList();
    List<Mutation> documents = new ArrayList<>();
    for (int family = 0; family < FAMILIES; family++) {
      String user = "u" + family;
      documents.add(FamilyFixture.put(FamilyFixture.user(user), "{\"u\":\"" + user + "\"}"));
      for (int i = 0; i < ORDERS_EACH; i++) {
        documents.add(
            FamilyFixture.put(
                FamilyFixture.order(user, "" + i),
                "{\"u\":\""
                    + user
                    + "\",\"o\":\""
                    + i
                    + "\",\"at\":"
                    + i
                    + ",\"total\":"
                    + family
                    + "}"));
      }
    }
    return new Story(
        families(List.of(), List.of(), 1),
        families(rules, List.of(BY_TOTAL), 2),
        families(dropped, List.of(), 3),
        documents,
        FamilyFixture.put(
            FamilyFixture.order("u5", "more"),
            "{\"u\":\"u5\",\"o\":\"more\",\"at\":99,\"total\":7}"),
        FillCrashTest::checkFamily);
  }

  private static void checkFamily(TestShard shard) {
    assertThat(shard.machine().state().derived().filling()).isNull();
    FamilyModel.check(shard);
    try (ReadView view = shard.slot().snapshot()) {
      VerifyPage page = Verifier.page(view, NONE, 0, 1_000_000, 1L << 40);
      assertThat(page.differences()).isEmpty();
      assertThat(page.next()).isNull();
      if (shard.machine().state().derived().isEmpty()) {
        assertThat(shard.rows(KeySpace.INDEX)).as("all is dropped").isEmpty();
      } else {
        assertThat(page.documents()).isGreaterThanOrEqualTo(FAMILIES * (1L + ORDERS_EACH));
        assertThat(page.rows()).isGreaterThan(FAMILIES * ORDERS_EACH);
      }
    }
  }

  @Test
  void shouldEndFillsOfIndexesListsAndTotals() {
    crashEverywhere(new InMemoryStorageEngine(), family(), 1);
  }

  @Test
  void shouldEndFillsOfIndexesListsAndTotalsOnRocksDb() {
    try (RocksStorageEngine rocks = new RocksStorageEngine(RocksSettings.of(64 << 20))) {
      crashEverywhere(rocks, family(), 5);
    }
  }

  // ---- Followed copies ----

  private static List<CollectionInfo> followers(CopyRule.State state, long changedIn) {
    CollectionInfo orders = FollowFixture.orders(CopyRule.WhenDeleted.KEEP, state, changedIn);
    return List.of(FollowFixture.PRODUCTS, changedIn == 1 ? bare(orders) : orders);
  }

  private static CollectionInfo bare(CollectionInfo orders) {
    return new CollectionInfo(
        orders.id(),
        orders.name(),
        0,
        false,
        false,
        1,
        new CollectionInfo.Documents(List.of("u"), List.of("o"), ""));
  }

  private static String order(String user, int number) {
    return "{\"u\":\""
        + user
        + "\",\"o\":\""
        + number
        + "\",\"items\":[{\"p\":\"p"
        + number
        + "\"},{\"p\":\"p"
        + user
        + "\"}]}";
  }

  private static Story following() {
    List<Mutation> documents = new ArrayList<>();
    for (int family = 0; family < FAMILIES; family++) {
      for (int i = 0; i < ORDERS_EACH; i++) {
        documents.add(
            FollowFixture.put(FollowFixture.order("u" + family, "" + i), order("u" + family, i)));
      }
    }
    return new Story(
        followers(CopyRule.State.LIVE, 1),
        followers(CopyRule.State.LIVE, 2),
        followers(CopyRule.State.DROPPED, 3),
        documents,
        FollowFixture.put(product("p1"), "{\"p\":\"p1\",\"name\":\"One\"}"),
        FillCrashTest::checkFollowing);
  }

  /** Every holder is found by its sources, and the shard is about to be registered at all. */
  private static void checkFollowing(TestShard shard) {
    ShardState state = shard.machine().state();
    assertThat(state.derived().filling()).isNull();
    if (state.derived().isEmpty()) {
      for (KeySpace space : List.of(KeySpace.HOLDERS, KeySpace.KNOWN, KeySpace.OUTBOX)) {
        assertThat(shard.rows(space)).as("all is dropped").isEmpty();
      }
      return;
    }
    try (ReadView view = shard.slot().snapshot()) {
      List<CopyAudit.Held> held = CopyAudit.held(view, state, NONE, Integer.MAX_VALUE);
      assertThat(held).hasSize(2 * FAMILIES * ORDERS_EACH);
      assertThat(held).allMatch(copy -> CopyAudit.isOutgoing(view, copy.source()));
      assertThat(CopyWork.outgoing(view, NONE, Integer.MAX_VALUE))
          .hasSize(ORDERS_EACH + FAMILIES)
          .allMatch(outgoing -> outgoing.source().ruleId() == FOLLOW);
      assertThat(held.stream().filter(copy -> isOf(copy, "p3"))).hasSize(FAMILIES);
    }
  }

  private static boolean isOf(CopyAudit.Held copy, String product) {
    return Arrays.equals(copy.source().key(), product(product));
  }

  @Test
  void shouldEndFillsOfFollowedCopies() {
    crashEverywhere(new InMemoryStorageEngine(), following(), 1);
  }
}
