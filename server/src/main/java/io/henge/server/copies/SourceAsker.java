package io.henge.server.copies;

import io.henge.replication.statemachine.SourceAudit;
import io.henge.replication.statemachine.SourceKey;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Asks sources on whichever shards, a few times if it has to. Thread-safe; nothing blocks. */
final class SourceAsker {
  private static final int BATCH = 64;
  private static final int ATTEMPTS = 4;
  private static final long RETRY_MILLIS = 100;

  private final CopyTransport transport;
  private final SourceAudits audits;
  private final CopyClock clock;

  SourceAsker(CopyTransport transport, SourceAudits audits, CopyClock clock) {
    this.transport = transport;
    this.audits = audits;
    this.clock = clock;
  }

  /** What sources say; those that could not be asked are left out. */
  CompletableFuture<Map<SourceKey, SourceAudit>> ask(List<SourceKey> sources) {
    return ask(sources, new LinkedHashMap<>(), 1);
  }

  private CompletableFuture<Map<SourceKey, SourceAudit>> ask(
      List<SourceKey> sources, Map<SourceKey, SourceAudit> answers, int attempt) {
    Map<Long, List<SourceKey>> byShard = new LinkedHashMap<>();
    for (SourceKey source : sources) {
      byShard
          .computeIfAbsent(transport.shardOf(source.key()), any -> new ArrayList<>())
          .add(source);
    }
    List<CompletableFuture<List<SourceAudit>>> asked = new ArrayList<>();
    for (List<SourceKey> some : byShard.values()) {
      for (int i = 0; i < some.size(); i += BATCH) {
        asked.add(
            audits
                .audit(List.copyOf(some.subList(i, Math.min(some.size(), i + BATCH))))
                .exceptionally(failure -> List.of()));
      }
    }
    return CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new))
        .thenCompose(
            done -> {
              asked.forEach(
                  some -> some.join().forEach(answer -> answers.put(answer.source(), answer)));
              List<SourceKey> rest =
                  sources.stream().filter(source -> !answers.containsKey(source)).toList();
              return rest.isEmpty() || attempt == ATTEMPTS
                  ? CompletableFuture.completedFuture(answers)
                  : later(rest, answers, attempt + 1);
            });
  }

  private CompletableFuture<Map<SourceKey, SourceAudit>> later(
      List<SourceKey> sources, Map<SourceKey, SourceAudit> answers, int attempt) {
    CompletableFuture<Void> pause = new CompletableFuture<>();
    clock.after(RETRY_MILLIS, () -> pause.complete(null));
    return pause.thenCompose(done -> ask(sources, answers, attempt));
  }
}
