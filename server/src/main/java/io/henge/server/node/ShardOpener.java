package io.henge.server.node;

import io.henge.api.internal.v1.ShardRow;
import io.henge.engine.StorageEngine;
import io.henge.engine.StoreSlot;
import io.henge.replication.Consensus;
import io.henge.replication.GroupId;
import io.henge.replication.shard.Creation;
import io.henge.replication.shard.LeaseInheritance;
import io.henge.replication.shard.ReplicaEnvironment;
import io.henge.replication.shard.ReplicatedShard;
import io.henge.replication.statemachine.SeedMaker;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.ShardStateMachine;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Opens what a replica is made of, before its group drives it. Blocks. */
final class ShardOpener {
  private final Path directory;
  private final StorageEngine engine;
  private final ReplicaEnvironment environment;
  private final Supplier<MetaView> view;
  private final OpenMachines machines;

  /**
   * An opener of replicas.
   *
   * @param directory of the node's shards
   */
  ShardOpener(
      Path directory,
      StorageEngine engine,
      ReplicaEnvironment environment,
      Supplier<MetaView> view,
      OpenMachines machines) {
    this.directory = directory;
    this.engine = engine;
    this.environment = environment;
    this.view = view;
    this.machines = machines;
  }

  /** Told of what becomes of a replica. Any thread; must not block. */
  interface Listener {
    void roleChanged();

    void stopped(@Nullable Throwable fault);
  }

  /**
   * Opens store, machine and replica of a shard.
   *
   * @param inherited what a child may begin with; for {@link Consensus.Start#SEED}
   * @param seeds makes children
   */
  HostedShard open(
      GroupId group,
      Consensus.Start how,
      @Nullable LeaseInheritance inherited,
      SeedMaker seeds,
      Listener listener) {
    long id = group.shard();
    StoreSlot slot = StoreSlot.open(engine, directory.resolve(group.uuid().toString()));
    ShardStateMachine machine = machine(slot);
    machine.seedMaker(seeds);
    Consumer<@Nullable Throwable> stopped = listener::stopped;
    HostedMachine hosted =
        new HostedMachine(group.toString(), machine, listener::roleChanged, stopped);
    machines.add(hosted);
    ReplicatedShard replica =
        how == Consensus.Start.SEED
            ? ReplicatedShard.ofChild(environment, machine, slot, inherited)
            : new ReplicatedShard(
                environment,
                machine,
                slot,
                how == Consensus.Start.CREATE
                    ? ReplicatedShard.Origin.NEW_GROUP
                    : ReplicatedShard.Origin.STARTED,
                creation(id));
    return new HostedShard(id, slot, machine, hosted, replica);
  }

  private ShardStateMachine machine(StoreSlot slot) {
    try {
      return new ShardStateMachine(engine, slot, slot::swap);
    } catch (RuntimeException e) {
      slot.close();
      throw e;
    }
  }

  /** In case that the node that began the shard died before its first entry was written. */
  private @Nullable Creation creation(long id) {
    MetaView now = view.get();
    ShardRow row = now.state().shard(id);
    if (row == null || row.getRemoved()) {
      return null;
    }
    ShardDescription description =
        new ShardDescription(
            row.getShardId(),
            row.getEpoch(),
            row.getStart().toByteArray(),
            row.getEnd().toByteArray());
    return new Creation(description, now.catalogue().all());
  }
}
