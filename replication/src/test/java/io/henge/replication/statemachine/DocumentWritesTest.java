package io.henge.replication.statemachine;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.error.ErrorCode;
import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.document.codec.DocumentCodec;
import io.henge.engine.KeySpace;
import io.henge.engine.memory.InMemoryStorageEngine;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DocumentWritesTest {
  private static final long START = 1_000_000;
  private static final byte[] KEY = TestShard.key("ann", TestShard.DOCUMENTS, "1");
  private static final String ANN = "{\"s\":\"ann\",\"i\":\"1\",\"n\":1}";

  @TempDir Path directory;

  private TestShard shard;
  private long sequence;

  @BeforeEach
  void create() {
    shard = new TestShard(new InMemoryStorageEngine(), directory).create(START);
  }

  @AfterEach
  void close() {
    shard.close();
  }

  private WriteOutcome write(Mutation... mutations) {
    return writeAt(START, mutations);
  }

  private WriteOutcome writeAt(long time, Mutation... mutations) {
    return shard.write(time, TestShard.command(++sequence, time + 5000, mutations)).get(0);
  }

  private static Mutation put(String json) {
    return TestShard.mutation(KEY, new Action.Put(TestShard.document(json), Action.TTL_DEFAULT));
  }

  private static Mutation patch(String json) {
    return TestShard.mutation(KEY, TestShard.patch(json));
  }

  private String stored() {
    StoredItem item = Objects.requireNonNull(shard.get(KEY));
    return DocumentCodec.decode(((Value.Document) item.value()).bytes()).toString();
  }

  private void assertRefused(WriteOutcome outcome, String message) {
    assertThat(outcome.error()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(outcome.message()).contains(message);
  }

  @Test
  void shouldPatchADocumentWhereItIsStored() {
    write(put(ANN));
    WriteOutcome outcome =
        write(
            new Mutation(
                KEY,
                new Condition.Matches(TestShard.filter("n = 1")),
                TestShard.patch("{\"inc\":{\"n\":0.5},\"push\":{\"list\":7}}"),
                true,
                true));
    WriteOutcome.Result result = outcome.results().get(0);
    assertThat(stored()).isEqualTo("{\"s\":\"ann\",\"i\":\"1\",\"n\":1.5,\"list\":[7]}");
    assertThat(Objects.requireNonNull(result.previous()).value())
        .isEqualTo(TestShard.document(ANN));
    assertThat(Objects.requireNonNull(result.current()).value())
        .isEqualTo(TestShard.document(stored()));
    assertThat(result.current().version()).isEqualTo(result.version());
  }

  @Test
  void shouldAnswerARetryOfAPatchAsBefore() {
    write(put(ANN));
    WriteCommand command =
        TestShard.command(
            ++sequence,
            START + 5000,
            new Mutation(
                KEY, Condition.none(), TestShard.patch("{\"inc\":{\"n\":1}}"), true, true));
    WriteOutcome first = shard.write(START, command).get(0);
    write(patch("{\"inc\":{\"n\":10}}"));
    shard.crash();
    WriteOutcome again = shard.write(START, command).get(0);
    assertThat(again.results()).usingRecursiveComparison().isEqualTo(first.results());
    assertThat(stored()).contains("\"n\":12");
  }

  @Test
  void shouldNotTakeEffectIfTheFilterDoesNotMatch() {
    Mutation conditional =
        new Mutation(
            KEY,
            new Condition.Matches(TestShard.filter("n > 1")),
            TestShard.patch("{\"inc\":{\"n\":1}}"),
            false);
    assertThat(write(conditional).error()).isEqualTo(ErrorCode.CONDITION_FAILED);
    write(put(ANN));
    assertThat(write(conditional).error()).isEqualTo(ErrorCode.CONDITION_FAILED);
    write(patch("{\"set\":{\"n\":2}}"));
    assertThat(write(conditional).error()).isNull();
    assertThat(stored()).contains("\"n\":3");
  }

  @Test
  void shouldBeginFromADocumentThatThePatchBrings() {
    assertThat(write(patch("{\"inc\":{\"n\":1}}")).error()).isEqualTo(ErrorCode.NOT_FOUND);
    Mutation upsert =
        TestShard.mutation(
            KEY, TestShard.patch("{\"inc\":{\"n\":1}}", "{\"s\":\"ann\",\"i\":\"1\"}"));
    assertThat(write(upsert).results().get(0).existed()).isFalse();
    assertThat(write(upsert).results().get(0).existed()).isTrue();
    assertThat(stored()).isEqualTo("{\"s\":\"ann\",\"i\":\"1\",\"n\":2}");
  }

  @Test
  void shouldKeepTheKeysOfADocument() {
    write(put(ANN));
    assertRefused(write(patch("{\"set\":{\"i\":\"2\"}}")), "field of the document's key");
    assertRefused(write(patch("{\"unset\":\"s\"}")), "s: a part of the document's key");
    assertRefused(write(patch("{\"set\":{\"s\":[]}}")), "s: a part of the document's key");
    assertThat(stored()).isEqualTo(ANN);
  }

  @Test
  void shouldChangeNothingIfOneOfABatchFails() {
    write(put(ANN));
    long version = shard.machine().state().version();
    WriteOutcome outcome =
        write(
            patch("{\"inc\":{\"n\":1}}"),
            TestShard.mutation(
                TestShard.key("ann", TestShard.PLAIN, "x"),
                new Action.Put(Value.of("v"), Action.TTL_DEFAULT)),
            patch("{\"inc\":{\"s\":1}}"));
    assertRefused(outcome, "another type");
    assertThat(outcome.failedMutation()).isEqualTo(2);
    assertThat(stored()).isEqualTo(ANN);
    assertThat(shard.get(TestShard.key("ann", TestShard.PLAIN, "x"))).isNull();
    assertThat(shard.machine().state().version()).isEqualTo(version);
  }

  @Test
  void shouldGiveNoVersionToAPatchThatChangesNothing() {
    write(put("{\"s\":\"ann\",\"i\":\"1\",\"list\":[1,2]}"));
    long version = Objects.requireNonNull(shard.get(KEY)).version();
    WriteOutcome outcome = write(patch("{\"addToSet\":{\"list\":2}}"));
    assertThat(outcome.results().get(0).version()).isEqualTo(version);
    assertThat(shard.machine().state().version()).isEqualTo(version);
  }

  @Test
  void shouldKeepItemsAndDocumentsApart() {
    byte[] plain = TestShard.key("ann", TestShard.PLAIN, "1");
    assertRefused(
        write(TestShard.mutation(KEY, new Action.Put(Value.of("v"), 0))), "holds documents");
    assertRefused(write(TestShard.mutation(KEY, new Action.Add(1))), "holds documents");
    assertRefused(
        write(TestShard.mutation(plain, new Action.Put(TestShard.document(ANN), 0))),
        "holds items");
    assertRefused(
        write(TestShard.mutation(plain, TestShard.patch("{\"inc\":{\"n\":1}}", ANN))),
        "holds items");
    assertRefused(write(TestShard.mutation(KEY, new Action.Touch(5))), "set t");
  }

  @Test
  void shouldExpireWhenTheDocumentSays() {
    write(put("{\"s\":\"ann\",\"i\":\"1\",\"t\":" + (START + 100) + "}"));
    assertThat(expiry()).isEqualTo(START + 100);
    write(patch("{\"set\":{\"x\":1}}"));
    assertThat(expiry()).isEqualTo(START + 100);
    write(patch("{\"set\":{\"t\":" + (START + 200) + "}}"));
    assertThat(expiry()).isEqualTo(START + 200);
    shard.tick(START + 199);
    assertThat(shard.get(KEY)).isNotNull();
    shard.tick(START + 200);
    assertThat(shard.get(KEY)).isNull();
    assertThat(shard.rows(KeySpace.EXPIRY)).isEmpty();
  }

  @Test
  void shouldStayIfItDoesNotSayAnyMore() {
    write(put("{\"s\":\"ann\",\"i\":\"1\",\"t\":" + (START + 100) + "}"));
    write(patch("{\"unset\":\"t\"}"));
    assertThat(expiry()).isZero();
    assertThat(shard.rows(KeySpace.EXPIRY)).isEmpty();
  }

  @Test
  void shouldKeepATimeToLiveThatCameWithThePut() {
    write(TestShard.mutation(KEY, new Action.Put(TestShard.document(ANN), 300)));
    write(patch("{\"inc\":{\"n\":1}}"));
    assertThat(expiry()).isEqualTo(START + 300);
  }

  /** No item may be there that expires before the shard's time. */
  @Test
  void shouldBeThereForItsOwnEntryIfItIsOverAlready() {
    write(put("{\"s\":\"ann\",\"i\":\"1\",\"t\":7}"));
    assertThat(expiry()).isEqualTo(START + 1);
    shard.tick(START + 1);
    assertThat(shard.get(KEY)).isNull();
  }

  @Test
  void shouldRefuseATimeThatIsNone() {
    write(put(ANN));
    assertRefused(write(patch("{\"set\":{\"t\":\"soon\"}}")), "t: the time when");
    assertRefused(write(put("{\"s\":\"ann\",\"i\":\"1\",\"t\":-5}")), "t: the time when");
    assertThat(stored()).isEqualTo(ANN);
  }

  @Test
  void shouldRefuseADocumentThatGrowsTooLarge() {
    write(put("{\"s\":\"ann\",\"i\":\"1\",\"x\":\"" + "a".repeat(1_000_000) + "\"}"));
    assertRefused(write(patch("{\"set\":{\"y\":\"" + "a".repeat(100_000) + "\"}}")), "too large");
    assertThat(stored()).doesNotContain("\"y\"");
  }

  @Test
  void shouldCountTheStepsOfAWholeWrite() {
    StringBuilder list = new StringBuilder("{\"s\":\"ann\",\"i\":\"1\",\"list\":[0");
    for (int i = 1; i < 20_000; i++) {
      list.append(',').append(i);
    }
    write(put(list.append("]}").toString()));
    Mutation costly =
        new Mutation(
            KEY,
            new Condition.Matches(TestShard.filter("list contains 19999")),
            Action.Check.CHECK,
            false);
    assertThat(write(costly).error()).isNull();
    Mutation[] many = new Mutation[200];
    java.util.Arrays.fill(many, costly);
    assertRefused(write(many), "too expensive");
  }

  private long expiry() {
    return Objects.requireNonNull(shard.get(KEY)).expiresAtMillis();
  }
}
