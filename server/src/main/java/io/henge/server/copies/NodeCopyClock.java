package io.henge.server.copies;

import io.henge.server.node.NodeThreads;
import java.util.function.LongSupplier;

/** The clocks and threads of a node. */
public final class NodeCopyClock implements CopyClock {
  private final NodeThreads threads;
  private final LongSupplier millis;

  /**
   * @param millis the time that leaders write into logs
   */
  public NodeCopyClock(NodeThreads threads, LongSupplier millis) {
    this.threads = threads;
    this.millis = millis;
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public long millis() {
    return millis.getAsLong();
  }

  @Override
  public void after(long delay, Runnable task) {
    threads.after(delay, task);
  }

  @Override
  public void execute(Runnable task) {
    threads.blocking().execute(task);
  }
}
