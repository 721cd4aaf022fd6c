package io.henge.server.copies;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.item.RequestId;
import io.henge.engine.ReadView;
import io.henge.engine.memory.InMemoryStorageEngine;
import io.henge.replication.statemachine.CopyAudit;
import io.henge.replication.statemachine.CopyRule;
import io.henge.replication.statemachine.CopySource;
import io.henge.replication.statemachine.CopyWork;
import io.henge.replication.statemachine.FollowCommand;
import io.henge.replication.statemachine.FollowOutcome;
import io.henge.replication.statemachine.Mutation;
import io.henge.replication.statemachine.RingRange;
import io.henge.replication.statemachine.ShardState;
import io.henge.replication.statemachine.SourceKey;
import io.henge.replication.statemachine.WriteCommand;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a shard is registered at what its documents follow. */
class RegistrarTest {
  private static final byte[] NONE = new byte[0];
  private static final SourceKey SOURCE =
      new SourceKey(ProductsAndOrders.RULE, ProductsAndOrders.product("pear"));

  private final VirtualClock clock = new VirtualClock(1_000_000);
  private final InMemoryStorageEngine engine = new InMemoryStorageEngine();
  private final List<CompletableFuture<List<FollowOutcome>>> asked = new ArrayList<>();

  @TempDir private Path directory;
  private SimulatedShard shard;
  private Registrar registrar;

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
    Mutation order =
        ProductsAndOrders.put(
            ProductsAndOrders.order(0), "{\"u\":\"u0\",\"o\":\"o\",\"items\":[{\"p\":\"pear\"}]}");
    WriteCommand command =
        new WriteCommand(
            new RequestId(1, 2, 1),
            clock.millis() + 60_000,
            0,
            List.of(order),
            List.of(CopySource.unknown(SOURCE.ruleId(), SOURCE.key())));
    assertThat(shard.write(command, clock.millis()).error()).isNull();
    registrar = new Registrar(new Led(), new Waiting(), clock, () -> {});
  }

  @AfterEach
  void tearDown() {
    shard.close();
    engine.close();
  }

  @Test
  void shouldNotTakeForRegisteredWhatIsAnotherShardByThen() {
    assertThat(registrar.look()).isTrue();
    assertThat(asked).hasSize(1);
    byte[] behind = new byte[] {(byte) 0xFF, (byte) 0xFF};
    shard.split(2, behind, directory, clock.millis()).close();
    answer(asked.get(0));
    assertThat(outgoing()).as("what has become of its parts meanwhile nobody can tell").hasSize(1);

    for (int i = 0; asked.size() < 2; i++) {
      assertThat(i).as("it is tried again").isLessThan(100);
      clock.after(50, registrar::look);
      while (asked.size() < 2 && clock.step()) {
        // Until it is looked at again.
      }
    }
    answer(asked.get(1));
    assertThat(outgoing()).isEmpty();
    CopyAudit.Known known =
        Objects.requireNonNull(shard.read(view -> CopyAudit.known(view, SOURCE)));
    assertThat(known.range()).isEqualTo(new RingRange(NONE, behind));
  }

  private List<CopyWork.Outgoing> outgoing() {
    return shard.read(view -> CopyWork.outgoing(view, NONE, 10));
  }

  /** There is no such source. */
  private static void answer(CompletableFuture<List<FollowOutcome>> question) {
    question.complete(List.of(new FollowOutcome(null, "", 1L << 40, null, null, null, 0, false)));
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

  /** Answers when the test does. */
  private final class Waiting implements CopyTransport {
    @Override
    public CompletableFuture<List<FollowOutcome>> send(
        byte[] position, List<FollowCommand> commands) {
      CompletableFuture<List<FollowOutcome>> answer = new CompletableFuture<>();
      asked.add(answer);
      return answer;
    }

    @Override
    public long shardOf(byte[] position) {
      return 1;
    }

    @Override
    public List<RingRange> divide(RingRange range) {
      return List.of(range);
    }
  }
}
