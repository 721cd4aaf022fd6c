package io.henge.server.node;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.engine.ShardStore;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.shard.EntryMeter;
import io.henge.replication.shard.ReplicatedShard;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.ShardStateMachine;
import org.jspecify.annotations.Nullable;

/** A replica of a shard on this node, from its opening to its end. */
final class HostedShard implements LocalShard {
  private final long id;
  private final ShardStore store;
  private final ShardStateMachine machine;
  private final HostedMachine hosted;
  private final ReplicatedShard replica;
  private volatile @Nullable ConsensusGroup group;

  HostedShard(
      long id,
      ShardStore store,
      ShardStateMachine machine,
      HostedMachine hosted,
      ReplicatedShard replica) {
    this.id = id;
    this.store = store;
    this.machine = machine;
    this.hosted = hosted;
    this.replica = replica;
  }

  @Override
  public long id() {
    return id;
  }

  @Override
  public ShardStateMachine machine() {
    return machine;
  }

  /** The machine as its group drives it. */
  HostedMachine hosted() {
    return hosted;
  }

  @Override
  public ReplicatedShard replica() {
    return replica;
  }

  void started(ConsensusGroup running) {
    replica.attach(running);
    group = running;
  }

  void measure(EntryMeter meter) {
    hosted.measure(meter);
    replica.measure(meter);
  }

  @Override
  public ShardStore store() {
    return store;
  }

  @Override
  public void flush() {
    hosted.flush();
  }

  @Override
  public ConsensusGroup consensus() {
    ConsensusGroup running = group;
    if (running == null) {
      throw new HengeException(
          ErrorCode.NOT_LEADER, "the replica of shard " + id + " does not run here yet");
    }
    return running;
  }

  /** Null until it runs. */
  @Nullable ConsensusGroup group() {
    return group;
  }

  /** Null until the shard's first entry has been applied here, or a snapshot installed. */
  @Nullable ShardDescription description() {
    return machine.state().shard();
  }
}
