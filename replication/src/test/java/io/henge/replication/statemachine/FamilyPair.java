package io.henge.replication.statemachine;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.engine.ReadView;
import io.henge.engine.StorageEngine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;

/**
 * A shard with the families of {@link FamilyFixture}, whose orders have an index, too; and another
 * replica of it, which does what a test lets it replay. Documents are written at random.
 */
final class FamilyPair implements AutoCloseable {
  final TestShard shard;
  final TestShard other;
  long time = 1_000_000;
  private final Random random;
  private long requests;

  FamilyPair(StorageEngine engine, Path directory, Random random) {
    this.random = random;
    shard = new TestShard(engine, directory.resolve("a"));
    shard.create(time, TestShard.NONE, TestShard.NONE, FamilyFixture.indexed());
    other = new TestShard(engine, directory.resolve("b"));
  }

  @Override
  public void close() {
    shard.close();
    other.close();
  }

  // ---- Writes ----

  void write(List<Mutation> mutations) {
    shard.write(
        time,
        new WriteCommand(TestShard.request(++requests), time + 5000, 0, List.copyOf(mutations)));
  }

  void put(byte[] key, String json) {
    write(List.of(FamilyFixture.put(key, json)));
  }

  static Mutation order(String family, String id, int total) {
    return FamilyFixture.put(
        FamilyFixture.order(family, id),
        "{\"u\":\"%s\",\"o\":\"%s\",\"total\":%d.25,\"at\":%d}"
            .formatted(family, id, total, total % 7));
  }

  /** A few documents of one of three families, some of which expire. */
  void write() {
    time += random.nextInt(10);
    String family = "f" + random.nextInt(3);
    List<Mutation> mutations = new ArrayList<>();
    for (int m = random.nextInt(4); m >= 0; m--) {
      String id = "o" + random.nextInt(8);
      String line = "l" + random.nextInt(3);
      mutations.add(
          switch (random.nextInt(8)) {
            case 0 -> FamilyFixture.remove(FamilyFixture.order(family, id));
            case 1 ->
                FamilyFixture.put(
                    FamilyFixture.user(family), "{\"u\":\"" + family + "\",\"name\":\"x\"}");
            case 2, 3 ->
                FamilyFixture.put(
                    FamilyFixture.line(family, id, line),
                    "{\"u\":\"%s\",\"o\":\"%s\",\"l\":\"%s\",\"sku\":\"s%d\"%s}"
                        .formatted(
                            family,
                            id,
                            line,
                            random.nextInt(4),
                            random.nextInt(4) == 0 ? ",\"t\":" + (time + random.nextInt(40)) : ""));
            case 4 -> FamilyFixture.remove(FamilyFixture.line(family, id, line));
            default -> order(family, id, random.nextInt(9));
          });
    }
    write(mutations);
  }

  // ---- Entries of a verification ----

  /** How many totals of orders a part of a recount has changed. */
  int recount(byte[] family, List<RecountTarget> targets, byte[] from, byte[] to) {
    return (Integer)
        Objects.requireNonNull(
            shard.applyNew(
                new Entry.Recount(
                    shard.header(EntryKind.RECOUNT, time),
                    family,
                    FamilyFixture.ORDERS,
                    targets,
                    from,
                    to),
                false));
  }

  // ---- Looks ----

  /** Looks at whole families, however large they are. */
  VerifyPage verify() {
    try (ReadView view = shard.slot().snapshot()) {
      return Verifier.page(
          view, TestShard.NONE, 0, 100_000, 1 << 30, new Verifier.Size(10_000, 16 << 20));
    }
  }

  /** Both ways of looking find nothing, and neither does a count of our own. */
  void assertRight(String when) {
    FamilyModel.check(shard);
    FamilyWalk parts = FamilyWalk.tiny(false, () -> {});
    parts.run(shard, time);
    assertThat(parts.differences).as("%s: %s", when, parts.counts()).isEmpty();
    VerifyPage page = verify();
    assertThat(page.differences()).as(when).isEmpty();
    assertThat(page.documents()).isEqualTo(parts.documents);
    assertThat(page.rows()).isEqualTo(parts.rows);
  }
}
