package io.henge.replication.statemachine;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.document.layout.DocumentLayout;
import io.henge.engine.WriteRows;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Evaluates single mutations on the overlay: conditions, actions, versions, expiries. Of the
 * applying thread.
 */
final class MutationEvaluator {
  private final Overlay overlay;
  private final Failure failure;
  private final DocumentFigures figures;
  private final DocumentEvaluator documents;

  private WriteRows rows;
  private long nowMillis;
  private long version;
  private Catalogue catalogue = Catalogue.EMPTY;

  /** Bytes of items that the current command gives back. */
  private long returnedBytes;

  /** Whether something is derived from a document of the current command. */
  private boolean derived;

  MutationEvaluator(Overlay overlay, Failure failure, WriteRows rows, DocumentFigures figures) {
    this.figures = figures;
    this.documents = new DocumentEvaluator(figures);
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
    returnedBytes = 0;
    derived = false;
    documents.beginCommand();
  }

  /** Whether something is derived from what the current command has changed. */
  boolean isDerived() {
    return derived;
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
    try {
      return evaluate(mutation, collection);
    } catch (HengeException e) {
      if (e.code() != ErrorCode.INVALID_ARGUMENT) {
        throw e;
      }
      failure.set(e.code(), Objects.requireNonNullElse(e.getMessage(), "refused"));
      return null;
    }
  }

  private WriteOutcome.@Nullable Result evaluate(
      Mutation mutation, Catalogue.Collection collection) {
    Action action = mutation.action();
    if (!isOfKind(action, collection)) {
      return null;
    }
    Overlay.Cell cell = overlay.cell(mutation.key());
    boolean blind =
        action instanceof Action.Put
            && mutation.condition() instanceof Condition.None
            && !mutation.returnPrevious();
    boolean derives = collection.derived() != null;
    derived |= derives;
    // A blind put needs nothing of what was there, if nothing else follows from that: no row in the
    // expiry index, nor one of an index of documents.
    if (!blind || collection.expiring() || derives) {
      overlay.load(cell);
    }
    boolean existed = !blind && cell.present();
    if (!holds(mutation.condition(), cell)) {
      return null;
    }
    StoredItem previous = null;
    if (mutation.returnPrevious() && existed) {
      previous = cell.item();
      if (!mayReturn(previous)) {
        return null;
      }
    }
    if (!act(action, cell, collection, mutation.key())) {
      return null;
    }
    StoredItem current = null;
    if (mutation.returnCurrent() && cell.present()) {
      current = cell.item();
      if (!mayReturn(current)) {
        return null;
      }
    }
    long counter = action instanceof Action.Add ? ((Value.Counter) cell.value()).value() : 0;
    return new WriteOutcome.Result(
        cell.present() ? cell.version() : 0, counter, existed, previous, current);
  }

  /** Items and documents keep apart: a collection holds either. */
  private boolean isOfKind(Action action, Catalogue.Collection collection) {
    DocumentLayout layout = collection.layout();
    String name = collection.info().name();
    if (layout == null) {
      return (!(action instanceof Action.Patch)
              && !(action instanceof Action.Put put && put.value() instanceof Value.Document))
          || failure.set(
              ErrorCode.INVALID_ARGUMENT, "collection " + name + " holds items, not documents");
    }
    if (action instanceof Action.Add
        || action instanceof Action.Append
        || (action instanceof Action.Put put && !(put.value() instanceof Value.Document))) {
      return failure.set(
          ErrorCode.INVALID_ARGUMENT, "collection " + name + " holds documents, not items");
    }
    return !(action instanceof Action.Touch && layout.ttlPath() != null)
        || failure.set(
            ErrorCode.INVALID_ARGUMENT,
            "touch: documents of collection "
                + name
                + " say themselves when they expire; set "
                + layout.ttlPath());
  }

  private boolean mayReturn(StoredItem item) {
    returnedBytes += item.value().size();
    return returnedBytes <= ApplyLimits.PREVIOUS_BYTES_MAX
        || failure.set(
            ErrorCode.INVALID_ARGUMENT,
            "return_previous, return_current: the items have more than "
                + ApplyLimits.PREVIOUS_BYTES_MAX
                + " bytes, which is what a write gives back; ask for fewer, or read them");
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
    } else if (condition instanceof Condition.Matches matches) {
      holds =
          cell.present()
              && cell.value() instanceof Value.Document document
              && documents.matches(matches.filter(), document.bytes());
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

  private boolean act(
      Action action, Overlay.Cell cell, Catalogue.Collection collection, byte[] key) {
    if (action instanceof Action.Put put) {
      return put(cell, collection, put);
    } else if (action instanceof Action.Remove) {
      if (cell.present()) {
        if (collection.layout() != null) {
          figures.deleted();
        }
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
    } else if (action instanceof Action.Patch patch) {
      return patch(cell, collection, key, patch);
    }
    return true; // Check
  }

  private boolean put(Overlay.Cell cell, Catalogue.Collection collection, Action.Put put) {
    long expiresAtMillis = said(collection, put.value());
    if (expiresAtMillis == DocumentLayout.NOT_SAID) {
      expiresAtMillis = expiresAt(collection, put.ttlMillis());
    }
    if (expiresAtMillis < 0 || !fits(put.value().size())) {
      return false;
    }
    if (collection.layout() != null) {
      figures.put();
    }
    set(cell, collection, put.value(), expiresAtMillis);
    return true;
  }

  /** When a document says that it expires; {@link DocumentLayout#NOT_SAID} if it does not. */
  private long said(Catalogue.Collection collection, Value value) {
    DocumentLayout layout = collection.layout();
    return layout != null && value instanceof Value.Document document
        ? DocumentEvaluator.expiresAtMillis(layout, document.bytes(), nowMillis)
        : DocumentLayout.NOT_SAID;
  }

  private boolean patch(
      Overlay.Cell cell, Catalogue.Collection collection, byte[] key, Action.Patch patch) {
    if (!cell.present() && patch.initial().length == 0) {
      return failure.set(ErrorCode.NOT_FOUND, "patch: there is no document");
    }
    DocumentLayout layout = Objects.requireNonNull(collection.layout(), "checked before");
    byte[] before = cell.present() ? ((Value.Document) cell.value()).bytes() : patch.initial();
    int id = collection.info().id();
    byte[] patched =
        documents.patch(layout, key, id, OwnedFields.of(catalogue, id), before, patch.patch());
    if (cell.present() && patched == before) {
      // Nothing changes: no version, nothing to write.
      return true;
    }
    Value value = new Value.Document(patched);
    long expiresAtMillis = said(collection, value);
    if (expiresAtMillis == DocumentLayout.NOT_SAID) {
      boolean keeps = cell.present() && said(collection, cell.value()) == DocumentLayout.NOT_SAID;
      expiresAtMillis = keeps ? cell.expiresAtMillis() : expiresAt(collection, Action.TTL_DEFAULT);
    }
    if (expiresAtMillis < 0) {
      return false;
    }
    set(cell, collection, value, expiresAtMillis);
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
      catalogue = catalogue.with(collection.thatExpires());
      SystemRows.putExpiring(rows, collection.info().id());
    }
  }

  /** Gives out a version. */
  long nextVersion() {
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
