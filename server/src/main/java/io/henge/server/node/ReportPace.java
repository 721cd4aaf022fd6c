package io.henge.server.node;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/** When a node tells the meta leader how it is doing. Thread-safe; nothing blocks. */
final class ReportPace {
  /** What happens together is told together. */
  private static final long SOON_MILLIS = 5;

  /** Runs a task after some milliseconds. */
  @FunctionalInterface
  interface Later {
    void run(long millis, Runnable task);
  }

  private final Later later;
  private final BooleanSupplier may;
  private final Runnable report;
  private final AtomicBoolean waiting = new AtomicBoolean();

  /**
   * @param may whether there is anything to tell, and anybody to be told
   */
  ReportPace(Later later, BooleanSupplier may, Runnable report) {
    this.later = later;
    this.may = may;
    this.report = report;
  }

  void now() {
    if (may.getAsBoolean()) {
      report.run();
    }
  }

  /** Something that the meta leader waits for may have happened. */
  void soon() {
    if (waiting.compareAndSet(false, true)) {
      later.run(
          SOON_MILLIS,
          () -> {
            waiting.set(false);
            now();
          });
    }
  }
}
