package io.henge.replication.statemachine;

import io.henge.engine.Flushable;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/** A state machine as a scheduler of flushes sees it. */
final class MachineFlushing implements Flushable {
  private final StoredStateMachine machine;
  private final String name;
  private final LongSupplier nanoClock;
  private boolean dirty;
  private long dirtySinceNanos;

  MachineFlushing(StoredStateMachine machine, String name, LongSupplier nanoClock) {
    this.machine = machine;
    this.name = name;
    this.nanoClock = nanoClock;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long memtableBytes() {
    return machine.store().unflushedBytes();
  }

  @Override
  public long unflushedBytes() {
    return machine.bytesToReplay();
  }

  /**
   * When this method first found something to flush: apply itself looks at no clock, and the
   * scheduler asks several times a second.
   */
  @Override
  public synchronized OptionalLong dirtySinceNanos() {
    if (machine.bytesToReplay() == 0) {
      dirty = false;
      return OptionalLong.empty();
    }
    if (!dirty) {
      dirty = true;
      dirtySinceNanos = nanoClock.getAsLong();
    }
    return OptionalLong.of(dirtySinceNanos);
  }

  @Override
  public void flush() {
    machine.flush();
    synchronized (this) {
      dirty = false;
    }
  }
}
