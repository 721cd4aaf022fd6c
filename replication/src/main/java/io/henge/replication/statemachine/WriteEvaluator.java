package io.henge.replication.statemachine;

import io.henge.api.error.ErrorCode;
import io.henge.api.key.PhysicalKey;
import io.henge.engine.WriteRows;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Evaluates the commands of an entry, one after the other, on the overlay. A command takes effect
 * as a whole or not at all; whatever is wrong with it is its own outcome and nobody else's. Of the
 * applying thread.
 */
final class WriteEvaluator {
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  /** When to come back to a shard that is frozen. No part of the state. */
  private static final long FROZEN_RETRY_MILLIS = 50;

  /** When to come back to an entry that is not crowded. No part of the state. */
  private static final long CROWDED_RETRY_MILLIS = 20;

  /** When to come back with what a write lacks. No part of the state. */
  private static final long MISSING_RETRY_MILLIS = 20;

  private static final int COLLECTION_BYTES = Integer.BYTES;

  private final Overlay overlay;
  private final RequestMemory memory;
  private final Derivation derivation;

  private final MutationEvaluator evaluator;
  private final DocumentFigures figures;
  private final Failure failure = new Failure();

  private long nowMillis;
  private long timeMillis;
  private @Nullable ShardDescription shard;
  private boolean frozen;

  /** Where the collection's id is in the keys of the current command: they share what is before. */
  private int collectionAt;

  /** First mutation beyond the shard of a command that begins in it; -1 = none. */
  private int dividedAt = -1;

  WriteEvaluator(
      Overlay overlay,
      RequestMemory memory,
      Derivation derivation,
      WriteRows rows,
      DocumentFigures figures) {
    this.overlay = overlay;
    this.memory = memory;
    this.derivation = derivation;
    this.figures = figures;
    this.evaluator = new MutationEvaluator(overlay, failure, rows, figures);
  }

  /**
   * Begins an entry.
   *
   * @param newRows for rows of the catalogue
   * @param newNowMillis the entry's time, from which expiries and versions count
   * @param before the state before its first command. The shard's time lags behind the entry's
   *     while a backlog is swept
   */
  void begin(WriteRows newRows, long newNowMillis, ShardState before) {
    evaluator.begin(newRows, newNowMillis, before.version(), before.catalogue());
    nowMillis = newNowMillis;
    timeMillis = before.timeMillis();
    shard = before.shard();
    frozen = before.reshaping().isFrozen();
  }

  /** Last version given out. */
  long version() {
    return evaluator.version();
  }

  /** The catalogue, with the collections noted whose items have begun to expire. */
  Catalogue catalogue() {
    return evaluator.catalogue();
  }

  WriteOutcome apply(WriteCommand command) {
    failure.clear();
    List<Mutation> mutations = command.mutations();
    if (!inRange(mutations)) {
      return failed();
    }
    RequestBlock.Remembered remembered = memory.find(command.id(), timeMillis);
    if (remembered != null) {
      return answer(remembered.outcome());
    }
    if (frozen) {
      // Not final: it is to be tried again, here or in the shard that this one is merged into.
      failure.set(ErrorCode.BUSY, "the shard is being merged into its neighbour");
      return refusedForNow(FROZEN_RETRY_MILLIS);
    }
    if (!inTime(command)) {
      return failed();
    }
    if (derivation.derivedBytes() >= ApplyLimits.DERIVED_BYTES_MAX) {
      // Not final either: the next entry has room for it.
      failure.set(ErrorCode.BUSY, "too much follows from the writes that came together with it");
      return refusedForNow(CROWDED_RETRY_MILLIS);
    }
    long token = PhysicalKey.token(mutations.get(0).key());
    WriteOutcome outcome;
    if (!wellFormed(mutations) || !isUndivided() || !known(command)) {
      outcome = failed();
    } else {
      outcome = evaluate(command);
    }
    if (isFinal(outcome)) {
      memory.remember(command.id(), command.notAfterMillis(), token, outcome);
    }
    return outcome;
  }

  private WriteOutcome refusedForNow(long retryAfterMillis) {
    return new WriteOutcome(
        failure.code(),
        failure.message(),
        -1,
        List.of(),
        evaluator.version(),
        timeMillis,
        retryAfterMillis,
        null);
  }

  /**
   * Whether a retry must get the same answer. A definite failure too: its first answer may have
   * been given already when a second attempt arrives, which must not take effect then. What a
   * client is to try again is not final. This is part of the format.
   */
  private static boolean isFinal(WriteOutcome outcome) {
    ErrorCode code = outcome.error();
    return code != ErrorCode.WRONG_SHARD
        && code != ErrorCode.STALE_CATALOGUE
        && outcome.missing().isEmpty();
  }

  private boolean inRange(List<Mutation> mutations) {
    if (mutations.isEmpty()) {
      return failure.set(
          ErrorCode.INVALID_ARGUMENT, "mutations: there are none; a write needs at least 1");
    }
    ShardDescription range = shard;
    dividedAt = -1;
    for (int i = 0; i < mutations.size(); i++) {
      if (range == null || !range.contains(mutations.get(i).key())) {
        if (i > 0 && isOfShardingKey(mutations.get(0).key(), mutations.get(i).key())) {
          dividedAt = dividedAt < 0 ? i : dividedAt;
          continue;
        }
        failure.at(i);
        return failure.set(
            ErrorCode.WRONG_SHARD,
            range == null
                ? "the shard is not set up yet"
                : "the key is not in the range of shard "
                    + range.shardId()
                    + " at epoch "
                    + range.epoch());
      }
    }
    return true;
  }

  private static boolean isOfShardingKey(byte[] first, byte[] key) {
    int end = first.length <= PhysicalKey.TOKEN_BYTES ? -1 : PhysicalKey.endOfShardingKey(first);
    return end >= 0 && key.length > end && Arrays.equals(key, 0, end + 1, first, 0, end + 1);
  }

  /**
   * Whether the shard holds all of it. If a boundary divides the sharding key, no shard does, and
   * none will be found by asking elsewhere: that is a definite failure, so that no late twin of the
   * write takes effect after a merge.
   */
  private boolean isUndivided() {
    if (dividedAt < 0) {
      return true;
    }
    failure.at(dividedAt);
    return failure.set(
        ErrorCode.INVALID_ARGUMENT,
        "mutations: a boundary between shards divides the sharding key, and they lie on both sides"
            + " of it; a write takes effect in one shard");
  }

  private boolean inTime(WriteCommand command) {
    if (command.notAfterMillis() < timeMillis) {
      return failure.set(
          ErrorCode.OUTCOME_UNKNOWN,
          "the write's not-after time has passed: it has no effect from now on, an earlier attempt"
              + " may have had; read the item to find out");
    }
    if (command.notAfterMillis() > nowMillis + ApplyLimits.NOT_AFTER_AHEAD_MILLIS_MAX) {
      return failure.set(
          ErrorCode.INVALID_ARGUMENT,
          "not_after_millis: "
              + (command.notAfterMillis() - nowMillis)
              + " ms ahead of the shard's time, at most "
              + ApplyLimits.NOT_AFTER_AHEAD_MILLIS_MAX
              + " are allowed");
    }
    return true;
  }

  /** Whether the keys are physical keys of items of one sharding key. */
  private boolean wellFormed(List<Mutation> mutations) {
    byte[] first = mutations.get(0).key();
    int end = first.length <= PhysicalKey.TOKEN_BYTES ? -1 : PhysicalKey.endOfShardingKey(first);
    for (int i = 0; i < mutations.size(); i++) {
      byte[] key = mutations.get(i).key();
      failure.at(i);
      if (key.length > ApplyLimits.KEY_BYTES_MAX) {
        return failure.set(
            ErrorCode.INVALID_ARGUMENT,
            "key: " + key.length + " bytes, at most " + ApplyLimits.KEY_BYTES_MAX + " are allowed");
      }
      if (end < 0 || key.length < end + 1 + COLLECTION_BYTES) {
        return failure.set(ErrorCode.INVALID_ARGUMENT, "key: it is not a physical key of an item");
      }
      if (i > 0 && !Arrays.equals(key, 0, end + 1, first, 0, end + 1)) {
        return failure.set(
            ErrorCode.INVALID_ARGUMENT,
            "mutations: they are of different sharding keys; a write is of one");
      }
    }
    failure.at(-1);
    collectionAt = end + 1;
    return true;
  }

  /** Whether the shard knows the collections as the command's author did. */
  private boolean known(WriteCommand command) {
    List<Mutation> mutations = command.mutations();
    for (int i = 0; i < mutations.size(); i++) {
      int id = collectionId(mutations.get(i).key());
      Catalogue.Collection collection = evaluator.catalogue().find(id);
      if (collection == null) {
        failure.at(i);
        return failure.set(
            ErrorCode.STALE_CATALOGUE, "the shard does not know collection " + id + " yet");
      }
      CollectionInfo info = collection.info();
      if (info.dropped()) {
        failure.at(i);
        return failure.set(ErrorCode.NOT_FOUND, "collection " + info.name() + " was dropped");
      }
      if (command.catalogueVersion() != 0 && info.changedIn() > command.catalogueVersion()) {
        failure.at(i);
        return failure.set(
            ErrorCode.STALE_CATALOGUE,
            "collection "
                + info.name()
                + " was changed in catalogue version "
                + info.changedIn()
                + ", the write was built on "
                + command.catalogueVersion());
      }
    }
    return true;
  }

  private WriteOutcome evaluate(WriteCommand command) {
    List<Mutation> mutations = command.mutations();
    long versionBefore = evaluator.version();
    evaluator.beginCommand();
    int count = mutations.size();
    List<WriteOutcome.Result> results = count == 1 ? List.of() : new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      WriteOutcome.Result result =
          evaluator.evaluate(mutations.get(i), collectionId(mutations.get(i).key()));
      if (result == null) {
        failure.at(i);
        return takenBack(versionBefore);
      }
      if (count == 1) {
        results = List.of(result);
      } else {
        results.add(result);
      }
    }
    if (evaluator.isDerived()) {
      CommandSources sources = derivation.sources();
      sources.begin(command.sources(), true);
      long derivedBefore = derivation.derivedBytes();
      if (!derivation.derive(evaluator::nextVersion, failure)) {
        WriteOutcome refused = takenBack(versionBefore);
        return refused.error() == ErrorCode.BUSY && !sources.missing().isEmpty()
            ? lacking(refused, sources.missing())
            : refused;
      }
      results = afterDerivation(mutations, results);
      derivation.rows().commit();
      figures.derived(
          derivation.shard().derivations(command), derivation.derivedBytes() - derivedBefore);
    }
    overlay.commit();
    return new WriteOutcome(null, null, -1, results, evaluator.version(), timeMillis);
  }

  private static WriteOutcome lacking(WriteOutcome refused, List<SourceKey> missing) {
    return new WriteOutcome(
        refused.error(),
        refused.message(),
        -1,
        List.of(),
        refused.shardVersion(),
        refused.shardTimeMillis(),
        MISSING_RETRY_MILLIS,
        null,
        missing);
  }

  private WriteOutcome takenBack(long versionBefore) {
    evaluator.version(versionBefore);
    overlay.rollBack();
    derivation.rows().rollBack();
    return failed();
  }

  /** What a document is in the end is what a rule has made of it. */
  private List<WriteOutcome.Result> afterDerivation(
      List<Mutation> mutations, List<WriteOutcome.Result> results) {
    List<WriteOutcome.Result> changed = new ArrayList<>(results.size());
    for (int i = 0; i < results.size(); i++) {
      WriteOutcome.Result result = results.get(i);
      Overlay.Cell cell = overlay.cell(mutations.get(i).key());
      boolean same = result.version() == 0 || !cell.present() || cell.version() == result.version();
      changed.add(
          same
              ? result
              : new WriteOutcome.Result(
                  cell.version(),
                  result.counter(),
                  result.existed(),
                  result.previous(),
                  result.current() == null ? null : cell.item()));
    }
    return changed;
  }

  private WriteOutcome failed() {
    return new WriteOutcome(
        failure.code(),
        failure.message(),
        failure.mutation(),
        List.of(),
        evaluator.version(),
        timeMillis);
  }

  /** A remembered outcome, as of now. */
  private WriteOutcome answer(WriteOutcome outcome) {
    ErrorCode code = outcome.error();
    return new WriteOutcome(
        code,
        code == null
            ? null
            : "refused ("
                + code
                + ") at an earlier attempt whose answer was lost; the reason is not kept: send it as a"
                + " new write to be told",
        outcome.failedMutation(),
        outcome.results(),
        evaluator.version(),
        timeMillis);
  }

  private int collectionId(byte[] key) {
    return (int) INT.get(key, collectionAt);
  }
}
