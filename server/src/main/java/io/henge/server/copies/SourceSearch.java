package io.henge.server.copies;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.replication.statemachine.CopyRule;
import io.henge.replication.statemachine.CopySource;
import io.henge.replication.statemachine.CopyWork;
import io.henge.replication.statemachine.ShardState;
import io.henge.replication.statemachine.SourceKey;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Asks the leaders of sources, again and again until it is time to give up. */
final class SourceSearch implements SourceFinder {
  /** A followed copy comes by itself: so long a write waits for it. */
  private static final long FOLLOW_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private static final long RETRY_MILLIS = 20;
  private static final long MILLI_NANOS = 1_000_000;

  /** Reads sources of one shard. */
  @FunctionalInterface
  interface Reads {
    CompletableFuture<List<CopySource>> read(List<SourceKey> sources);
  }

  private final CopyTransport transport;
  private final Reads reads;
  private final CopyClock clock;

  SourceSearch(CopyTransport transport, Reads reads, CopyClock clock) {
    this.transport = transport;
    this.reads = reads;
    this.clock = clock;
  }

  /** Those of one shard, and of one patience. */
  private record Group(long shard, boolean patient) {}

  @Override
  public CompletableFuture<List<CopySource>> find(
      ShardState state, List<SourceKey> missing, long deadlineNanos) {
    Map<Group, List<SourceKey>> groups = new LinkedHashMap<>();
    for (SourceKey source : missing) {
      CopyRule rule = CopyWork.rule(state, source.ruleId());
      boolean patient = rule == null || rule.kind() != CopyRule.Kind.FOLLOW;
      groups
          .computeIfAbsent(
              new Group(transport.shardOf(source.key()), patient), any -> new ArrayList<>())
          .add(source);
    }
    long soon = Math.min(deadlineNanos, clock.nanoTime() + FOLLOW_NANOS);
    CompletableFuture<List<CopySource>> all = CompletableFuture.completedFuture(new ArrayList<>());
    List<CompletableFuture<List<CopySource>>> parts = new ArrayList<>();
    groups.forEach(
        (group, sources) ->
            parts.add(search(sources, group.patient() ? deadlineNanos : soon, group.patient())));
    for (CompletableFuture<List<CopySource>> part : parts) {
      all =
          all.thenCombine(
              part,
              (before, found) -> {
                List<CopySource> joined = new ArrayList<>(before);
                joined.addAll(found);
                return joined;
              });
    }
    return all;
  }

  private CompletableFuture<List<CopySource>> search(
      List<SourceKey> sources, long untilNanos, boolean patient) {
    CompletableFuture<List<CopySource>> found = new CompletableFuture<>();
    clock.after(
        Math.max(0, (untilNanos - clock.nanoTime()) / MILLI_NANOS),
        () -> giveUp(sources, patient, found));
    attempt(sources, found);
    return found;
  }

  private void attempt(List<SourceKey> sources, CompletableFuture<List<CopySource>> found) {
    if (found.isDone()) {
      return;
    }
    reads
        .read(sources)
        .whenComplete(
            (states, failure) -> {
              if (failure == null) {
                found.complete(states);
              } else {
                clock.after(RETRY_MILLIS, () -> attempt(sources, found));
              }
            });
  }

  private static void giveUp(
      List<SourceKey> sources, boolean patient, CompletableFuture<List<CopySource>> found) {
    if (patient) {
      found.completeExceptionally(
          new HengeException(
              ErrorCode.DEADLINE, "the documents that are to be copied could not be read in time"));
    } else {
      found.complete(
          sources.stream()
              .map(source -> CopySource.unknown(source.ruleId(), source.key()))
              .toList());
    }
  }
}
