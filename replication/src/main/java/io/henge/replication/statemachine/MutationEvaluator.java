package io.henge.replication.statemachine;

import io.henge.api.error.ErrorCode;
import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.engine.WriteRows;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Evaluates single mutations on the overlay: conditions, actions, versions, expiries. Of the
 * applying thread.
 */
final class MutationEvaluator {
  private final Overlay overlay;
  private final Failure failure;

  private WriteRows rows;
  private long nowMillis;
  private long version;
  private Catalogue catalogue = Catalogue.EMPTY;

  /** Bytes of previous items that the current command gives back. */
  private long previousBytes;

  MutationEvaluator(Overlay overlay, Failure failure, WriteRows rows) {
    this.overlay = overlay;
    this.failure = failure;
    this.rows = rows;
  }

  /**
   * Begins an entry.
   *
   * @param newRows for rows of the catalogue
   * @param newNowMillis the entry's time, from which expiries and versions count
   */
  void begin(WriteRows newRows, long newNowMillis, long newVersion, Catalogue newCatalogue) {
    rows = newRows;
    nowMillis = newNowMillis;
    version = newVersion;
    catalogue = newCatalogue;
  }

  void beginCommand() {
    previousBytes = 0;
  }

  /** Last version given out. */
  long version() {
    return version;
  }

  /** Takes versions back. */
  void version(long before) {
    version = before;
  }

  /** The catalogue, with the collections noted whose items have begun to expire. */
  Catalogue catalogue() {
    return catalogue;
  }

  /** The result of a mutation, or null if it fails. */
  WriteOutcome.@Nullable Result evaluate(Mutation mutation, int collectionId) {
    Catalogue.Collection collection = catalogue.find(collectionId);
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
        failure.set(
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
    return failure.set(
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
        return failure.set(ErrorCode.INVALID_ARGUMENT, "add: the item is not a counter but bytes");
      }
      before = counter.value();
      expiresAtMillis = cell.expiresAtMillis();
    } else {
      expiresAtMillis = expiresAt(collection, Action.TTL_DEFAULT);
    }
    long after = before + delta;
    if (((before ^ after) & (delta ^ after)) < 0) {
      return failure.set(
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
        return failure.set(
            ErrorCode.INVALID_ARGUMENT, "append: the item is not bytes but a counter");
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
      return failure.set(ErrorCode.NOT_FOUND, "touch: there is no item");
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
    version = nextVersion(version, nowMillis);
    return version;
  }

  /** The version after another one: hybrid time, strictly rising. */
  static long nextVersion(long last, long nowMillis) {
    return Math.max(last + 1, nowMillis << 16);
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
      failure.set(
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
        || failure.set(
            ErrorCode.INVALID_ARGUMENT,
            "value: it would have "
                + valueBytes
                + " bytes, at most "
                + ApplyLimits.VALUE_BYTES_MAX
                + " are allowed");
  }
}
