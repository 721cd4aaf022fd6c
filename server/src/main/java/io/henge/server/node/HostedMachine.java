package io.henge.server.node;

import io.henge.engine.Flushable;
import io.henge.engine.ShardStore;
import io.henge.replication.GroupStateMachine;
import io.henge.replication.LogPosition;
import io.henge.replication.Membership;
import io.henge.replication.statemachine.StoredStateMachine;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A state machine as the node looks after it: what its log drives goes through here, so that the
 * flush scheduler knows what a crash would cost, and the node hears when a replica stops. Threads:
 * as {@link GroupStateMachine} and {@link Flushable}.
 */
final class HostedMachine implements GroupStateMachine {
  private final String name;
  private final StoredStateMachine machine;
  private final ShardStore store;
  private final Runnable onRole;
  private final Consumer<@Nullable Throwable> onStopped;
  private final Flushable flushable = new Dirt();
  private final AtomicBoolean stopped = new AtomicBoolean();

  /** Bytes of entries applied. Written by the applying thread only. */
  private volatile long appliedBytes;

  private volatile long flushedBytes;
  private volatile boolean dirty;
  private volatile long dirtySinceNanos;

  /**
   * A machine to be looked after.
   *
   * @param onRole told when the replica's part in its group or the group's members have changed
   * @param onStopped told once
   */
  HostedMachine(
      String name,
      StoredStateMachine machine,
      ShardStore store,
      Runnable onRole,
      Consumer<@Nullable Throwable> onStopped) {
    this.name = name;
    this.machine = machine;
    this.store = store;
    this.onRole = onRole;
    this.onStopped = onStopped;
  }

  /** The same for the flush scheduler. */
  Flushable flushable() {
    return flushable;
  }

  private final class Dirt implements Flushable {
    @Override
    public String name() {
      return name;
    }

    @Override
    public long memtableBytes() {
      return store.unflushedBytes();
    }

    @Override
    public long unflushedBytes() {
      return appliedBytes - flushedBytes;
    }

    @Override
    public OptionalLong dirtySinceNanos() {
      return dirty ? OptionalLong.of(dirtySinceNanos) : OptionalLong.empty();
    }

    @Override
    public void flush() {
      HostedMachine.this.flush();
    }
  }

  @Override
  public LogPosition applied() {
    return machine.applied();
  }

  @Override
  public LogPosition durable() {
    return machine.durable();
  }

  @Override
  @SuppressWarnings("NonAtomicVolatileUpdate") // one thread applies
  public @Nullable Object apply(LogPosition position, byte[] entry, @Nullable Object context) {
    if (!dirty) {
      dirtySinceNanos = System.nanoTime();
      dirty = true;
    }
    appliedBytes += entry.length;
    return machine.apply(position, entry, context);
  }

  @Override
  public void advance(LogPosition position) {
    machine.advance(position);
  }

  @Override
  public void foreignEntryAppended(byte[] entry) {
    machine.foreignEntryAppended(entry);
  }

  @Override
  public void leadershipChanged(boolean isLeader, long term, @Nullable String leader) {
    machine.leadershipChanged(isLeader, term, leader);
    onRole.run();
  }

  @Override
  public void membersChanged(Membership members) {
    machine.membersChanged(members);
    onRole.run();
  }

  @Override
  public LogPosition flush() {
    long before = appliedBytes;
    // What is applied from now on makes it dirty again; what was applied before is covered.
    dirty = false;
    try {
      LogPosition position = machine.flush();
      flushedBytes = before;
      return position;
    } catch (RuntimeException | Error e) {
      dirty = true;
      throw e;
    }
  }

  @Override
  public LogPosition checkpoint(Path directory) {
    return machine.checkpoint(directory);
  }

  @Override
  public void install(Path directory) {
    machine.install(directory);
  }

  @Override
  public void stopped(@Nullable Throwable fault) {
    machine.stopped(fault);
    if (stopped.compareAndSet(false, true)) {
      onStopped.accept(fault);
    }
  }

  @Override
  public void close() {
    machine.close();
  }
}
