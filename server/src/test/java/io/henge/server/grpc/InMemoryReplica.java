package io.henge.server.grpc;

import io.henge.api.error.ErrorCode;
import io.henge.engine.ShardStore;
import io.henge.engine.memory.InMemoryStorageEngine;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.GroupId;
import io.henge.replication.Member;
import io.henge.replication.Membership;
import io.henge.replication.shard.Completion;
import io.henge.replication.shard.EntryMeter;
import io.henge.replication.shard.FrozenDigest;
import io.henge.replication.shard.FrozenPage;
import io.henge.replication.shard.RangeCommand;
import io.henge.replication.shard.ReadCommand;
import io.henge.replication.shard.ReadOutcome;
import io.henge.replication.shard.ReplicaStatistics;
import io.henge.replication.shard.ShardReplica;
import io.henge.replication.statemachine.Child;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.FollowCommand;
import io.henge.replication.statemachine.FollowOutcome;
import io.henge.replication.statemachine.Mutation;
import io.henge.replication.statemachine.ReshapeCommand;
import io.henge.replication.statemachine.ReshapeOutcome;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.ShardState;
import io.henge.replication.statemachine.ShardStateMachine;
import io.henge.replication.statemachine.WriteCommand;
import io.henge.replication.statemachine.WriteOutcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The leader of a shard that takes what lies in its range, and keeps nothing but the keys. */
final class InMemoryReplica implements ShardReplica {
  final List<byte[]> written = new ArrayList<>();
  final List<Child> children = new ArrayList<>();
  private final ConsensusGroup group = new Group();
  private final ShardState state = untouched();
  private ShardDescription shard;
  private @Nullable Runnable beforeApply;

  InMemoryReplica(long id, long epoch, byte[] start, byte[] end) {
    shard = new ShardDescription(id, epoch, start, end);
  }

  private static ShardState untouched() {
    try {
      Path directory = Files.createTempDirectory("untouched");
      InMemoryStorageEngine engine = new InMemoryStorageEngine();
      ShardStore store = engine.open(directory);
      try (ShardStateMachine machine = new ShardStateMachine(engine, store, checkpoint -> {})) {
        return machine.state();
      } finally {
        engine.destroy(directory);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Between the check of the next request and its turn the ring changes. */
  void beforeApply(Runnable change) {
    beforeApply = change;
  }

  void become(long epoch, byte[] start, byte[] end) {
    shard = new ShardDescription(shard.shardId(), epoch, start, end);
  }

  @Override
  public ShardDescription description() {
    return shard;
  }

  @Override
  public ConsensusGroup group() {
    return group;
  }

  @Override
  public void write(WriteCommand command, long deadlineNanos, Completion<WriteOutcome> completion) {
    Runnable change = beforeApply;
    if (change != null) {
      beforeApply = null;
      change.run();
    }
    List<WriteOutcome.Result> results = new ArrayList<>();
    for (Mutation mutation : command.mutations()) {
      if (!shard.contains(mutation.key())) {
        boolean divided = shard.contains(command.mutations().get(0).key());
        completion.complete(
            new WriteOutcome(
                divided ? ErrorCode.INVALID_ARGUMENT : ErrorCode.WRONG_SHARD,
                "not here",
                0,
                List.of(),
                0,
                0));
        return;
      }
      written.add(mutation.key());
      results.add(new WriteOutcome.Result(5, 0, false, null));
    }
    completion.complete(new WriteOutcome(null, null, -1, results, 5, 7));
  }

  @Override
  public void flush() {}

  @Override
  public void read(ReadCommand command, long deadlineNanos, Completion<ReadOutcome> completion) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void range(RangeCommand command, long deadlineNanos, Completion<ReadOutcome> completion) {
    byte[] boundary = command.reverse() ? shard.start() : shard.end();
    byte[] next = boundary.length == 0 ? null : boundary;
    completion.complete(new ReadOutcome(null, List.of(), next, 5, 7, 11, 0));
  }

  @Override
  public CompletableFuture<Long> readIndex(long deadlineNanos) {
    return CompletableFuture.completedFuture(11L);
  }

  @Override
  public CompletableFuture<Void> installCatalogue(List<CollectionInfo> collections) {
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public boolean knows(CollectionInfo collection) {
    return true;
  }

  @Override
  public CompletableFuture<Void> transferLeadership(String nodeId) {
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public CompletableFuture<ReshapeOutcome> reshape(ReshapeCommand command) {
    throw new UnsupportedOperationException();
  }

  @Override
  public CompletableFuture<List<FollowOutcome>> follow(List<FollowCommand> commands) {
    throw new UnsupportedOperationException();
  }

  @Override
  public CompletableFuture<FrozenPage> frozenRows(long operationId, byte[] after, int bytesMax) {
    throw new UnsupportedOperationException();
  }

  @Override
  public CompletableFuture<FrozenDigest> frozenDigest(long operationId) {
    throw new UnsupportedOperationException();
  }

  /** Of a shard to which nothing has happened. */
  @Override
  public ShardState state() {
    return state;
  }

  @Override
  public List<Child> children() {
    return children;
  }

  @Override
  public ReplicaStatistics statistics() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}

  private final class Group implements ConsensusGroup {
    @Override
    public GroupId id() {
      return new GroupId(1, shard.shardId());
    }

    @Override
    public boolean isLeader() {
      return true;
    }

    @Override
    public long term() {
      return 1;
    }

    @Override
    public String leader() {
      return "a";
    }

    @Override
    public Membership membership() {
      return new Membership(List.of(new Member("a", "")), 3, true);
    }

    @Override
    public CompletableFuture<@Nullable Object> propose(byte[] entry, @Nullable Object context) {
      throw new UnsupportedOperationException();
    }

    @Override
    public int entryBytesMax() {
      return 1 << 20;
    }

    @Override
    public long committedIndex() {
      return 11;
    }

    @Override
    public long logStartIndex() {
      return 1;
    }

    @Override
    public CompletableFuture<Membership> changeMembers(List<Member> members, Duration timeout) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long silentMillis(String nodeId) {
      return 0;
    }

    @Override
    public long reachedIndex(String nodeId) {
      return 0;
    }

    @Override
    public CompletableFuture<Void> transferLeadership(String nodeId, Duration timeout) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void standForElection() {}

    @Override
    public CompletableFuture<Void> purgeLog() {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<Void> stop(boolean delete) {
      return CompletableFuture.completedFuture(null);
    }
  }

  @Override
  public void measure(EntryMeter meter) {
    // Nothing is applied here.
  }
}
