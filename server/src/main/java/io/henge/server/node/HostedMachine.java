package io.henge.server.node;

import io.henge.engine.Flushable;
import io.henge.engine.StoreFailedException;
import io.henge.replication.GroupStateMachine;
import io.henge.replication.LogPosition;
import io.henge.replication.Membership;
import io.henge.replication.shard.EntryMeter;
import io.henge.replication.statemachine.StoredStateMachine;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A state machine as the node looks after it: what its log drives goes through here, so that the
 * node hears when a replica stops or its part in its group changes. Threads: as {@link
 * GroupStateMachine}.
 */
final class HostedMachine implements GroupStateMachine {
  private final StoredStateMachine machine;
  private final Flushable flushing;
  private final Runnable onRole;
  private final Consumer<@Nullable Throwable> onStopped;
  private final AtomicBoolean stopped = new AtomicBoolean();
  private volatile EntryMeter meter = EntryMeter.NONE;

  /**
   * A machine to be looked after.
   *
   * @param onRole told when the replica's part in its group or the group's members have changed
   * @param onStopped told once
   */
  HostedMachine(
      String name,
      StoredStateMachine machine,
      Runnable onRole,
      Consumer<@Nullable Throwable> onStopped) {
    this.machine = machine;
    this.flushing = new Flushing(machine.flushable(name, System::nanoTime));
    this.onRole = onRole;
    this.onStopped = onStopped;
  }

  /**
   * A store that cannot be flushed may go on taking writes in memory, which is what would be lost:
   * the replica ends at once, not at the first write that the store refuses.
   */
  private final class Flushing implements Flushable {
    private final Flushable machineFlushing;

    Flushing(Flushable machineFlushing) {
      this.machineFlushing = machineFlushing;
    }

    @Override
    public String name() {
      return machineFlushing.name();
    }

    @Override
    public long memtableBytes() {
      return machineFlushing.memtableBytes();
    }

    @Override
    public long unflushedBytes() {
      return machineFlushing.unflushedBytes();
    }

    @Override
    public OptionalLong dirtySinceNanos() {
      return machineFlushing.dirtySinceNanos();
    }

    @Override
    public void flush() {
      try {
        machineFlushing.flush();
      } catch (StoreFailedException e) {
        if (stopped.compareAndSet(false, true)) {
          onStopped.accept(e);
        }
        throw e;
      }
    }
  }

  /** Whom to tell from now on what the log costs here. */
  void measure(EntryMeter newMeter) {
    meter = newMeter;
  }

  /** For the flush scheduler. */
  Flushable flushable() {
    return flushing;
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
  public @Nullable Object apply(LogPosition position, byte[] entry, @Nullable Object context) {
    long began = System.nanoTime();
    Object result = machine.apply(position, entry, context);
    // Of an entry of writes, and only of one, the result is a list: one outcome for each.
    int writes = result instanceof List<?> outcomes ? outcomes.size() : 0;
    meter.applied(writes, entry.length, System.nanoTime() - began);
    return result;
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
    return machine.flush();
  }

  @Override
  public LogPosition checkpoint(Path directory) {
    return machine.checkpoint(directory);
  }

  @Override
  public void install(Path directory) {
    long began = System.nanoTime();
    machine.install(directory);
    meter.installed(System.nanoTime() - began);
  }

  @Override
  public void stopped(@Nullable Throwable fault) {
    machine.stopped(fault);
    if (stopped.compareAndSet(false, true)) {
      onStopped.accept(fault);
    }
  }

  /** See {@link StoredStateMachine#abandon}. */
  void abandon() {
    machine.abandon();
  }

  /** Idempotent. */
  @Override
  public synchronized void close() {
    machine.close();
  }
}
