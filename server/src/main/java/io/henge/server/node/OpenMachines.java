package io.henge.server.node;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The state machines that this node has opened. A group closes its own; but a node may be stopped
 * between the opening of a store and the start of its group, and no store may outlive the engine.
 * Thread-safe.
 */
final class OpenMachines implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OpenMachines.class);

  /** Held shared while one is opened, exclusively to close all. */
  private final ReadWriteLock opening = new ReentrantReadWriteLock();

  private final Queue<HostedMachine> machines = new ConcurrentLinkedQueue<>();
  private volatile boolean abandoned;
  private boolean closed;

  /** Does work that opens machines, each of which it {@link #add adds}; not once all are closed. */
  void open(Runnable work) {
    opening.readLock().lock();
    try {
      if (!closed) {
        work.run();
      }
    } finally {
      opening.readLock().unlock();
    }
  }

  void add(HostedMachine machine) {
    machines.add(machine);
    if (abandoned) {
      machine.abandon();
    }
  }

  /** Closes one that nothing drives. */
  void close(HostedMachine machine) {
    // In this order, so that it is closed before the engine, whatever happens meanwhile.
    machine.close();
    machines.remove(machine);
  }

  /** The process is to look as if it had died: none of them, now and later, flushes at its end. */
  void abandon() {
    abandoned = true;
    machines.forEach(HostedMachine::abandon);
  }

  /** Closes what is still open; to be called when consensus drives nothing any more. */
  @Override
  public void close() {
    opening.writeLock().lock();
    try {
      closed = true;
      for (HostedMachine machine : machines) {
        try {
          machine.close();
        } catch (RuntimeException e) {
          LOG.warn("a replica did not close in order", e);
        }
      }
      machines.clear();
    } finally {
      opening.writeLock().unlock();
    }
  }
}
