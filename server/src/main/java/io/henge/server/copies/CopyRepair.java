package io.henge.server.copies;

import io.henge.replication.statemachine.CopyDoubt;
import io.henge.replication.statemachine.FollowCommand;
import io.henge.replication.statemachine.FollowOutcome;
import io.henge.replication.statemachine.SourceAudit;
import io.henge.replication.statemachine.SourceKey;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Has copies mended that are wrong, by entries in the log. Thread-safe; nothing blocks. */
final class CopyRepair {
  private static final int BATCH = 16;
  private static final byte[] START = {};

  private final FollowedShard shard;

  CopyRepair(FollowedShard shard) {
    this.shard = shard;
  }

  /** Which sources have to be asked before differences can be mended. */
  List<SourceKey> sourcesOf(List<CopyDoubt> wrong) {
    return wrong.stream()
        .map(CopyDoubt::source)
        .filter(source -> source.key().length > 0)
        .distinct()
        .toList();
  }

  /**
   * Mends differences.
   *
   * @return how many
   */
  CompletableFuture<Long> mend(List<CopyDoubt> wrong, Map<SourceKey, SourceAudit> answers) {
    List<FollowCommand> mends = new ArrayList<>();
    Map<SourceKey, FollowCommand.Relearn> relearns = new LinkedHashMap<>();
    Map<SourceKey, Integer> together = new LinkedHashMap<>();
    for (CopyDoubt each : wrong) {
      SourceKey source = each.source();
      SourceAudit answer = answers.get(source);
      byte[] holder = each.holder();
      switch (each.kind()) {
        case SOURCE_WRONG, SOURCE_UNWATCHED, HOLDER_WRONG -> {
          FollowCommand.Relearn relearn = relearn(each, answer);
          if (relearn != null) {
            relearns.merge(source, relearn, (one, two) -> one.version() == 0 ? two : one);
            together.merge(source, 1, Integer::sum);
          }
        }
        default -> {
          boolean named = source.key().length > 0;
          SourceAudit says = named ? answer : null;
          if (holder != null && (says != null || !named)) {
            mends.add(
                new FollowCommand.Mend(
                    source,
                    holder,
                    says == null ? 0 : says.version(),
                    says == null ? null : says.fields()));
          }
        }
      }
    }
    return mend(mends, 0, 0L)
        .thenCompose(mended -> relearn(List.copyOf(relearns.values()), together, 0, mended));
  }

  private static FollowCommand.@Nullable Relearn relearn(
      CopyDoubt wrong, @Nullable SourceAudit answer) {
    SourceKey source = wrong.source();
    if (wrong.kind() == io.henge.replication.statemachine.Difference.Kind.SOURCE_UNWATCHED) {
      return new FollowCommand.Relearn(source, 0, null, 0, START);
    }
    return answer == null
        ? null
        : new FollowCommand.Relearn(source, answer.version(), answer.fields(), wrong.seen(), START);
  }

  private CompletableFuture<Long> mend(List<FollowCommand> mends, int at, long soFar) {
    if (at >= mends.size()) {
      return CompletableFuture.completedFuture(soFar);
    }
    int end = Math.min(mends.size(), at + BATCH);
    return shard
        .follow(List.copyOf(mends.subList(at, end)))
        .thenCompose(
            outcomes ->
                mend(mends, end, soFar + outcomes.stream().filter(CopyRepair::isDone).count()));
  }

  private static boolean isDone(FollowOutcome outcome) {
    return outcome.code() == null && outcome.changed() > 0;
  }

  /** One source after the other, each until all of its holders are done. */
  private CompletableFuture<Long> relearn(
      List<FollowCommand.Relearn> relearns, Map<SourceKey, Integer> together, int at, long soFar) {
    if (at == relearns.size()) {
      return CompletableFuture.completedFuture(soFar);
    }
    FollowCommand.Relearn first = relearns.get(at);
    int differences = together.getOrDefault(new SourceKey(first.ruleId(), first.key()), 0);
    return relearn(first)
        .thenCompose(done -> relearn(relearns, together, at + 1, soFar + (done ? differences : 0)));
  }

  private CompletableFuture<Boolean> relearn(FollowCommand.Relearn relearn) {
    return shard
        .follow(List.of(relearn))
        .thenCompose(
            outcomes -> {
              FollowOutcome outcome = outcomes.get(0);
              byte[] next = outcome.next();
              return outcome.code() != null || next == null
                  ? CompletableFuture.completedFuture(outcome.code() == null)
                  : relearn(
                      new FollowCommand.Relearn(
                          relearn.source(),
                          relearn.version(),
                          relearn.fields(),
                          relearn.seen(),
                          next));
            });
  }
}
