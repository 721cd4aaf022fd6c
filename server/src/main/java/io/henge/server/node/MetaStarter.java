package io.henge.server.node;

import io.henge.api.internal.v1.ClusterRow;
import io.henge.engine.FlushScheduler;
import io.henge.engine.StorageEngine;
import io.henge.engine.StoreSlot;
import io.henge.replication.Consensus;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.GroupId;
import io.henge.replication.LeftGroupException;
import io.henge.replication.Member;
import io.henge.replication.Membership;
import io.henge.replication.meta.MetaGroup;
import io.henge.replication.meta.MetaStateMachine;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts this node's replica of meta, and deletes it when meta has moved on. Thread-safe. */
final class MetaStarter {
  private static final Logger LOG = LoggerFactory.getLogger(MetaStarter.class);

  private final Member self;
  private final Path directory;
  private final StorageEngine engine;
  private final Consensus consensus;
  private final LongSupplier clockMillis;
  private final MetaHost host;
  private final NodeThreads threads;
  private final OpenMachines machines;
  private final FlushScheduler flushing;
  private final Runnable changed;
  private final Consumer<Throwable> fault;
  private final AtomicBoolean begun = new AtomicBoolean();
  private final AtomicBoolean leaving = new AtomicBoolean();
  private volatile CompletableFuture<MetaGroup> running = new CompletableFuture<>();
  private volatile @Nullable Live live;
  private volatile boolean left;

  /** A replica that runs, or has run. */
  private record Live(ConsensusGroup group, HostedMachine machine) {}

  MetaStarter(
      Member self,
      Path directory,
      StorageEngine engine,
      Consensus consensus,
      LongSupplier clockMillis,
      MetaHost host,
      NodeThreads threads,
      OpenMachines machines,
      FlushScheduler flushing,
      Runnable changed,
      Consumer<Throwable> fault) {
    this.self = self;
    this.directory = directory;
    this.engine = engine;
    this.consensus = consensus;
    this.clockMillis = clockMillis;
    this.host = host;
    this.threads = threads;
    this.machines = machines;
    this.flushing = flushing;
    this.changed = changed;
    this.fault = fault;
  }

  /**
   * Starts the replica, from disk if there is one.
   *
   * @param wish how, if there is none
   * @return completes when it runs; the same for all callers
   */
  CompletableFuture<MetaGroup> start(GroupId group, Consensus.Start wish) {
    if (begun.compareAndSet(false, true)) {
      threads.blocking().execute(() -> machines.open(() -> startNow(group, wish)));
    }
    return running;
  }

  /**
   * Deletes the replica if meta's members are others by now; starts it again if it has stopped and
   * is to be taken in. Nothing blocks.
   */
  void leaveIfDoomed(ClusterRow cluster, ReplicaRemoval removal) {
    Live mine = live;
    if (mine == null || mine.group().isLeader()) {
      return;
    }
    Membership own = mine.group().membership();
    ReplicaRemoval.Wanted wanted =
        new ReplicaRemoval.Wanted(
            false,
            cluster.getMetaNodeIdsList(),
            cluster.getMetaJoiningNodeIdsList(),
            cluster.getMetaConfIndex());
    if (left && StoppedNewcomer.isOne(self.nodeId(), wanted, own)) {
      if (leaving.compareAndSet(false, true)) {
        flushing.remove(mine.machine().flushable());
        StoppedNewcomer.clear(
                mine.group(), () -> machines.close(mine.machine()), threads.blocking())
            .whenComplete((nothing, failure) -> gone(failure));
      }
      return;
    }
    if (own.contains(self.nodeId())
        && ReplicaRemoval.isDoomed(self.nodeId(), wanted, own)
        && leaving.compareAndSet(false, true)) {
      threads.blocking().execute(() -> remove(mine, removal));
    }
  }

  private void remove(Live mine, ReplicaRemoval removal) {
    CompletableFuture<Void> done;
    try {
      flushing.remove(mine.machine().flushable());
      mine.machine().abandon();
      host.detach();
      done =
          removal.remove(
              GroupId.META, mine.group(), () -> machines.close(mine.machine()), threads.blocking());
    } catch (RuntimeException e) {
      done = CompletableFuture.failedFuture(e);
    }
    done.whenComplete((nothing, failure) -> gone(failure));
  }

  private void gone(@Nullable Throwable failure) {
    if (failure == null) {
      live = null;
      left = false;
      running = new CompletableFuture<>();
      begun.set(false);
    } else {
      LOG.warn(
          "the replica of meta could not be ended; tries again: {}",
          Failures.known(failure).getMessage());
    }
    leaving.set(false);
  }

  private void startNow(GroupId group, Consensus.Start wish) {
    try {
      Consensus.Start how = consensus.stored().contains(group) ? Consensus.Start.RESTART : wish;
      StoreSlot slot = StoreSlot.open(engine, directory.resolve(group.uuid().toString()));
      MetaStateMachine machine = open(slot);
      HostedMachine hosted = new HostedMachine("meta", machine, changed, this::stopped);
      machines.add(hosted);
      LOG.info("meta: {} on node {}", how, self.nodeId());
      List<Member> members = how == Consensus.Start.CREATE ? List.of(self) : List.of();
      consensus
          .start(group, how, members, hosted)
          .whenComplete((started, failure) -> started(machine, hosted, started, failure));
    } catch (RuntimeException e) {
      running.completeExceptionally(e);
      fault.accept(e);
    }
  }

  private void stopped(@Nullable Throwable reason) {
    host.detach();
    if (reason instanceof LeftGroupException) {
      left = true;
      LOG.info("meta: {}", reason.getMessage());
    } else if (reason != null) {
      fault.accept(reason);
    }
  }

  private MetaStateMachine open(StoreSlot slot) {
    try {
      return new MetaStateMachine(engine, slot, slot::swap);
    } catch (RuntimeException e) {
      slot.close();
      throw e;
    }
  }

  private void started(
      MetaStateMachine machine,
      HostedMachine hosted,
      @Nullable ConsensusGroup started,
      @Nullable Throwable failure) {
    if (started == null) {
      Throwable reason = failure == null ? new IllegalStateException("no group") : failure;
      running.completeExceptionally(reason);
      fault.accept(reason);
      return;
    }
    MetaGroup group =
        new MetaGroup(started, machine, self.nodeId(), new SecureRandom().nextLong(), clockMillis);
    flushing.add(hosted.flushable());
    live = new Live(started, hosted);
    host.attach(group);
    running.complete(group);
    changed.run();
  }
}
