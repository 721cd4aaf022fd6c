package io.henge.server.copies;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.RequestId;
import io.henge.engine.ReadView;
import io.henge.engine.memory.InMemoryStorageEngine;
import io.henge.replication.statemachine.CopyRule;
import io.henge.replication.statemachine.CopyWork;
import io.henge.replication.statemachine.FollowCommand;
import io.henge.replication.statemachine.FollowOutcome;
import io.henge.replication.statemachine.Mutation;
import io.henge.replication.statemachine.RingRange;
import io.henge.replication.statemachine.ShardState;
import io.henge.replication.statemachine.SourceKey;
import io.henge.replication.statemachine.WriteCommand;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a change is sent to shards that do not answer for a while. */
class ChangeSenderTest {
  private static final byte[] NONE = new byte[0];
  private static final byte[] HALF = {(byte) 128};
  private static final RingRange LOWER = new RingRange(NONE, HALF);
  private static final RingRange UPPER = new RingRange(HALF, NONE);
  private static final byte[] PRODUCT = ProductsAndOrders.product("pear");
  private static final SourceKey SOURCE = new SourceKey(ProductsAndOrders.RULE, PRODUCT);

  private final VirtualClock clock = new VirtualClock(1_000_000);
  private final Map<RingRange, Integer> sent = new HashMap<>();
  private final InMemoryStorageEngine engine = new InMemoryStorageEngine();
  private int refusals;
  private ErrorCode refusal = ErrorCode.NOT_LEADER;

  @TempDir private Path directory;
  private SimulatedShard shard;
  private ChangeSender sender;

  @BeforeEach
  void setUp() {
    shard =
        SimulatedShard.create(
            1,
            engine,
            directory,
            NONE,
            NONE,
            ProductsAndOrders.collections(CopyRule.WhenDeleted.KEEP),
            clock.millis());
    write("{\"p\":\"pear\",\"name\":\"Pear\"}", 1);
    shard.follow(
        List.of(new FollowCommand.Watch(SOURCE, new RingRange(NONE, NONE))), clock.millis());
    write("{\"p\":\"pear\",\"name\":\"Birne\"}", 2);
    assertThat(waiting()).hasSize(1);
    sender =
        new ChangeSender(
            new Led(),
            new Refusing(),
            new CopyPace(clock::nanoTime, 5_000),
            clock,
            CopyMeter.NONE,
            () -> {});
  }

  @AfterEach
  void tearDown() {
    shard.close();
    engine.close();
  }

  @Test
  void shouldGoOnWithThePartThatFailedAndNotBeginAnew() {
    refusals = 5;
    sender.look();
    long began = clock.millis();
    while (!waiting().isEmpty()) {
      assertThat(clock.step()).as("there is something left to do").isTrue();
    }
    assertThat(clock.millis() - began).as("milliseconds").isBetween(500L, 600L);
    assertThat(sent).containsEntry(LOWER, 1).containsEntry(UPPER, 6);
  }

  @Test
  void shouldLetOthersHaveItsPlaceWhenAShardStaysAway() {
    refusals = 100;
    sender.look();
    while (clock.step()) {
      // Until it is given up for now.
    }
    assertThat(sent).containsEntry(LOWER, 1).containsEntry(UPPER, 7);
    assertThat(waiting()).as("the row stays").hasSize(1);
    refusals = 0;
    assertThat(sender.look()).isTrue();
    clock.after(20, () -> sender.look());
    while (clock.step()) {
      // Once more, all of it.
    }
    assertThat(waiting()).isEmpty();
    assertThat(sent).containsEntry(LOWER, 2).containsEntry(UPPER, 8);
  }

  @Test
  void shouldNotAskAgainWhatWillNotChange() {
    refusals = 100;
    refusal = ErrorCode.INVALID_ARGUMENT;
    sender.look();
    while (clock.step()) {
      // Until it is given up for now.
    }
    assertThat(sent).containsEntry(UPPER, 1);
  }

  @Test
  void shouldEndWithItsLeadership() {
    refusals = 100;
    sender.look();
    clock.step();
    sender.close();
    while (clock.step()) {
      // What it had begun.
    }
    assertThat(sent.getOrDefault(UPPER, 0)).isLessThanOrEqualTo(2);
  }

  private List<CopyWork.Change> waiting() {
    return shard.read(view -> CopyWork.changes(view, shard.state(), NONE, 10));
  }

  private void write(String json, long request) {
    Mutation mutation = ProductsAndOrders.put(PRODUCT, json);
    WriteCommand command =
        new WriteCommand(
            new RequestId(1, 2, request), clock.millis() + 60_000, 0, List.of(mutation));
    assertThat(shard.write(command, clock.millis()).error()).isNull();
  }

  private final class Led implements FollowedShard {
    @Override
    public long id() {
      return shard.id;
    }

    @Override
    public ShardState state() {
      return shard.state();
    }

    @Override
    public <T> T read(Function<ReadView, T> reader) {
      return shard.read(reader);
    }

    @Override
    public CompletableFuture<List<FollowOutcome>> follow(List<FollowCommand> commands) {
      return CompletableFuture.completedFuture(shard.follow(commands, clock.millis()));
    }
  }

  /** The upper half of the ring is away for a while; the lower one has what it is told. */
  private final class Refusing implements CopyTransport {
    @Override
    public CompletableFuture<List<FollowOutcome>> send(
        byte[] position, List<FollowCommand> commands) {
      RingRange part = UPPER.contains(position) ? UPPER : LOWER;
      sent.merge(part, 1, Integer::sum);
      CompletableFuture<List<FollowOutcome>> answer = new CompletableFuture<>();
      boolean refused = part.equals(UPPER) && refusals-- > 0;
      clock.after(
          1,
          () -> {
            if (refused) {
              answer.completeExceptionally(new HengeException(refusal, "not now"));
            } else {
              answer.complete(List.of(new FollowOutcome(null, "", 0, null, part, null, 1, false)));
            }
          });
      return answer;
    }

    @Override
    public long shardOf(byte[] position) {
      return 1;
    }

    @Override
    public List<RingRange> divide(RingRange range) {
      return List.of(LOWER, UPPER);
    }
  }
}
