package io.henge.server.copies;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.engine.ReadView;
import io.henge.replication.statemachine.CopyDoubt;
import io.henge.replication.statemachine.CopyPage;
import io.henge.replication.statemachine.CopyVerifier;
import io.henge.replication.statemachine.RingRange;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.SourceAudit;
import io.henge.replication.statemachine.SourceKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Holds the copies of one shard against their sources, wherever these are, and has mended what is
 * wrong. What the sources have to be asked for is wrong only if it is so several times, each time
 * in a state of the shard that is younger than the source's answer. Thread-safe; nothing blocks but
 * what runs through {@link CopyClock#execute}.
 */
final class CopyChecks {
  /**
   * How often something has to look wrong: a registration that ends and begins again in between may
   * do so once.
   */
  private static final int LOOKS = 3;

  private static final long PAUSE_MILLIS = 40;

  private final FollowedShard shard;
  private final Supplier<CompletableFuture<Long>> confirmed;
  private final SourceAsker asker;
  private final CopyRepair repair;
  private final CopyClock clock;
  private final CopyMeter meter;

  /**
   * @param confirmed completes when what the shard shows has everything that was applied anywhere
   *     before that was asked; fails if it is not led here
   */
  CopyChecks(
      FollowedShard shard,
      Supplier<CompletableFuture<Long>> confirmed,
      CopyTransport transport,
      SourceAudits audits,
      CopyClock clock,
      CopyMeter meter) {
    this.shard = shard;
    this.confirmed = confirmed;
    this.asker = new SourceAsker(transport, audits, clock);
    this.repair = new CopyRepair(shard);
    this.clock = clock;
    this.meter = meter;
  }

  /** What one look has found, and where the next one begins. */
  private record Look(CopyPage page, RingRange segment, byte[] cursor, byte[] stage) {}

  /**
   * Looks at some copies.
   *
   * @param from physical key to begin at
   * @param encodedStage that of the page before; {@link VerifyStage#FIRST} to begin with
   * @param collectionId only rules whose holder or source it is; 0 = all
   * @param max documents or sources, about
   */
  CompletableFuture<CopyFindings> page(
      byte[] from, byte[] encodedStage, int collectionId, boolean repairs, int max) {
    VerifyStage stage = VerifyStage.decode(encodedStage);
    return read(() -> shard.read(view -> look(view, from, stage, collectionId, max)))
        .thenCompose(look -> settled(look, collectionId, repairs));
  }

  private <T> CompletableFuture<T> read(Supplier<T> reader) {
    CompletableFuture<T> done = new CompletableFuture<>();
    clock.execute(
        () -> {
          try {
            done.complete(reader.get());
          } catch (RuntimeException e) {
            done.completeExceptionally(e);
          }
        });
    return done;
  }

  private Look look(ReadView view, byte[] from, VerifyStage stage, int collectionId, int max) {
    ShardDescription description = shard.state().shard();
    if (description == null || !description.contains(from)) {
      throw new HengeException(
          ErrorCode.WRONG_SHARD, "what is to be verified begins beyond the shard");
    }
    boolean starts = stage.phase() == VerifyStage.Phase.START;
    VerifyStage now =
        starts
            ? stage.in(VerifyStage.Phase.HOLDERS, new RingRange(from, description.end()))
            : stage;
    RingRange part = now.part();
    if (!part.contains(from)) {
      throw HengeException.invalid("cursor: that of the same answer as the stage expected");
    }
    RingRange rest = new RingRange(from, part.end());
    CopyVerifier verifier = CopyVerifier.of(view, rest, collectionId);
    if (verifier == null) {
      RingRange here = rest.common(RingRange.of(description));
      CopyPage none = new CopyPage(0, List.of(), List.of(), null);
      VerifyStage last = starts ? now.in(VerifyStage.Phase.SOURCES, part) : now;
      return behind(none, here == null ? rest : here, last);
    }
    CopyPage page =
        switch (now.phase()) {
          case START, HOLDERS -> verifier.holders(now.position(), max);
          case DOCUMENTS -> verifier.documents(from, max);
          case SOURCES -> verifier.sources(now.position(), max);
        };
    byte[] next = page.next();
    if (next == null) {
      return behind(page, verifier.segment(), now);
    }
    return now.phase() == VerifyStage.Phase.DOCUMENTS
        ? new Look(page, verifier.segment(), next, now.encode())
        : new Look(page, verifier.segment(), from, now.at(next).encode());
  }

  /** Where to go on when a phase has got to the end of what the shard has of the part. */
  private static Look behind(CopyPage page, RingRange segment, VerifyStage stage) {
    RingRange part = stage.part();
    byte[] end = segment.end();
    if (!Arrays.equals(end, part.end())) {
      RingRange left = part.behind(end);
      if (left != null) {
        return new Look(page, segment, left.start(), stage.in(stage.phase(), part).encode());
      }
    }
    if (stage.phase() != VerifyStage.Phase.SOURCES) {
      VerifyStage.Phase next = stage.phase().next();
      return new Look(page, segment, part.start(), stage.in(next, part).encode());
    }
    boolean over = part.end().length == 0;
    return new Look(page, segment, part.end(), over ? new byte[0] : VerifyStage.FIRST.encode());
  }

  private CompletableFuture<CopyFindings> settled(Look look, int collectionId, boolean repairs) {
    CopyPage page = look.page();
    List<CopyDoubt> certain = new ArrayList<>();
    List<CopyDoubt> doubts = new ArrayList<>(page.sources());
    for (CopyDoubt doubt : page.doubts()) {
      (doubt.isCertain() ? certain : doubts).add(doubt);
    }
    return asked(look, doubts, collectionId, 1)
        .thenCompose(
            answers -> {
              certain.addAll(answers.wrong());
              return finished(look, certain, answers.unasked(), repairs);
            });
  }

  private CompletableFuture<CopyFindings> finished(
      Look look, List<CopyDoubt> wrong, long unasked, boolean repairs) {
    meter.verified(look.page().copies());
    for (CopyDoubt each : wrong) {
      meter.different(
          each.source().ruleId(), each.kind().name().toLowerCase(Locale.ROOT).replace('_', '-'));
    }
    CompletableFuture<Long> mended =
        repairs && !wrong.isEmpty()
            ? asker.ask(repair.sourcesOf(wrong)).thenCompose(answers -> repair.mend(wrong, answers))
            : CompletableFuture.completedFuture(0L);
    return mended.thenApply(
        count ->
            new CopyFindings(
                look.page().copies(),
                unasked,
                wrong.stream().map(CopyDoubt::difference).toList(),
                count,
                look.cursor(),
                look.stage()));
  }

  /**
   * What the sources have said.
   *
   * @param wrong what is not as it should be
   */
  private record Answers(List<CopyDoubt> wrong, long unasked) {}

  private CompletableFuture<Answers> asked(
      Look look, List<CopyDoubt> doubts, int collectionId, int times) {
    if (doubts.isEmpty()) {
      return CompletableFuture.completedFuture(new Answers(List.of(), 0));
    }
    Map<SourceKey, List<CopyDoubt>> bySource = new LinkedHashMap<>();
    doubts.forEach(
        doubt -> bySource.computeIfAbsent(doubt.source(), any -> new ArrayList<>()).add(doubt));
    return asker
        .ask(List.copyOf(bySource.keySet()))
        // What had been sent here by then is seen now: this view is younger than the answers.
        .thenCompose(answers -> confirmed.get().thenApply(index -> answers))
        .thenCompose(
            answers ->
                read(() -> shard.read(view -> judged(view, look, doubts, answers, collectionId)))
                    .thenCompose(
                        still ->
                            again(
                                look,
                                still,
                                bySource.size() - answers.size(),
                                collectionId,
                                times)));
  }

  private List<CopyDoubt> judged(
      ReadView view,
      Look look,
      List<CopyDoubt> doubts,
      Map<SourceKey, SourceAudit> answers,
      int collectionId) {
    if (shard.state().reshaping().isSealed()) {
      // Changes go to its neighbour by now, and this one would seem to have missed them.
      throw new HengeException(
          ErrorCode.WRONG_SHARD, "the shard has become part of its neighbour meanwhile");
    }
    CopyVerifier verifier = CopyVerifier.of(view, look.segment(), collectionId);
    List<CopyDoubt> still = new ArrayList<>();
    for (CopyDoubt doubt : doubts) {
      SourceAudit answer = answers.get(doubt.source());
      CopyDoubt found = verifier == null || answer == null ? null : verifier.judge(doubt, answer);
      if (found != null) {
        still.add(found);
      }
    }
    return still;
  }

  private CompletableFuture<Answers> again(
      Look look, List<CopyDoubt> still, long unasked, int collectionId, int times) {
    if (still.isEmpty() || times == LOOKS) {
      return CompletableFuture.completedFuture(new Answers(still, unasked));
    }
    CompletableFuture<Void> pause = new CompletableFuture<>();
    clock.after(PAUSE_MILLIS * times, () -> pause.complete(null));
    return pause
        .thenCompose(done -> asked(look, still, collectionId, times + 1))
        .thenApply(answers -> new Answers(answers.wrong(), answers.unasked() + unasked));
  }
}
