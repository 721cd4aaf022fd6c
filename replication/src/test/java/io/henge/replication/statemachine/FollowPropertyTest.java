package io.henge.replication.statemachine;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.testing.Seed;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.memory.InMemoryStorageEngine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Copies of documents on other shards under whatever happens to rules, shards and messages: when
 * all is quiet, every copy is what its source says, and nothing else of any document has changed.
 */
class FollowPropertyTest {
  private static final long START = 1_000_000;
  static final int PRODUCTS = 10;
  static final int ORDERS = 11;
  static final int USERS = 12;
  static final int NOTES = 13;

  @TempDir Path directory;

  private Random random = new Random();

  @SuppressWarnings("NullAway.Init") // every run makes its own
  private FamilyRing ring;

  @SuppressWarnings("NullAway.Init") // every run makes its own
  private FollowWorld world;

  @SuppressWarnings("NullAway.Init") // every run makes its own
  private FollowDocuments documents;

  private List<CopyRule> ofOrders = new ArrayList<>();
  private List<CopyRule> ofNotes = new ArrayList<>();
  private long version;
  private int nextId;

  private int splits;
  private int merges;
  private int crashes;
  private int declared;
  private int dropped;
  private int replaced;
  private int registered;
  private int sent;
  private int forgotten;
  private int lacking;
  private int compared;

  @Test
  void shouldShowWhatSourcesSay() {
    long first = Seed.next("FollowPropertyTest");
    for (int run = 0; run < Integer.getInteger("henge.follow.runs", 6); run++) {
      run(first + run, 500);
    }
    assertThat(
            List.of(
                splits,
                merges,
                crashes,
                declared,
                dropped,
                replaced,
                registered,
                sent,
                forgotten,
                lacking,
                compared))
        .as("else the runs prove nothing")
        .allMatch(happened -> happened > 3);
  }

  private void run(long seed, int steps) {
    random = new Random(seed);
    ofOrders = new ArrayList<>();
    ofNotes = new ArrayList<>();
    version = 1;
    nextId = 100;
    ring =
        new FamilyRing(
            new InMemoryStorageEngine(),
            directory.resolve(Long.toString(seed)),
            START,
            catalogue());
    world = new FollowWorld(random, ring, START);
    documents = new FollowDocuments(random, () -> world.time, world::write);
    try {
      for (int i = 0; i < steps; i++) {
        step();
        if (i % 8 == 0) {
          world.check();
        }
        if (i % 100 == 99) {
          settle();
        }
      }
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError("-Dtest.seed=" + seed + ": " + e, e);
    } finally {
      ring.close();
    }
    registered += world.registered;
    sent += world.sent;
    forgotten += world.forgotten;
    lacking += world.lacking;
  }

  private void step() {
    world.time += random.nextInt(20);
    TestShard shard = ring.shards().get(random.nextInt(ring.shards().size()));
    switch (random.nextInt(40)) {
      case 0 -> {
        long before = shard.machine().checksum();
        shard.crash();
        assertThat(shard.machine().checksum()).isEqualTo(before);
        crashes++;
      }
      case 1 -> shard.machine().flush();
      case 2 -> shard.tick(world.time + random.nextInt(300));
      case 3 -> declare();
      case 4 -> drop();
      case 5 -> replace();
      case 6, 7, 8, 9 -> shard.fill(world.time);
      case 10 -> install(shard);
      case 11 ->
          splits += ring.split(shard, documents.order(), world.time, random.nextBoolean()) ? 1 : 0;
      case 12 -> merge();
      case 13, 14, 15, 16 -> world.look(shard);
      case 17, 18, 19, 20, 21, 22 -> documents.write();
      default -> world.step();
    }
  }

  // ---- Rules ----

  private CopyRule rule(int id, int shape, CopyRule.WhenDeleted gone) {
    return switch (shape) {
      case 0 -> follow(id, "items[]", "p", gone, "name", "name", "a.b", "ab");
      case 1 -> follow(id, "", "main", gone, "name", "main_name");
      case 2 -> follow(id, "box.item", "ref.p", gone, "name", "name");
      default ->
          new CopyRule(
              id,
              CopyRule.Kind.SNAPSHOT,
              PRODUCTS,
              List.of(new CopyRule.Field("price", "paid")),
              "items[]",
              List.of("p"),
              0,
              "",
              0,
              gone,
              CopyRule.State.LIVE);
    };
  }

  private static CopyRule follow(
      int id, String target, String on, CopyRule.WhenDeleted gone, String... fields) {
    List<CopyRule.Field> copied = new ArrayList<>();
    for (int i = 0; i < fields.length; i += 2) {
      copied.add(new CopyRule.Field(fields[i], fields[i + 1]));
    }
    return new CopyRule(
        id,
        CopyRule.Kind.FOLLOW,
        PRODUCTS,
        copied,
        target,
        List.of(on),
        0,
        "",
        5000,
        gone,
        CopyRule.State.LIVE);
  }

  private CopyRule.WhenDeleted gone() {
    return random.nextBoolean() ? CopyRule.WhenDeleted.KEEP : CopyRule.WhenDeleted.NULL;
  }

  private void declare() {
    if (random.nextInt(4) == 0 && ofNotes.stream().noneMatch(FollowPropertyTest::isLive)) {
      ofNotes.add(
          new CopyRule(
              nextId++,
              CopyRule.Kind.FOLLOW,
              ORDERS,
              List.of(new CopyRule.Field("main_name", "main")),
              "",
              List.of("u", "o"),
              0,
              "",
              5000,
              gone(),
              CopyRule.State.LIVE));
      version++;
      declared++;
      return;
    }
    CopyRule rule = rule(nextId++, random.nextInt(4), gone());
    if (ofOrders.stream().noneMatch(other -> isLive(other) && isLike(other, rule))) {
      ofOrders.add(rule);
      version++;
      declared++;
    }
  }

  static boolean isLive(CopyRule rule) {
    return rule.state() == CopyRule.State.LIVE;
  }

  private static boolean isLike(CopyRule one, CopyRule other) {
    return one.target().equals(other.target()) && one.fields().equals(other.fields());
  }

  private void drop() {
    List<CopyRule> rules = random.nextInt(4) == 0 ? ofNotes : ofOrders;
    if (!rules.isEmpty()) {
      int at = random.nextInt(rules.size());
      CopyRule rule = rules.get(at);
      if (isLive(rule)) {
        rules.set(
            at,
            in(
                rule,
                random.nextBoolean() ? CopyRule.State.DROPPED : CopyRule.State.DROPPED_KEEPING));
        version++;
        dropped++;
      }
    }
  }

  private static CopyRule in(CopyRule rule, CopyRule.State state) {
    return new CopyRule(
        rule.id(),
        rule.kind(),
        rule.sourceId(),
        rule.fields(),
        rule.target(),
        rule.on(),
        rule.last(),
        rule.by(),
        rule.boundMillis(),
        rule.whenDeleted(),
        state);
  }

  /** Another rule takes over what one has written. */
  private void replace() {
    for (int at = 0; at < ofOrders.size(); at++) {
      CopyRule rule = ofOrders.get(at);
      if (isLive(rule) && random.nextBoolean()) {
        ofOrders.set(at, in(rule, CopyRule.State.DROPPED_KEEPING));
        CopyRule next = in(rule, CopyRule.State.LIVE);
        ofOrders.add(
            new CopyRule(
                nextId++,
                next.kind(),
                next.sourceId(),
                next.fields(),
                next.target(),
                next.on(),
                0,
                "",
                next.boundMillis(),
                gone(),
                CopyRule.State.LIVE));
        version++;
        replaced++;
        return;
      }
    }
  }

  private List<CollectionInfo> catalogue() {
    CopyRule recent = FamilyFixture.list(90, ORDERS, "recent", 2, "o", "o", "main_name", "items");
    return List.of(
        collection(PRODUCTS, "products", 1, List.of("p"), List.of("p"), List.of()),
        collection(ORDERS, "orders", version, List.of("u"), List.of("o"), List.copyOf(ofOrders)),
        collection(USERS, "users", 1, List.of("u"), List.of("u"), List.of(recent)),
        collection(NOTES, "notes", version, List.of("n"), List.of("n"), List.copyOf(ofNotes)));
  }

  private static CollectionInfo collection(
      int id,
      String name,
      long changedIn,
      List<String> shard,
      List<String> ids,
      List<CopyRule> rules) {
    return new CollectionInfo(
        id,
        name,
        0,
        false,
        false,
        changedIn,
        new CollectionInfo.Documents(shard, ids, "until", List.of(), rules, null));
  }

  private void install(TestShard shard) {
    shard.applyNew(
        new Entry.Catalogue(shard.header(EntryKind.CATALOGUE, world.time), catalogue()),
        random.nextBoolean());
  }

  private void merge() {
    if (ring.shards().size() > 1) {
      int at = random.nextInt(ring.shards().size() - 1);
      for (TestShard shard : ring.shards().subList(at, at + 2)) {
        install(shard);
        while (shard.fill(world.time)) {
          world.time++;
        }
      }
      world.time = ring.merge(at, world.time, random.nextInt(200));
      merges++;
    }
  }

  // ---- What is to be ----

  private void settle() {
    ring.shards().forEach(this::install);
    world.settle();
    world.check();
    FollowExpectation expectation = new FollowExpectation(ring, ofOrders, ofNotes);
    for (TestShard shard : ring.shards()) {
      for (String row : shard.rows(KeySpace.DATA).keySet()) {
        byte[] key = HexFormat.of().parseHex(row);
        if (shard.range().contains(key)) {
          expectation.compare(key);
        }
      }
      try (ReadView view = shard.slot().snapshot()) {
        CopyVerifier verifier = CopyVerifier.of(view, RingRange.of(shard.range()), 0);
        if (verifier != null) {
          assertThat(verifier.documents(TestShard.NONE, 1000).doubts()).isEmpty();
          assertThat(verifier.holders(TestShard.NONE, 1000).doubts()).isEmpty();
        }
      }
      assertNothingLeft(shard);
    }
    compared += expectation.compared();
  }

  private void assertNothingLeft(TestShard shard) {
    for (KeySpace space : List.of(KeySpace.HOLDERS, KeySpace.KNOWN, KeySpace.OUTBOX)) {
      for (String row : shard.rows(space).keySet()) {
        int id = Integer.parseUnsignedInt(row.substring(0, 8), 16);
        assertThat(
                ofOrders.stream().anyMatch(rule -> rule.id() == id && isLive(rule))
                    || ofNotes.stream().anyMatch(rule -> rule.id() == id && isLive(rule)))
            .as("a row of %s of a rule that was dropped", space)
            .isTrue();
      }
    }
  }
}
