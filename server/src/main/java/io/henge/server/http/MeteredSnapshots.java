package io.henge.server.http;

import io.henge.replication.GroupId;
import io.henge.replication.LogPosition;
import io.henge.replication.snapshot.SnapshotSource;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Counts and times the snapshots that are fetched from a source. */
final class MeteredSnapshots implements SnapshotSource {
  private final SnapshotSource source;
  private final Counter received;
  private final Counter bytes;
  private final Timer duration;

  MeteredSnapshots(SnapshotSource source, Counter received, Counter bytes, Timer duration) {
    this.source = source;
    this.received = received;
    this.bytes = bytes;
    this.duration = duration;
  }

  @Override
  public CompletableFuture<LogPosition> fetch(
      GroupId group, String nodeId, Path directory, Progress progress) {
    long began = System.nanoTime();
    AtomicLong fetched = new AtomicLong();
    return source
        .fetch(
            group,
            nodeId,
            directory,
            (done, total) -> {
              // Several streams report: the sum they name only rises, but may come in any order.
              long before = fetched.getAndAccumulate(done, Math::max);
              bytes.increment((double) Math.max(0, done - before));
              progress.update(done, total);
            })
        .whenComplete(
            (position, failure) -> {
              if (failure == null) {
                received.increment();
                duration.record(System.nanoTime() - began, TimeUnit.NANOSECONDS);
              }
            });
  }
}
