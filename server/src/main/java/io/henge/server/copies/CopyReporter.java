package io.henge.server.copies;

import java.util.concurrent.CompletableFuture;

/** Tells how far followed copies lag, to those who read them. Thread-safe; nothing blocks. */
@FunctionalInterface
public interface CopyReporter {
  /** Knows nothing. */
  CopyReporter NONE = () -> CompletableFuture.completedFuture(CopyReport.NONE);

  /** What has been found out lately, or is being found out; never fails. */
  CompletableFuture<CopyReport> recent();
}
