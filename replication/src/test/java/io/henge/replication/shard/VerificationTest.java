package io.henge.replication.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.RequestId;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.value.Json;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import io.henge.engine.ShardStore;
import io.henge.engine.WriteRows;
import io.henge.replication.shard.SimulatedReplicas.Answer;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.CopyRule;
import io.henge.replication.statemachine.Difference;
import io.henge.replication.statemachine.IndexInfo;
import io.henge.replication.statemachine.Mutation;
import io.henge.replication.statemachine.VerifyPage;
import io.henge.replication.statemachine.WriteCommand;
import io.henge.replication.statemachine.WriteOutcome;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Verification on a leader, of a family that is too large to be looked at as a whole. */
@Timeout(120)
class VerificationTest {
  private static final byte[] NONE = {};
  private static final int USERS = 10;
  private static final int ORDERS = 11;
  private static final int COUNT_RULE = 1;
  private static final int LIST_RULE = 2;
  private static final int INDEX = 77;
  private static final int DOCUMENTS = 5_000;

  @TempDir Path directory;
  private long sequence;

  private static final class Walk {
    private final List<Difference> differences = new ArrayList<>();
    private long documents;
    private long mended;
    private long skipped;
  }

  private SimulatedReplicas start(int verifiedPerSecond) {
    ReplicaLimits limits =
        new ReplicaLimits(
            4096,
            64 << 20,
            1000,
            4 << 20,
            100,
            64 << 20,
            65_000,
            20,
            256L << 20,
            verifiedPerSecond);
    SimulatedReplicas replicas =
        new SimulatedReplicas(
            directory, 3, limits, SimulatedReplicas.WHOLE, List.of(users(), orders()));
    put(replicas, List.of(mutation(user(), "{\"u\":\"star\"}")));
    List<Mutation> mutations = new ArrayList<>();
    for (int i = 0; i < DOCUMENTS; i++) {
      mutations.add(order(i));
      if (mutations.size() == 100) {
        put(replicas, mutations);
        mutations.clear();
      }
    }
    return replicas;
  }

  private static CollectionInfo users() {
    return new CollectionInfo(
        USERS,
        "users",
        0,
        false,
        false,
        1,
        new CollectionInfo.Documents(
            List.of("u"),
            List.of("u"),
            "",
            List.of(),
            List.of(
                rule(COUNT_RULE, CopyRule.Kind.COUNT, List.of(), "orders", 0, ""),
                rule(
                    LIST_RULE,
                    CopyRule.Kind.LIST,
                    List.of(new CopyRule.Field("o", "o")),
                    "recent",
                    5,
                    "o")),
            null));
  }

  private static CopyRule rule(
      int id, CopyRule.Kind kind, List<CopyRule.Field> fields, String target, int last, String by) {
    return new CopyRule(
        id,
        kind,
        ORDERS,
        fields,
        target,
        List.of(),
        last,
        by,
        0,
        CopyRule.WhenDeleted.KEEP,
        CopyRule.State.LIVE);
  }

  private static CollectionInfo orders() {
    return new CollectionInfo(
        ORDERS,
        "orders",
        0,
        false,
        false,
        1,
        new CollectionInfo.Documents(
            List.of("u"),
            List.of("o"),
            "",
            List.of(new IndexInfo(INDEX, "by_t", List.of(new IndexInfo.Field("t", false)))),
            List.of(),
            null));
  }

  private static byte[] user() {
    return PhysicalKey.of(Key.of("star"), USERS, Key.EMPTY);
  }

  private static Mutation order(int i) {
    return mutation(
        PhysicalKey.of(Key.of("star"), ORDERS, Key.of(i)),
        "{\"u\":\"star\",\"o\":" + i + ",\"t\":" + i % 10 + "}");
  }

  private static Mutation mutation(byte[] key, String json) {
    Value.Document document = new Value.Document(DocumentCodec.encode(Json.parseObject(json)));
    return new Mutation(key, Condition.none(), new Action.Put(document, Action.TTL_DEFAULT), false);
  }

  private void put(SimulatedReplicas replicas, List<Mutation> mutations) {
    String leader = replicas.leaderId();
    WriteCommand command =
        new WriteCommand(
            new RequestId(3, 4, ++sequence),
            replicas.cluster.node(leader).wallMillis() + 30_000,
            1,
            List.copyOf(mutations));
    Answer<WriteOutcome> answer = replicas.queue(leader, command, 5_000);
    replicas.shard(leader).flush();
    replicas.runUntil(() -> answer.result != null);
    assertThat(answer.get().error()).isNull();
  }

  /** Changes what is stored, on all replicas. */
  private static void plant(SimulatedReplicas replicas) {
    awaitAll(replicas);
    for (String id : replicas.ids) {
      ShardStore store = replicas.slot(id);
      change(store, INDEX, row -> row[row.length - 1] % 7 == 0, null);
      // Format, repairs, a count of 1, a sum of 0.
      change(store, COUNT_RULE, row -> true, new byte[] {1, 0, 2, 0, 1, 0});
    }
  }

  private static void change(
      ShardStore store, int id, Predicate<byte[]> which, byte @Nullable [] value) {
    try (ReadView view = store.snapshot();
        RowCursor cursor = view.scan(KeySpace.INDEX, NONE, NONE, false);
        WriteRows rows = store.batch()) {
      while (cursor.next()) {
        byte[] row = cursor.key();
        if (PhysicalKey.collectionId(row) == id && which.test(row)) {
          if (value == null) {
            rows.delete(KeySpace.INDEX, row);
          } else {
            rows.put(KeySpace.INDEX, row, value);
          }
        }
      }
      store.write(rows);
    }
  }

  private static Walk walk(SimulatedReplicas replicas, boolean repair) {
    Walk walk = new Walk();
    byte[] from = NONE;
    do {
      CompletableFuture<VerifyOutcome> asked = replicas.leader().verify(from, 0, repair);
      replicas.runUntil(asked::isDone);
      VerifyOutcome outcome = asked.join();
      VerifyPage page = outcome.page();
      walk.differences.addAll(page.differences());
      walk.documents += page.documents();
      walk.skipped += page.skipped();
      walk.mended += outcome.mended();
      from = page.next();
    } while (from != null);
    return walk;
  }

  @Test
  void shouldFindAndMendWhatIsWrongInALargeFamily() {
    SimulatedReplicas replicas = start(0);
    Walk clean = walk(replicas, false);
    assertThat(clean.differences).isEmpty();
    assertThat(clean.documents).isEqualTo(DOCUMENTS + 1);
    assertThat(clean.skipped).isZero();
    plant(replicas);
    Walk found = walk(replicas, true);
    assertThat(found.differences).extracting(Difference::id).contains(INDEX, COUNT_RULE);
    assertThat(found.mended).as("it is one family, on many pages").isEqualTo(1);
    assertThat(walk(replicas, false).differences).isEmpty();
    assertEqual(replicas);
  }

  private static void awaitAll(SimulatedReplicas replicas) {
    long applied = replicas.leader().state().applied().index();
    replicas.runUntil(
        () ->
            replicas.ids.stream()
                .allMatch(id -> replicas.shard(id).state().applied().index() >= applied));
  }

  private static void assertEqual(SimulatedReplicas replicas) {
    awaitAll(replicas);
    List<String> first = rows(replicas.slot(replicas.ids.get(0)));
    assertThat(first).hasSizeGreaterThan(2 * DOCUMENTS);
    for (String id : replicas.ids) {
      assertThat(rows(replicas.slot(id))).isEqualTo(first);
    }
  }

  private static List<String> rows(ShardStore store) {
    List<String> rows = new ArrayList<>();
    try (ReadView view = store.snapshot()) {
      for (KeySpace space : List.of(KeySpace.DATA, KeySpace.INDEX)) {
        try (RowCursor cursor = view.scan(space, NONE, NONE, false)) {
          while (cursor.next()) {
            rows.add(
                java.util.HexFormat.of().formatHex(cursor.key())
                    + " "
                    + java.util.HexFormat.of().formatHex(cursor.value()));
          }
        }
      }
    }
    return rows;
  }

  @Test
  void shouldMendALargeFamilyInTheBackground() {
    SimulatedReplicas replicas = start(5_000);
    plant(replicas);
    replicas.runUntil(() -> replicas.leader().documents().differences() > 100);
    long[] looked = {replicas.leader().documents().verified()};
    // Twice round, and whatever was wrong has been seen.
    replicas.runUntil(() -> replicas.leader().documents().verified() > looked[0] + 2L * DOCUMENTS);
    assertThat(walk(replicas, false).differences).isEmpty();
    assertEqual(replicas);
  }

  @Test
  void shouldGiveSnapshotsBackWhenItIsClosed() {
    SimulatedReplicas replicas = start(0);
    String leader = replicas.leaderId();
    byte[] from = NONE;
    // Up to where the pass over totals begins.
    while (true) {
      CompletableFuture<VerifyOutcome> asked = replicas.leader().verify(from, 0, false);
      replicas.runUntil(asked::isDone);
      byte[] next = Objects.requireNonNull(asked.join().page().next());
      int step = PhysicalKey.endOfShardingKey(next) + 1 + Integer.BYTES;
      from = next;
      if (next.length > step && next[step] == 3) {
        break;
      }
    }
    CompletableFuture<VerifyOutcome> asked = replicas.leader().verify(from, 0, false);
    ReplicatedShard shard = replicas.shard(leader);
    // Some of its slices, which take no time here, and not all.
    int[] events = {0};
    replicas.runUntil(() -> events[0]++ == 3);
    assertThat(asked).isNotDone();
    shard.close();
    replicas.runUntil(asked::isDone);
    assertThatThrownBy(asked::join).isInstanceOf(CompletionException.class);
    // It would wait for whoever holds a view.
    replicas.slot(leader).close();
  }
}
