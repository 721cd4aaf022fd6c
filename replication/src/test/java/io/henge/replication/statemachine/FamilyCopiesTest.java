package io.henge.replication.statemachine;

import static io.henge.replication.statemachine.FamilyFixture.json;
import static io.henge.replication.statemachine.FamilyFixture.line;
import static io.henge.replication.statemachine.FamilyFixture.order;
import static io.henge.replication.statemachine.FamilyFixture.patch;
import static io.henge.replication.statemachine.FamilyFixture.put;
import static io.henge.replication.statemachine.FamilyFixture.remove;
import static io.henge.replication.statemachine.FamilyFixture.user;
import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.error.ErrorCode;
import io.henge.engine.KeySpace;
import io.henge.engine.memory.InMemoryStorageEngine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FamilyCopiesTest {
  private static final long START = 1_000_000;

  @TempDir Path directory;
  private TestShard shard;
  private long requests;
  private long time = START;

  @BeforeEach
  void setUp() {
    shard = new TestShard(new InMemoryStorageEngine(), directory);
    shard.create(START, TestShard.NONE, TestShard.NONE, FamilyFixture.all());
  }

  @AfterEach
  void tearDown() {
    shard.close();
  }

  private WriteOutcome write(Mutation... mutations) {
    return shard.write(++time, TestShard.command(++requests, time + 10_000, mutations)).get(0);
  }

  private void done(Mutation... mutations) {
    WriteOutcome outcome = write(mutations);
    assertThat(outcome.error()).describedAs(String.valueOf(outcome.message())).isNull();
  }

  private static Mutation ann() {
    return put(user("ann"), "{\"u\":\"ann\",\"name\":\"Ann\"}");
  }

  private static Mutation anOrder(String id, String rest) {
    return put(order("ann", id), "{\"u\":\"ann\",\"o\":\"" + id + "\"" + rest + "}");
  }

  private String annsJson() {
    return Objects.requireNonNull(json(shard, user("ann")));
  }

  /** Nobody is refused for what the engine has written beside it. */
  @Test
  void shouldCountWhatApplicationsWriteOnly() {
    String most = "x".repeat(ApplyLimits.VALUE_BYTES_MAX - 60);
    done(put(user("ann"), "{\"u\":\"ann\",\"text\":\"" + most + "\"}"));
    for (int i = 0; i < 3; i++) {
      done(anOrder("o" + i, ",\"status\":\"" + "s".repeat(1_800) + "\",\"at\":" + i));
    }
    assertThat(annsJson().length()).isGreaterThan(ApplyLimits.VALUE_BYTES_MAX + 5_000);
    done(patch(user("ann"), "{\"inc\":{\"n\":1}}"));
    assertThat(annsJson()).contains("\"n\":1");
    WriteOutcome refused =
        write(patch(user("ann"), "{\"set\":{\"more\":\"" + "y".repeat(200) + "\"}}"));
    assertThat(refused.error()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(refused.message())
        .contains("the document would be too large")
        .contains("without what copies write, the limit is 1048576");
    assertThat(annsJson()).doesNotContain("\"more\"");
    done(patch(user("ann"), "{\"unset\":[\"n\"]}"));
  }

  @Test
  void shouldGiveANewHolderWhatIsThere() {
    done(anOrder("o1", ",\"total\":1.50,\"at\":5"));
    done(ann());
    assertThat(annsJson())
        .isEqualTo(
            "{\"u\":\"ann\",\"name\":\"Ann\",\"order_count\":1,\"figures\":{\"spent\":1.5,\"pieces\":0},"
                + "\"recent\":[{\"o\":\"o1\",\"total\":1.50,\"lines\":0}]}");
    done(remove(user("ann")), anOrder("o2", ",\"total\":1.50,\"at\":1"));
    assertThat(json(shard, user("ann"))).isNull();
    done(
        put(
            user("ann"),
            "{\"u\":\"ann\",\"figures\":{\"own\":1},\"order_count\":99,\"recent\":7}"));
    assertThat(annsJson())
        .isEqualTo(
            "{\"u\":\"ann\",\"figures\":{\"own\":1,\"spent\":3,\"pieces\":0},\"order_count\":2,"
                + "\"recent\":[{\"o\":\"o2\",\"total\":1.50,\"lines\":0},"
                + "{\"o\":\"o1\",\"total\":1.50,\"lines\":0}]}");
  }

  @Test
  void shouldKeepTheLastInOrderWithTiesById() {
    done(ann());
    done(anOrder("b", ",\"at\":5"), anOrder("a", ",\"at\":5.0"), anOrder("c", ""));
    assertThat(recent()).containsExactly("c", "a", "b");
    done(anOrder("d", ",\"at\":4"));
    assertThat(recent()).containsExactly("d", "a", "b");
    done(patch(order("ann", "d"), "{\"set\":{\"at\":\"later\"}}"));
    assertThat(recent()).containsExactly("a", "b", "d");
    done(remove(order("ann", "b")));
    assertThat(recent()).containsExactly("c", "a", "d");
    done(remove(order("ann", "a")), remove(order("ann", "d")), anOrder("e", ",\"at\":-1"));
    assertThat(recent()).containsExactly("c", "e");
  }

  private List<String> recent() {
    String json = annsJson();
    String list = json.substring(json.indexOf("\"recent\""));
    return java.util.regex.Pattern.compile("\"o\":\"(.)\"")
        .matcher(list)
        .results()
        .map(found -> found.group(1))
        .toList();
  }

  @Test
  void shouldLetChainsArriveInOneEntry() {
    done(ann(), anOrder("o1", ",\"at\":1"), anOrder("o2", ",\"at\":2"));
    done(
        put(line("ann", "o1", "1"), "{\"u\":\"ann\",\"o\":\"o1\",\"l\":\"1\",\"sku\":\"pear\"}"),
        put(line("ann", "o1", "2"), "{\"u\":\"ann\",\"o\":\"o1\",\"l\":\"2\",\"sku\":\"fig\"}"));
    assertThat(json(shard, order("ann", "o1")))
        .isEqualTo(
            "{\"u\":\"ann\",\"o\":\"o1\",\"at\":1,\"lines\":2,\"skus\":[{\"sku\":\"fig\"},{\"sku\":\"pear\"}]}");
    assertThat(annsJson())
        .contains("\"pieces\":2")
        .contains("\"recent\":[{\"o\":\"o1\",\"lines\":2},{\"o\":\"o2\",\"lines\":0}]");
  }

  @Test
  void shouldTakeBackWhatAFailedCommandHasDerived() {
    done(ann(), anOrder("o1", ",\"total\":1,\"at\":1"));
    String before = annsJson();
    var rows = shard.rows(KeySpace.INDEX);
    WriteOutcome failed =
        write(
            anOrder("o2", ",\"total\":5,\"at\":2"),
            remove(order("ann", "o1")),
            patch(user("ann"), "{\"inc\":{\"name\":1}}"));
    assertThat(failed.error()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(annsJson()).isEqualTo(before);
    assertThat(shard.rows(KeySpace.INDEX)).isEqualTo(rows);
    WriteOutcome beyond = write(anOrder("o3", ",\"total\":1e38"));
    assertThat(beyond.error()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(beyond.message()).contains("total: copy 2 sums it up, numbers of at most 38 digits");
    assertThat(write(anOrder("o3", ",\"total\":1e-19")).error())
        .isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(annsJson()).isEqualTo(before);
    done(anOrder("o3", ",\"total\":1e37"), anOrder("o4", ",\"total\":1e-18"));
    assertThat(annsJson())
        .contains("\"spent\":10000000000000000000000000000000000001.000000000000000001");
    done(remove(order("ann", "o3")), remove(order("ann", "o4")));
    assertThat(annsJson()).isEqualTo(before);
    assertThat(shard.rows(KeySpace.INDEX)).isEqualTo(rows);
  }

  @Test
  void shouldCountNoLongerWhatHasExpired() {
    done(ann(), anOrder("o1", ",\"total\":1,\"at\":1,\"t\":" + (START + 500)));
    done(anOrder("o2", ",\"total\":2,\"at\":2"));
    assertThat(annsJson()).contains("\"order_count\":2");
    time = START + 600;
    shard.tick(time);
    assertThat(json(shard, order("ann", "o1"))).isNull();
    assertThat(annsJson()).contains("\"order_count\":1").contains("\"spent\":2");
    assertThat(annsJson()).contains("\"recent\":[{\"o\":\"o2\",\"total\":2,\"lines\":0}]");
  }

  @Test
  void shouldShortenMembersThatAreTooLarge() {
    done(ann(), anOrder("o1", ",\"at\":1,\"status\":\"" + "x".repeat(3000) + "\""));
    assertThat(annsJson()).contains("\"recent\":[{\"o\":\"o1\",\"_too_large\":true}]");
    done(anOrder("o1", ",\"at\":1,\"status\":" + "[".repeat(20) + "]".repeat(20)));
    assertThat(annsJson()).contains("\"recent\":[{\"o\":\"o1\",\"_too_large\":true}]");
    done(anOrder("o1", ",\"at\":1,\"status\":\"ok\""));
    assertThat(annsJson()).contains("\"recent\":[{\"o\":\"o1\",\"status\":\"ok\",\"lines\":0}]");
  }

  @Test
  void shouldAnswerWithTheVersionThatTheHolderHasInTheEnd() {
    done(anOrder("o1", ""));
    WriteOutcome outcome = write(ann());
    assertThat(outcome.results().get(0).version())
        .isEqualTo(Objects.requireNonNull(shard.get(user("ann"))).version());
    long version = outcome.results().get(0).version();
    assertThat(write(patch(user("ann"), "{\"set\":{\"name\":\"Ann\"}}")).results().get(0).version())
        .isEqualTo(version);
    done(patch(user("ann"), "{\"set\":{\"order_count\":7}}"));
    assertThat(annsJson()).contains("\"order_count\":1");
  }

  @Test
  void shouldPutOffWritesOfAnEntryThatTooMuchFollowsFrom() {
    done(put(user("ann"), "{\"u\":\"ann\",\"name\":\"" + "n".repeat(900_000) + "\"}"));
    List<WriteCommand> commands = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      commands.add(TestShard.command(++requests, time + 10_000, anOrder("o" + i, "")));
    }
    int rounds = 0;
    for (List<WriteCommand> left = commands; !left.isEmpty(); rounds++) {
      List<WriteOutcome> outcomes = shard.write(++time, left, true);
      List<WriteCommand> refused = new ArrayList<>();
      for (int i = 0; i < left.size(); i++) {
        ErrorCode error = outcomes.get(i).error();
        if (error != null) {
          assertThat(error).isEqualTo(ErrorCode.BUSY);
          assertThat(outcomes.get(i).retryAfterMillis()).isPositive();
          refused.add(left.get(i));
        }
      }
      assertThat(refused).hasSizeLessThan(left.size());
      left = refused;
    }
    assertThat(rounds).isBetween(3, 10);
    assertThat(annsJson()).contains("\"order_count\":200");
    // Under the same ids they take effect once.
    assertThat(shard.write(++time, commands, true)).allMatch(outcome -> outcome.error() == null);
    assertThat(annsJson()).contains("\"order_count\":200");
  }
}
