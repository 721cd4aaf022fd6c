package io.henge.server.copies;

import io.henge.api.internal.v1.CopyLagsRequest;
import io.henge.api.internal.v1.CopyLagsResponse;
import io.henge.api.internal.v1.LedShard;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Asks the cluster how far copies lag, when somebody wants to know, once a second at most. Whoever
 * asks meanwhile gets what was found out last, unless that is old. Thread-safe.
 */
public final class CopyReports implements CopyReporter {
  /** A report is made anew after so long. */
  static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** An older one is waited for to be replaced. */
  static final long OLD_NANOS = TimeUnit.SECONDS.toNanos(5);

  private static final CopyLagsRequest CONFIRMED =
      CopyLagsRequest.newBuilder().setConfirmed(true).build();

  private final Function<CopyLagsRequest, CompletableFuture<List<CopyLags.Told>>> everywhere;
  private final CopyClock clock;

  // Guarded by this.
  private @Nullable CopyReport last;
  private @Nullable CompletableFuture<CopyReport> asking;

  /**
   * @param everywhere asks all nodes; never fails
   */
  CopyReports(
      Function<CopyLagsRequest, CompletableFuture<List<CopyLags.Told>>> everywhere,
      CopyClock clock) {
    this.everywhere = everywhere;
    this.clock = clock;
  }

  @Override
  public CompletableFuture<CopyReport> recent() {
    CompletableFuture<CopyReport> made = new CompletableFuture<>();
    CopyReport known;
    synchronized (this) {
      known = last;
      long age = known == null ? Long.MAX_VALUE : clock.nanoTime() - known.madeNanos();
      if (age >= OLD_NANOS) {
        known = null;
      }
      if (known != null && (age < FRESH_NANOS || asking != null)) {
        return CompletableFuture.completedFuture(known);
      }
      if (asking != null) {
        return asking;
      }
      asking = made;
    }
    ask(made);
    // Whoever comes next has the new one.
    return known == null ? made : CompletableFuture.completedFuture(known);
  }

  private void ask(CompletableFuture<CopyReport> made) {
    long atMillis = clock.millis();
    long atNanos = clock.nanoTime();
    everywhere
        .apply(CONFIRMED)
        .thenApply(told -> new CopyReport(CopyLags.byRule(told), atMillis, isWhole(told), atNanos))
        .whenComplete(
            (report, failure) -> {
              CopyReport found = report == null ? CopyReport.NONE : report;
              synchronized (this) {
                asking = null;
                last = report;
              }
              made.complete(found);
            });
  }

  /** Whether the parts of the ring that were told of leave no hole: shards may have been split. */
  static boolean isWhole(List<CopyLags.Told> told) {
    List<LedShard> led = new ArrayList<>();
    for (CopyLags.Told one : told) {
      CopyLagsResponse lags = one.lags();
      if (lags != null) {
        led.addAll(lags.getLedList());
      }
    }
    led.sort(
        Comparator.comparing(shard -> shard.getStart().toByteArray(), Arrays::compareUnsigned));
    byte[] reached = new byte[0];
    for (LedShard shard : led) {
      byte[] start = shard.getStart().toByteArray();
      byte[] end = shard.getEnd().toByteArray();
      if (Arrays.compareUnsigned(start, reached) > 0) {
        return false;
      }
      if (end.length == 0) {
        return true;
      }
      if (Arrays.compareUnsigned(end, reached) > 0) {
        reached = end;
      }
    }
    return false;
  }
}
