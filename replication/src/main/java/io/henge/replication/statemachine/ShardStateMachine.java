package io.henge.replication.statemachine;

import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.ShardStore;
import io.henge.engine.StorageEngine;
import io.henge.engine.WriteRows;
import io.henge.replication.LogPosition;
import io.henge.replication.Membership;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The replicated state of one shard: its items, their expiry, what became of recent writes, its
 * range, its time and its catalogue. docs/internals/log-and-apply.md tells the life of a write in
 * it.
 *
 * <p>Each entry is applied in these steps: the shard's time advances and what is due is deleted;
 * requests that are past are forgotten; commands are evaluated in order on an overlay; the rows of
 * everything that changed are written as one batch; the new {@link #state} is published.
 *
 * <p>Threads: the applying thread changes, any thread reads {@link #state} and the figures.
 */
public final class ShardStateMachine extends StoredStateMachine {
  private final EntryReads reads;
  private final Overlay overlay;
  private final DerivedRows derivedRows;
  private final Derivation derivation;
  private final Filling filling;
  private final ExpiryIndex expiry = new ExpiryIndex();
  private final ChangeHistory history = new ChangeHistory();
  private final FamilyMender mender;
  private final PartsMender partsMender;
  private final Recounter recounter;
  private final RequestMemory memory;
  private final Reshaper reshaper;
  private final FollowApplier follow;

  private volatile EntryObserver observer = EntryObserver.NONE;
  private volatile ShardState state =
      new ShardState(
          LogPosition.NONE, 0, 0, null, Catalogue.EMPTY, Reshaping.NONE, DerivedStates.NONE);

  /** Set before the batch of an entry is written, {@link #state} after. */
  private volatile ShardState visible = state;

  /** Of the entry being applied, until its batch is written. */
  private @Nullable ShardState next;

  private @Nullable EntryHeader header;
  private @Nullable Child born;

  private volatile SeedMaker seeds = SeedMaker.NONE;
  private @Nullable WriteEvaluator evaluator;
  private final DocumentFigures documents = new DocumentFigures();

  /**
   * Opens what is in the store.
   *
   * @param engine opens checkpoints
   * @param store closed with the state machine
   * @param swap makes {@code store} stand on the checkpoint in a directory
   * @throws io.henge.api.error.HengeException CORRUPTION if rows are damaged or of a newer format
   */
  public ShardStateMachine(StorageEngine engine, ShardStore store, Consumer<Path> swap) {
    super(engine, store, swap);
    reads = new EntryReads(store);
    overlay = new Overlay(reads);
    derivedRows = new DerivedRows(reads);
    derivation = new Derivation(overlay, derivedRows, state);
    filling = new Filling(reads, overlay, derivation, documents, state);
    memory = new RequestMemory(reads);
    reshaper = new Reshaper(store, reads, expiry, memory, history, state);
    follow = new FollowApplier(overlay, derivation, state);
    mender = new FamilyMender(reads, overlay, derivation);
    partsMender = new PartsMender(overlay, derivation);
    recounter = new Recounter(reads, overlay, derivation);
    open();
  }

  /** Whom to tell; to be set before the log drives the machine. */
  public void observe(EntryObserver newObserver) {
    observer = newObserver;
  }

  /** Who makes children; to be set before the log drives the machine. Default: nobody. */
  public void seedMaker(SeedMaker maker) {
    seeds = maker;
    reshaper.seeds(maker);
  }

  /**
   * {@inheritDoc} While there are children that are not trimmed: a member that lags behind is to
   * apply the split, which leaves it a seed, rather than to be handed a checkpoint from beyond it.
   */
  @Override
  public boolean holdsLog() {
    return !state.reshaping().children().isEmpty();
  }

  /**
   * The shard after the last entry applied here. Whoever waits for a position compares with {@link
   * ShardState#applied}: {@link #applied} is an instant ahead of it.
   */
  public ShardState state() {
    return state;
  }

  /**
   * The newest state that a reader of the store may have seen something of: the one after the last
   * entry applied, or after the one being applied now. Taken after a read, its version is not below
   * that of anything the read has seen, or seen the absence of, if no checkpoint was installed
   * meanwhile: see {@link #generation}.
   */
  public ShardState visible() {
    return visible;
  }

  /**
   * The state that the rows of a view say, for readers whose view may be of the store before or
   * after an install. Taken after a read from the same view, it is not older than what that has
   * seen, nor newer than the view's store. May wait for the disk.
   */
  public static ShardState visible(ReadView view) {
    return stored(view, position(view));
  }

  /**
   * No item expires before this time; Long.MAX_VALUE = none ever does. A leader whose clock has
   * reached it and that has no write to propose proposes a TICK, which makes it exact again.
   */
  public long nextExpiry() {
    return expiry.next();
  }

  /**
   * Shard time at which an entry can forget requests next; Long.MAX_VALUE = there are none. A
   * leader that refuses writes because {@link #requestBytes} is over its budget must propose a TICK
   * then, since without an entry nothing is forgotten.
   */
  public long nextForgetting() {
    return memory.nextForgetting();
  }

  /** Memory that remembered requests take. Apply never refuses a write for it: the leader does. */
  public long requestBytes() {
    return memory.bytes();
  }

  /**
   * What a replica holds after the entries up to a position.
   *
   * @param checksum see {@link #checksum}
   */
  public record Digest(LogPosition position, long checksum) {}

  /** The {@link #checksum}, and the position that it belongs to. Slow; does not stop writes. */
  public Digest digest() {
    try (ReadView view = store().snapshot()) {
      return new Digest(position(view), Checksum.of(view, KeySpace.values()));
    }
  }

  /**
   * No change of a document has a higher version, as far as readers of the store can see by now or
   * in a moment. Rises with every entry that has one.
   */
  public long lastChange() {
    return history.lastChange();
  }

  /** Bytes of the changes that are kept, about. */
  public long changeBytes() {
    return history.bytes();
  }

  /** A digest of all rows: equal on replicas that have applied the same entries. Slow. */
  public long checksum() {
    try (ReadView view = store().snapshot()) {
      return Checksum.of(view, KeySpace.values());
    }
  }

  @Override
  protected void load(ReadView view, LogPosition position) {
    ShardState stored = stored(view, position);
    expiry.load(view, stored.timeMillis(), stored.reshaping().isAbsorbing());
    memory.load(view, stored.timeMillis());
    history.load(view, stored.version());
    state = stored;
    visible = stored;
  }

  private static ShardState stored(ReadView view, LogPosition position) {
    SystemRows.Clock clock = SystemRows.clock(view);
    return new ShardState(
        position,
        clock.timeMillis(),
        clock.version(),
        SystemRows.shard(view),
        SystemRows.catalogue(view),
        SystemRows.reshaping(view),
        SystemRows.derived(view));
  }

  @Override
  protected @Nullable Object apply(
      LogPosition position, byte[] bytes, @Nullable Object context, WriteRows rows) {
    Entry entry = context instanceof Entry decoded ? decoded : EntryCodec.decode(bytes);
    ShardState before = state;
    boolean still = standsStill(before, entry.header().kind());
    boolean overdue = expiry.isOverdue();
    try {
      long now = still ? before.timeMillis() : later(before.timeMillis(), entry.header());
      derivation.begin(before, now);
      long time = still ? now : expiry.sweep(reads, derivation, before.timeMillis(), now);
      memory.forget(time);
      // What expires is a change that readers see like any other: it gets a version, too.
      long version =
          overlay.isEmpty()
              ? before.version()
              : MutationEvaluator.nextVersion(before.version(), now);
      ShardDescription shard = before.shard();
      memory.begin(shard == null ? 0 : shard.shardId(), position.index(), time, version);
      ShardState swept = before.at(position, time, version).with(derivation.states());
      ShardState after = swept;
      Object result = null;
      if (entry instanceof Entry.Writes writes) {
        WriteEvaluator evaluation = begin(rows, now, swept);
        result = evaluate(evaluation, writes);
        after = swept.with(evaluation.catalogue()).withVersion(evaluation.version());
      } else if (entry instanceof Entry.Create create) {
        after = create(rows, swept, create);
      } else if (entry instanceof Entry.Catalogue changes) {
        after = SystemRows.install(rows, reads, swept, changes.collections());
      } else if (entry instanceof Entry.Reshape reshape) {
        result = reshaper.apply(reshape.command(), swept, rows);
        after = reshaper.after();
        born = reshaper.born();
      } else if (entry instanceof Entry.Follow commands) {
        result = follow.apply(commands.commands(), swept, now);
        after = swept.withVersion(follow.version());
      } else if (entry instanceof Entry.Fill fill) {
        after = filling.apply(fill, swept, now);
      } else if (entry instanceof Entry.Repair repair) {
        result = mender.apply(repair.families(), swept, now);
        after = swept.withVersion(mender.version());
      } else if (entry instanceof Entry.RepairParts repair) {
        result = partsMender.apply(repair.parts(), swept, now);
        after = swept.withVersion(partsMender.version());
      } else if (entry instanceof Entry.Recount recount) {
        result = recounter.apply(recount, swept);
      } else if (entry instanceof Entry.TrimChanges trim && !before.reshaping().isFrozen()) {
        history.trim(rows, Math.min(trim.version(), swept.version()));
      }
      overlay.write(rows);
      derivedRows.write(rows);
      history.follow(rows, before, after);
      derivedRows.forEachPut(KeySpace.CHANGES, history::add);
      history.write(rows);
      expiry.added(overlay.expiryMin());
      memory.write(rows, !still);
      if (after.timeMillis() != before.timeMillis() || after.version() != before.version()) {
        SystemRows.put(rows, after.timeMillis(), after.version());
      }
      if (after.derived() != before.derived()) {
        SystemRows.put(rows, before.derived(), after.derived());
      }
      if (expiry.isOverdue() != overdue) {
        SystemRows.putOverdue(rows, !overdue);
      }
      next = after;
      visible = after;
      header = entry.header();
      return result;
    } finally {
      reads.close();
      overlay.clear();
      derivedRows.clear();
    }
  }

  /** What it has done to documents since it was opened. */
  public DocumentFigures documents() {
    return documents;
  }

  private WriteEvaluator begin(WriteRows rows, long now, ShardState before) {
    WriteEvaluator evaluation = evaluator;
    if (evaluation == null) {
      evaluation = new WriteEvaluator(overlay, memory, derivation, rows, documents);
      evaluator = evaluation;
    }
    evaluation.begin(rows, now, before);
    return evaluation;
  }

  private static List<WriteOutcome> evaluate(WriteEvaluator evaluation, Entry.Writes writes) {
    List<WriteCommand> commands = writes.commands();
    List<WriteOutcome> outcomes = new ArrayList<>(commands.size());
    for (int i = 0; i < commands.size(); i++) {
      outcomes.add(evaluation.apply(commands.get(i)));
    }
    return outcomes;
  }

  /** Two leaders may both have proposed it: the first one counts. */
  private ShardState create(WriteRows rows, ShardState before, Entry.Create create) {
    if (before.shard() != null) {
      return before;
    }
    SystemRows.put(rows, create.shard());
    return SystemRows.install(
        rows, reads, before.with(create.shard(), before.reshaping()), create.collections());
  }

  /**
   * Whether an entry moves neither the shard's time nor anything that is due. A frozen shard is
   * copied as it is; and a child begins as its parent was before the split, so the parent must not
   * show its readers anything of the child's range that the child does not know.
   */
  private static boolean standsStill(ShardState before, EntryKind kind) {
    return before.reshaping().isFrozen() || kind == EntryKind.FREEZE || kind == EntryKind.SPLIT;
  }

  private static long later(long timeMillis, EntryHeader header) {
    return Math.max(timeMillis, header.timeMillis());
  }

  @Override
  protected void written(LogPosition position) {
    ShardState published = next;
    EntryHeader applied = header;
    if (published == null || applied == null) {
      throw new IllegalStateException("nothing was applied");
    }
    Child child = born;
    next = null;
    header = null;
    born = null;
    state = published;
    if (child != null) {
      observer.onSplit(applied, child);
    }
    observer.onApplied(applied, position);
    if (child != null) {
      seeds.split(child);
    }
  }

  @Override
  protected void advanced(LogPosition position) {
    state = state.at(position);
    visible = state;
    observer.onAdvanced(position);
  }

  @Override
  protected void installed(LogPosition position) {
    observer.onInstalled(position);
  }

  @Override
  public void foreignEntryAppended(byte[] entry) {
    EntryHeader foreign;
    try {
      foreign = EntryCodec.header(entry);
    } catch (RuntimeException e) {
      // Not for the log's path to judge: apply stops the replica on it.
      foreign = null;
    }
    observer.onForeignAppended(foreign);
  }

  @Override
  public void leadershipChanged(boolean isLeader, long term, @Nullable String leader) {
    observer.onLeadershipChanged(isLeader, term, leader);
  }

  @Override
  public void membersChanged(Membership members) {
    observer.onMembersChanged(members);
  }

  @Override
  public void stopped(@Nullable Throwable fault) {
    observer.onStopped(fault);
  }
}
