package io.henge.replication.statemachine;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.Value;
import io.henge.api.key.PhysicalKey;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.value.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Derives what follows from changed documents, in the entry that changes them: once for each
 * command, when all its mutations are done, and for what the sweep deletes, before the first
 * command. Of the applying thread.
 *
 * <p>The steps, in order; each is one class:
 *
 * <ol>
 *   <li>snapshot and followed copies: may {@link #set} the documents themselves;
 *   <li>rules of families (lists and totals): may set holders, and copy what was copied;
 *   <li>what has to be sent to those who follow a document;
 *   <li>index rows;
 *   <li>rows of the change stream: they see every document as it is in the end.
 * </ol>
 *
 * To plug one in, add it to {@link #STEPS} at its place. Rows go through {@link #rows}, documents
 * through {@link #read} and {@link #set}: what a failing command has changed is then taken back.
 *
 * <p>A collection that nothing is derived from ({@link Catalogue.Collection#derived} is null) never
 * comes here.
 */
final class Derivation {
  private static final List<DeriveStep> STEPS =
      List.of(
          new HolderCopies(),
          new FamilyCopies(),
          new SourceFanout(),
          new IndexStep(),
          new ChangeStep());

  /** A sweep derives from so many bytes of documents at once. Part of the format. */
  private static final long SWEEP_BYTES = 1 << 20;

  /** Bytes of a document that count as much as another one in a sweep. Part of the format. */
  private static final int SWEEP_UNIT = 16 << 10;

  private final Overlay overlay;
  private final DerivedRows rows;
  private final Failure failure;
  private final CommandSources sources = new CommandSources();
  private final List<DocumentChange> changes = new ArrayList<>();

  /** Cells that the overlay says were touched, and that have been looked at. */
  private int seen;

  // Of the current entry.
  private ShardState state;
  private long nowMillis;
  private LongSupplier versions = () -> 0;
  private boolean sweep;
  private boolean repair;
  private boolean refresh;
  private long sweptBytes;
  private long setBytes;
  private DerivedStates states;

  /** Of a FILL entry: the last version given out. */
  private long filledVersion;

  Derivation(Overlay overlay, DerivedRows rows, ShardState initial) {
    this.overlay = overlay;
    this.rows = rows;
    this.failure = new Failure();
    this.state = initial;
    this.states = initial.derived();
  }

  /**
   * Begins an entry.
   *
   * @param before the shard before it
   * @param newNowMillis the entry's time
   */
  void begin(ShardState before, long newNowMillis) {
    state = before;
    states = before.derived();
    nowMillis = newNowMillis;
    sweptBytes = 0;
    setBytes = 0;
  }

  /** Indexes and rules as the entry has left them so far. */
  DerivedStates states() {
    return states;
  }

  /** Changes a state; not for a command, which may be taken back. */
  void change(DerivedState changed) {
    if (!sweep) {
      throw new IllegalStateException("a command changes no states");
    }
    states = states.with(changed);
  }

  // ---- What steps see ----

  /** How many documents have changed so far. Grows when a step sets documents. */
  int count() {
    while (seen < overlay.touchedCount()) {
      Overlay.Cell cell = overlay.touched(seen++);
      Catalogue.Collection collection =
          state.catalogue().find(PhysicalKey.collectionId(cell.key()));
      if (collection != null && collection.derived() != null) {
        changes.add(new DocumentChange(cell, collection));
      }
    }
    return changes.size();
  }

  /** A change, in the order in which the documents were first changed. */
  DocumentChange change(int index) {
    return changes.get(index);
  }

  /** Whether documents have expired or were filled in, without a command: nothing may fail then. */
  boolean isSweep() {
    return sweep;
  }

  /** The entry's time. */
  long nowMillis() {
    return nowMillis;
  }

  /** The shard before the entry: range, catalogue; {@link #states} may have changed since. */
  ShardState shard() {
    return state;
  }

  /** Derived rows, to read and to change. */
  DerivedRows rows() {
    return rows;
  }

  /**
   * A document of the shard as it is now; null if there is none. Its key need not be a change's.
   */
  @Nullable StoredItem read(byte[] key) {
    Overlay.Cell cell = overlay.cell(key);
    overlay.load(cell);
    return cell.present() ? cell.item() : null;
  }

  /**
   * Changes a document that is there; its expiry stays. It gets a version of its own, and becomes a
   * change if it was none.
   *
   * @return the version
   */
  long set(byte[] key, JsonObject document) {
    Overlay.Cell cell = overlay.cell(key);
    overlay.load(cell);
    if (!cell.present()) {
      throw new IllegalStateException("there is no document to set");
    }
    long version = versions.getAsLong();
    long bytes = DocumentCodec.size(document);
    if (!sweep && bytes > ApplyLimits.HOLDERS.bytesMax()) {
      throw HengeException.invalid(
          "document: "
              + bytes
              + " bytes with the fields that copies write into it, the limit is "
              + ApplyLimits.HOLDERS.bytesMax()
              + "; divide it, or copy fewer or smaller fields");
    }
    byte[] encoded = DocumentCodec.encode(document, sweep ? ApplyLimits.ANY : ApplyLimits.HOLDERS);
    setBytes += key.length + encoded.length;
    overlay.set(cell, new Value.Document(encoded), version, cell.expiresAtMillis());
    return version;
  }

  /** The sources that came with the command, and those that it lacks. */
  CommandSources sources() {
    return sources;
  }

  /** A version for a change that has no document: those of a sweep share one. */
  long nextVersion() {
    return versions.getAsLong();
  }

  /**
   * Says why the command fails.
   *
   * @return false, for the step to return
   */
  boolean fail(ErrorCode code, String message) {
    return failure.set(code, message);
  }

  // ---- What calls steps ----

  /** Bytes of documents and rows that were written by steps since the entry began. */
  long derivedBytes() {
    return setBytes + rows.putBytes();
  }

  /**
   * Derives from what the current command has changed. Nothing is committed or taken back here.
   *
   * @param newVersions gives the next version
   * @param why told if it fails
   */
  boolean derive(LongSupplier newVersions, Failure why) {
    return derive(newVersions, why, () -> {});
  }

  /** The same after a change that is no mutation's: made here, through {@link #set}. */
  boolean derive(LongSupplier newVersions, Failure why, Runnable change) {
    sweep = false;
    versions = newVersions;
    failure.clear();
    boolean derived;
    try {
      change.run();
      derived = run();
    } catch (HengeException e) {
      if (e.code() != ErrorCode.INVALID_ARGUMENT) {
        throw e;
      }
      derived = failure.set(e.code(), Objects.requireNonNullElse(e.getMessage(), "refused"));
    } finally {
      forget();
    }
    if (!derived) {
      ErrorCode code = failure.code();
      why.at(-1);
      why.set(code == null ? ErrorCode.INTERNAL : code, failure.message());
    }
    return derived;
  }

  private boolean run() {
    if (count() == 0) {
      return true;
    }
    for (DeriveStep step : STEPS) {
      if (!step.derive(this)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Changes documents so that they are what others say, and derives what follows; but nothing
   * within families, which whoever repairs does himself.
   */
  boolean repair(LongSupplier newVersions, Failure why, Runnable change) {
    repair = true;
    try {
      return derive(newVersions, why, change);
    } finally {
      repair = false;
    }
  }

  /** Whether families are being repaired: lists and totals are left alone then. */
  boolean isRepair() {
    return repair;
  }

  /**
   * Makes lists and totals in the documents that are set what the rows say, whatever they have, and
   * derives what follows.
   */
  boolean refresh(LongSupplier newVersions, Failure why, Runnable change) {
    refresh = true;
    try {
      return derive(newVersions, why, change);
    } finally {
      refresh = false;
    }
  }

  /** Whether what documents have of lists and totals is in doubt. */
  boolean isRefresh() {
    return refresh;
  }

  private void forget() {
    changes.clear();
    seen = 0;
  }

  /**
   * Whether what is due has to stay for now: it is of the neighbour that is being absorbed, and
   * what is derived from it may not have been copied yet.
   */
  boolean isLeft(byte[] key) {
    Reshaping.Absorbing under = state.reshaping().absorbing();
    return under != null
        && under.neighbour().contains(key)
        && mayBeDerivedFrom(state.catalogue(), key);
  }

  /** Whether rows may be derived from an item; of an unknown collection nobody knows. */
  static boolean mayBeDerivedFrom(Catalogue catalogue, byte[] key) {
    Catalogue.Collection collection = catalogue.find(PhysicalKey.collectionId(key));
    return collection == null || collection.derived() != null;
  }

  /**
   * Deletes an item that is due, before the entry's first command.
   *
   * @param dueMillis when it expires, as the expiry index says
   * @return what it counts against {@link ExpiryIndex#SWEEP_MAX}
   */
  int expire(byte[] key, long dueMillis) {
    Catalogue.Collection collection =
        state.catalogue().isDerived()
            ? state.catalogue().find(PhysicalKey.collectionId(key))
            : null;
    Derived derived = collection == null ? null : collection.derived();
    ShardDescription range = state.shard();
    if (derived == null || range == null || !range.contains(key)) {
      // Of what is out of range nothing is derived here any more.
      overlay.expire(key, dueMillis);
      return 1;
    }
    Overlay.Cell cell = overlay.cell(key);
    overlay.load(cell);
    if (!cell.present() || cell.expiresAtMillis() != dueMillis) {
      throw new IllegalStateException("the expiry index has a row without its document");
    }
    int bytes = cell.value().size();
    overlay.remove(cell);
    sweptBytes += bytes;
    if (sweptBytes > SWEEP_BYTES) {
      sweptBytes = 0;
      deriveSwept();
    }
    return 1 + derived.ruleCount() + bytes / SWEEP_UNIT;
  }

  /** Derives from what has expired and is not derived from yet. */
  void deriveSwept() {
    if (overlay.touchedCount() == 0) {
      return;
    }
    long version = MutationEvaluator.nextVersion(state.version(), nowMillis);
    sources.begin(List.of(), false);
    versions = () -> version;
    sweep = true;
    runWithoutCommand();
  }

  /** Begins the part of a fill: what {@link #set} sets gets versions behind the shard's. */
  void beginFill(ShardState swept, long newNowMillis) {
    state = swept;
    nowMillis = newNowMillis;
    filledVersion = swept.version();
    versions =
        () -> {
          filledVersion = MutationEvaluator.nextVersion(filledVersion, nowMillis);
          return filledVersion;
        };
    sources.begin(List.of(), false);
    sweep = true;
  }

  /**
   * Derives from what the part of a fill has set.
   *
   * @return the shard's version afterwards
   */
  long deriveFilled() {
    runWithoutCommand();
    return filledVersion;
  }

  private void runWithoutCommand() {
    try {
      if (!run()) {
        throw new IllegalStateException("there is no command to fail: " + failure.message());
      }
    } finally {
      forget();
      sweep = false;
    }
    overlay.commit();
    rows.commit();
  }
}
