package io.henge.replication.statemachine;

import io.henge.api.error.ErrorCode;
import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.Value;
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

  private static final int COLLECTION_BYTES = Integer.BYTES;

  private final Overlay overlay;
  private final RequestMemory memory;

  private WriteRows rows;
  private long nowMillis;
  private long timeMillis;
  private long version;
  private @Nullable ShardDescription shard;
  private Catalogue catalogue = Catalogue.EMPTY;

  /** Why the current command fails. */
  private @Nullable ErrorCode error;

  private String message = "";
  private int failed;

  /** Where the collection's id is in the keys of the current command: they share what is before. */
  private int collectionAt;

  /** Bytes of previous items that the current command gives back. */
  private long previousBytes;

  WriteEvaluator(Overlay overlay, RequestMemory memory, WriteRows rows) {
    this.overlay = overlay;
    this.memory = memory;
    this.rows = rows;
  }

  /**
   * Begins an entry.
   *
   * @param newRows for rows of the catalogue
   * @param newNowMillis the entry's time, from which expiries and versions count
   * @param newTimeMillis the shard's time, which lags behind it while a backlog is swept
   * @param before the state before it
   */
  void begin(WriteRows newRows, long newNowMillis, long newTimeMillis, ShardState before) {
    rows = newRows;
    nowMillis = newNowMillis;
    timeMillis = newTimeMillis;
    version = before.version();
    shard = before.shard();
    catalogue = before.catalogue();
  }

  /** Last version given out. */
  long version() {
    return version;
  }

  /** The catalogue, with the collections noted whose items have begun to expire. */
  Catalogue catalogue() {
    return catalogue;
  }

  WriteOutcome apply(WriteCommand command) {
    error = null;
    failed = -1;
    List<Mutation> mutations = command.mutations();
    if (!inRange(mutations)) {
      return failure();
    }
    RequestBlock.Remembered remembered = memory.find(command.id(), timeMillis);
    if (remembered != null) {
      return answer(remembered.outcome());
    }
    if (!inTime(command)) {
      return failure();
    }
    long token = PhysicalKey.token(mutations.get(0).key());
    WriteOutcome outcome;
    if (!wellFormed(mutations) || !known(command)) {
      outcome = failure();
    } else {
      outcome = evaluate(mutations);
    }
    if (isFinal(outcome)) {
      memory.remember(command.id(), command.notAfterMillis(), token, outcome);
    }
    return outcome;
  }

  /**
   * Whether a retry must get the same answer. A definite failure too: its first answer may have
   * been given already when a second attempt arrives, which must not take effect then. What a
   * client is to try again is not final.
   */
  private static boolean isFinal(WriteOutcome outcome) {
    ErrorCode code = outcome.error();
    return code == null || code.retry() == ErrorCode.Retry.NEVER;
  }

  private boolean inRange(List<Mutation> mutations) {
    if (mutations.isEmpty()) {
      return fail(
          ErrorCode.INVALID_ARGUMENT, "mutations: there are none; a write needs at least 1");
    }
    ShardDescription range = shard;
    for (int i = 0; i < mutations.size(); i++) {
      if (range == null || !range.contains(mutations.get(i).key())) {
        failed = i;
        return fail(
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

  private boolean inTime(WriteCommand command) {
    if (command.notAfterMillis() < timeMillis) {
      return fail(
          ErrorCode.OUTCOME_UNKNOWN,
          "the write's not-after time has passed: it has no effect from now on, an earlier attempt"
              + " may have had; read the item to find out");
    }
    if (command.notAfterMillis() > nowMillis + ApplyLimits.NOT_AFTER_AHEAD_MILLIS_MAX) {
      return fail(
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
      failed = i;
      if (key.length > ApplyLimits.KEY_BYTES_MAX) {
        return fail(
            ErrorCode.INVALID_ARGUMENT,
            "key: " + key.length + " bytes, at most " + ApplyLimits.KEY_BYTES_MAX + " are allowed");
      }
      if (end < 0 || key.length < end + 1 + COLLECTION_BYTES) {
        return fail(ErrorCode.INVALID_ARGUMENT, "key: it is not a physical key of an item");
      }
      if (i > 0 && !Arrays.equals(key, 0, end + 1, first, 0, end + 1)) {
        return fail(
            ErrorCode.INVALID_ARGUMENT,
            "mutations: they are of different sharding keys; a write is of one");
      }
    }
    failed = -1;
    collectionAt = end + 1;
    return true;
  }

  /** Whether the shard knows the collections as the command's author did. */
  private boolean known(WriteCommand command) {
    List<Mutation> mutations = command.mutations();
    for (int i = 0; i < mutations.size(); i++) {
      int id = collectionId(mutations.get(i).key());
      Catalogue.Collection collection = catalogue.find(id);
      if (collection == null) {
        failed = i;
        return fail(ErrorCode.STALE_CATALOGUE, "the shard does not know collection " + id + " yet");
      }
      CollectionInfo info = collection.info();
      if (info.dropped()) {
        failed = i;
        return fail(ErrorCode.NOT_FOUND, "collection " + info.name() + " was dropped");
      }
      if (command.catalogueVersion() != 0 && info.changedIn() > command.catalogueVersion()) {
        failed = i;
        return fail(
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

  private WriteOutcome evaluate(List<Mutation> mutations) {
    long versionBefore = version;
    previousBytes = 0;
    int count = mutations.size();
    List<WriteOutcome.Result> results = count == 1 ? List.of() : new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      WriteOutcome.Result result = evaluate(mutations.get(i));
      if (result == null) {
        failed = i;
        version = versionBefore;
        overlay.rollBack();
        return failure();
      }
      if (count == 1) {
        results = List.of(result);
      } else {
        results.add(result);
      }
    }
    overlay.commit();
    return new WriteOutcome(null, null, -1, results, version, timeMillis);
  }

  /** The result of a mutation, or null if it fails. */
  private WriteOutcome.@Nullable Result evaluate(Mutation mutation) {
    Catalogue.Collection collection = catalogue.find(collectionId(mutation.key()));
    if (collection == null) {
      throw new IllegalStateException("collections were checked before");
    }
    Action action = mutation.action();
    Overlay.Cell cell = overlay.cell(mutation.key());
    boolean blind =
        action instanceof Action.Put
            && mutation.condition() instanceof Condition.None
            && !mutation.returnPrevious();
    // A blind put needs nothing of what was there, if that has no row in the expiry index.
    if (!blind || collection.expiring()) {
      overlay.load(cell);
    }
    boolean existed = !blind && cell.present();
    if (!holds(mutation.condition(), cell)) {
      return null;
    }
    StoredItem previous = null;
    if (mutation.returnPrevious() && existed) {
      previous = cell.item();
      previousBytes += previous.value().size();
      if (previousBytes > ApplyLimits.PREVIOUS_BYTES_MAX) {
        fail(
            ErrorCode.INVALID_ARGUMENT,
            "return_previous: the previous items have more than "
                + ApplyLimits.PREVIOUS_BYTES_MAX
                + " bytes, which is what a write gives back; ask for fewer, or read them first");
        return null;
      }
    }
    if (!act(action, cell, collection)) {
      return null;
    }
    long counter = action instanceof Action.Add ? ((Value.Counter) cell.value()).value() : 0;
    return new WriteOutcome.Result(cell.present() ? cell.version() : 0, counter, existed, previous);
  }

  private boolean holds(Condition condition, Overlay.Cell cell) {
    boolean holds;
    if (condition instanceof Condition.None) {
      return true;
    } else if (condition instanceof Condition.Absent) {
      holds = !cell.present();
    } else if (condition instanceof Condition.Present) {
      holds = cell.present();
    } else if (condition instanceof Condition.VersionIs is) {
      holds = cell.present() && cell.version() == is.version();
    } else if (condition instanceof Condition.ValueIs is) {
      holds = cell.present() && cell.value().equals(is.value());
    } else {
      throw new IllegalStateException("unknown condition");
    }
    if (holds) {
      return true;
    }
    return fail(
        ErrorCode.CONDITION_FAILED,
        cell.present()
            ? "the condition does not hold: the item has version " + cell.version()
            : "the condition does not hold: there is no item");
  }

  private boolean act(Action action, Overlay.Cell cell, Catalogue.Collection collection) {
    if (action instanceof Action.Put put) {
      return put(cell, collection, put);
    } else if (action instanceof Action.Remove) {
      if (cell.present()) {
        nextVersion();
        overlay.remove(cell);
      }
      return true;
    } else if (action instanceof Action.Add add) {
      return add(cell, collection, add.delta());
    } else if (action instanceof Action.Append append) {
      return append(cell, collection, append.bytes());
    } else if (action instanceof Action.Touch touch) {
      return touch(cell, collection, touch.ttlMillis());
    }
    return true; // Check
  }

  private boolean put(Overlay.Cell cell, Catalogue.Collection collection, Action.Put put) {
    long expiresAtMillis = expiresAt(collection, put.ttlMillis());
    if (expiresAtMillis < 0 || !fits(put.value().size())) {
      return false;
    }
    set(cell, collection, put.value(), expiresAtMillis);
    return true;
  }

  private boolean add(Overlay.Cell cell, Catalogue.Collection collection, long delta) {
    long before = 0;
    long expiresAtMillis;
    if (cell.present()) {
      if (!(cell.value() instanceof Value.Counter counter)) {
        return fail(ErrorCode.INVALID_ARGUMENT, "add: the item is not a counter but bytes");
      }
      before = counter.value();
      expiresAtMillis = cell.expiresAtMillis();
    } else {
      expiresAtMillis = expiresAt(collection, Action.TTL_DEFAULT);
    }
    long after = before + delta;
    if (((before ^ after) & (delta ^ after)) < 0) {
      return fail(
          ErrorCode.INVALID_ARGUMENT,
          "add: " + before + " plus " + delta + " is beyond 64 bits; the counter stays");
    }
    if (expiresAtMillis < 0) {
      return false;
    }
    set(cell, collection, new Value.Counter(after), expiresAtMillis);
    return true;
  }

  private boolean append(Overlay.Cell cell, Catalogue.Collection collection, byte[] bytes) {
    byte[] joined = bytes;
    long expiresAtMillis;
    if (cell.present()) {
      if (!(cell.value() instanceof Value.Data data)) {
        return fail(ErrorCode.INVALID_ARGUMENT, "append: the item is not bytes but a counter");
      }
      byte[] before = data.bytes();
      if (!fits((long) before.length + bytes.length)) {
        return false;
      }
      joined = Arrays.copyOf(before, before.length + bytes.length);
      System.arraycopy(bytes, 0, joined, before.length, bytes.length);
      expiresAtMillis = cell.expiresAtMillis();
    } else {
      expiresAtMillis = expiresAt(collection, Action.TTL_DEFAULT);
      if (expiresAtMillis < 0 || !fits(bytes.length)) {
        return false;
      }
    }
    set(cell, collection, new Value.Data(joined), expiresAtMillis);
    return true;
  }

  private boolean touch(Overlay.Cell cell, Catalogue.Collection collection, long ttlMillis) {
    if (!cell.present()) {
      return fail(ErrorCode.NOT_FOUND, "touch: there is no item");
    }
    long expiresAtMillis = expiresAt(collection, ttlMillis);
    if (expiresAtMillis < 0) {
      return false;
    }
    set(cell, collection, cell.value(), expiresAtMillis);
    return true;
  }

  private void set(
      Overlay.Cell cell, Catalogue.Collection collection, Value value, long expiresAtMillis) {
    overlay.set(cell, value, nextVersion(), expiresAtMillis);
    if (expiresAtMillis != 0 && !collection.expiring()) {
      // Stays even if the command fails after all: it only makes later puts look.
      catalogue = catalogue.with(new Catalogue.Collection(collection.info(), true));
      SystemRows.putExpiring(rows, collection.info().id());
    }
  }

  private long nextVersion() {
    version = Math.max(version + 1, nowMillis << 16);
    return version;
  }

  /** When an item expires; 0 = never, -1 = the time to live is not valid. */
  private long expiresAt(Catalogue.Collection collection, long ttlMillis) {
    long ttl = ttlMillis;
    if (ttl == Action.TTL_DEFAULT) {
      ttl = Math.max(0, collection.info().ttlMillisDefault());
      if (ttl == 0) {
        return 0;
      }
    } else if (ttl == Action.TTL_NEVER) {
      return 0;
    }
    if (ttl < 0 || ttl > EntryHeader.TIME_MILLIS_MAX - nowMillis) {
      fail(
          ErrorCode.INVALID_ARGUMENT,
          "ttl_millis: "
              + ttl
              + " is not allowed: 0 = the collection's default, -1 = never, else at most "
              + (EntryHeader.TIME_MILLIS_MAX - nowMillis));
      return -1;
    }
    return nowMillis + ttl;
  }

  private boolean fits(long valueBytes) {
    return valueBytes <= ApplyLimits.VALUE_BYTES_MAX
        || fail(
            ErrorCode.INVALID_ARGUMENT,
            "value: it would have "
                + valueBytes
                + " bytes, at most "
                + ApplyLimits.VALUE_BYTES_MAX
                + " are allowed");
  }

  private boolean fail(ErrorCode code, String why) {
    error = code;
    message = why;
    return false;
  }

  private WriteOutcome failure() {
    return new WriteOutcome(error, message, failed, List.of(), version, timeMillis);
  }

  /** A remembered outcome, as of now. */
  private WriteOutcome answer(WriteOutcome outcome) {
    ErrorCode code = outcome.error();
    return new WriteOutcome(
        code,
        code == null ? null : "an earlier attempt of this write was answered so: " + code,
        outcome.failedMutation(),
        outcome.results(),
        version,
        timeMillis);
  }

  private int collectionId(byte[] key) {
    return (int) INT.get(key, collectionAt);
  }
}
