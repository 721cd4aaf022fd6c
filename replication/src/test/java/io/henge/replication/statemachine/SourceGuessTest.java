package io.henge.replication.statemachine;

import static io.henge.replication.statemachine.FollowFixture.FOLLOW;
import static io.henge.replication.statemachine.FollowFixture.ORDERS;
import static io.henge.replication.statemachine.FollowFixture.PRODUCTS;
import static io.henge.replication.statemachine.FollowFixture.SNAPSHOT;
import static io.henge.replication.statemachine.FollowFixture.order;
import static io.henge.replication.statemachine.FollowFixture.product;
import static io.henge.replication.statemachine.FollowFixture.put;
import static io.henge.replication.statemachine.FollowFixture.remove;
import static io.henge.replication.statemachine.TestShard.NONE;
import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.error.ErrorCode;
import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.testing.Seed;
import io.henge.document.patch.Patch;
import io.henge.document.patch.PatchCodec;
import io.henge.document.patch.Patches;
import io.henge.document.value.Json;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import io.henge.engine.memory.InMemoryStorageEngine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SourceGuessTest {
  private static final byte[] ORDER = order("ann", "1");

  @TempDir Path directory;

  private TestShard shard;
  private long sequence;
  private long now = 1_000_000;

  @BeforeEach
  void create() {
    shard = new TestShard(new InMemoryStorageEngine(), directory);
    shard.create(now, NONE, NONE, List.of(PRODUCTS, ORDERS));
  }

  @AfterEach
  void close() {
    shard.close();
  }

  private WriteCommand command(Mutation... mutations) {
    return new WriteCommand(
        TestShard.request(++sequence), now + 5000, 9, Arrays.asList(mutations), List.of());
  }

  private WriteOutcome write(WriteCommand command) {
    return shard.write(++now, List.of(command), false).get(0);
  }

  private List<SourceKey> guess(WriteCommand command) {
    try (ReadView view = shard.slot().latest()) {
      return SourceGuess.of(shard.machine().state(), view, command);
    }
  }

  private static Mutation patch(byte[] key, Patch patch, @Nullable String initial) {
    byte[] begin = FollowFixture.fields(initial);
    return TestShard.mutation(
        key, new Action.Patch(begin == null ? NONE : begin, PatchCodec.encode(patch)));
  }

  private static Mutation insert(byte[] key, String json) {
    return new Mutation(
        key,
        Condition.absent(),
        new Action.Put(TestShard.document(json), Action.TTL_DEFAULT),
        false);
  }

  private static String holder(String... products) {
    StringBuilder items = new StringBuilder();
    for (String product : products) {
      items.append(items.isEmpty() ? "" : ",").append(item(product));
    }
    return "{\"u\":\"ann\",\"o\":\"1\",\"items\":[" + items + "]}";
  }

  private static String item(String product) {
    return "{\"p\":\"" + product + "\"}";
  }

  /** Some of what is lacking, as it was found; what is followed may come later. */
  private static List<CopySource> found(List<SourceKey> missing, Random random) {
    List<CopySource> sources = new ArrayList<>();
    for (SourceKey source : missing) {
      boolean late = source.ruleId() == FOLLOW && random.nextInt(3) == 0;
      String fields = source.ruleId() == FOLLOW ? "{\"name\":\"n\"}" : "{\"paid\":5}";
      sources.add(
          late
              ? CopySource.unknown(source.ruleId(), source.key())
              : new CopySource(source.ruleId(), source.key(), 7, FollowFixture.fields(fields)));
    }
    return sources;
  }

  @Test
  void shouldNameExactlyWhatApplyLacks() {
    Random random = Seed.random("SourceGuessTest");
    int lacking = 0;
    int content = 0;
    for (int i = 0; i < 3_000 || lacking < 300 || content < 300; i++) {
      Mutation mutation = some(random);
      WriteCommand command = command(mutation);
      List<SourceKey> guess = guess(command);
      WriteOutcome outcome = write(command);
      String what = i + ": " + mutation;
      if (!outcome.missing().isEmpty()) {
        lacking++;
        if (guess.isEmpty() && leavesItemsAlone(mutation)) {
          assertThat(outcome.missing()).as(what).allMatch(source -> source.ruleId() == FOLLOW);
          guess = outcome.missing();
        }
        assertThat(guess).as(what).containsExactlyInAnyOrderElementsOf(outcome.missing());
        WriteCommand whole = command.withSources(found(outcome.missing(), random));
        assertThat(SourceGuess.isWorthIt(shard.machine().state(), whole)).isFalse();
        assertThat(write(whole).error()).as(what).isNull();
      } else if (outcome.error() == null) {
        content++;
        assertThat(guess).as(what).isEmpty();
      }
      if (random.nextInt(20) == 0) {
        forgetUnheld();
      }
    }
  }

  /** A followed copy that could not be found out earlier is none of a patch's business. */
  private static boolean leavesItemsAlone(Mutation mutation) {
    return mutation.action() instanceof Action.Patch action
        && PatchCodec.decode(action.patch()).operations().stream()
            .allMatch(operation -> operation.path().toString().matches("n|items\\[0].note"));
  }

  private Mutation some(Random random) {
    byte[] key = random.nextBoolean() ? ORDER : order("ann", "" + random.nextInt(4));
    String id =
        key == ORDER ? "1" : (String) io.henge.api.key.PhysicalKey.sortKey(key).parts().get(0);
    String product = "p" + random.nextInt(40);
    String document =
        "{\"u\":\"ann\",\"o\":\""
            + id
            + "\",\"items\":["
            + item(product)
            + (random.nextBoolean() ? "" : "," + item("p" + random.nextInt(40)))
            + "]}";
    String initial = random.nextInt(3) == 0 ? document : null;
    return switch (random.nextInt(11)) {
      case 0 -> remove(key);
      case 1, 2 -> insert(key, document);
      case 3, 4 -> put(key, document);
      case 5 -> patch(key, Patches.set("items[0].p", product), initial);
      case 6 -> patch(key, Patches.push("items", Json.parse(item(product))), initial);
      case 7 -> patch(key, Patches.unset("items[0]"), initial);
      case 8 ->
          patch(
              key, Patches.merge(Json.parseObject("{\"items\":[" + item(product) + "]}")), initial);
      case 9 -> patch(key, Patches.inc("n", 1).set("items[0].note", product), initial);
      default -> patch(key, Patches.replace(Json.parseObject(document)), null);
    };
  }

  /** As if the shard had been told that nobody follows them any more. */
  private void forgetUnheld() {
    List<byte[]> rows = new ArrayList<>();
    try (ReadView view = shard.slot().snapshot();
        RowCursor cursor = view.scan(KeySpace.KNOWN, NONE, NONE, false)) {
      while (cursor.next()) {
        rows.add(cursor.key());
      }
    }
    for (byte[] row : rows) {
      SourceKey source = FollowRows.source(row);
      shard.applyNew(
          new Entry.Follow(
              shard.header(EntryKind.LEARN, ++now),
              List.of(
                  new FollowCommand.Learn(
                      new SourceKey(FOLLOW, source.key()),
                      now << 16,
                      FollowFixture.fields("{}"),
                      NONE))),
          false);
    }
  }

  @Test
  void shouldLeaveAloneWhatNoRuleWrites() {
    WriteCommand products = command(put(product("pear"), "{\"p\":\"pear\"}"));
    assertThat(SourceGuess.isWorthIt(shard.machine().state(), products)).isFalse();
    assertThat(guess(products)).isEmpty();
    WriteCommand deletes = command(remove(ORDER));
    assertThat(SourceGuess.isWorthIt(shard.machine().state(), deletes)).isFalse();
    Mutation damaged =
        TestShard.mutation(new byte[] {1, 2, 3}, put(ORDER, holder("pear")).action());
    assertThat(SourceGuess.isWorthIt(shard.machine().state(), command(damaged))).isFalse();
  }

  @Test
  void shouldLeaveToApplyWhatItCannotTell() {
    Mutation garbage =
        TestShard.mutation(ORDER, new Action.Patch(NONE, new byte[] {(byte) 200, 1, 2}));
    assertThat(guess(command(garbage))).isEmpty();
    // Too many for one write.
    String[] many = new String[300];
    for (int i = 0; i < many.length; i++) {
      many[i] = "p" + i;
    }
    Mutation[] mutations = new Mutation[8];
    for (int i = 0; i < mutations.length; i++) {
      mutations[i] =
          insert(order("ann", "" + i), holder(many).replace("\"o\":\"1\"", "\"o\":\"" + i + "\""));
    }
    WriteCommand command = command(mutations);
    assertThat(write(command).error()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(guess(command)).hasSize(600);
  }

  @Test
  void shouldNotAskForWhatIsThereAlready() {
    WriteCommand first = command(insert(ORDER, holder("pear")));
    assertThat(guess(first))
        .containsExactlyInAnyOrder(
            new SourceKey(FOLLOW, product("pear")), new SourceKey(SNAPSHOT, product("pear")));
    write(
        first.withSources(
            List.of(
                FollowFixture.source(FOLLOW, "pear", 7, "{\"name\":\"Pear\"}"),
                FollowFixture.source(SNAPSHOT, "pear", 7, "{\"paid\":5}"))));
    assertThat(guess(command(put(ORDER, holder("pear"))))).isEmpty();
    assertThat(guess(command(patch(ORDER, Patches.set("items[0].note", 1), null)))).isEmpty();
    assertThat(guess(command(put(ORDER, holder("pear", "fig")))))
        .containsExactlyInAnyOrder(
            new SourceKey(FOLLOW, product("fig")), new SourceKey(SNAPSHOT, product("fig")));
    assertThat(guess(command(insert(order("ann", "2"), holder("pear")))))
        .as("known to the shard, but not filled in")
        .containsExactly(new SourceKey(SNAPSHOT, product("pear")));
  }
}
