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
  private final ExpiryIndex expiry = new ExpiryIndex();
  private final RequestMemory memory;

  private volatile EntryObserver observer = EntryObserver.NONE;
  private volatile ShardState state = new ShardState(LogPosition.NONE, 0, 0, null, Catalogue.EMPTY);

  /** Set before the batch of an entry is written, {@link #state} after. */
  private volatile ShardState visible = state;

  /** Of the entry being applied, until its batch is written. */
  private @Nullable ShardState next;

  private @Nullable EntryHeader header;
  private @Nullable WriteEvaluator evaluator;

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
    memory = new RequestMemory(reads);
    open();
  }

  /** Whom to tell; to be set before the log drives the machine. */
  public void observe(EntryObserver newObserver) {
    observer = newObserver;
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
   * that of anything the read has seen, or seen the absence of.
   */
  public ShardState visible() {
    return visible;
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

  /** A digest of all rows: equal on replicas that have applied the same entries. Slow. */
  public long checksum() {
    try (ReadView view = store().snapshot()) {
      return Checksum.of(view, KeySpace.values());
    }
  }

  @Override
  protected void load(ReadView view, LogPosition position) {
    SystemRows.Clock clock = SystemRows.clock(view);
    expiry.load(view, clock.timeMillis());
    memory.load(view, clock.timeMillis());
    state =
        new ShardState(
            position,
            clock.timeMillis(),
            clock.version(),
            SystemRows.shard(view),
            SystemRows.catalogue(view));
    visible = state;
  }

  @Override
  protected @Nullable Object apply(
      LogPosition position, byte[] bytes, @Nullable Object context, WriteRows rows) {
    Entry entry = context instanceof Entry decoded ? decoded : EntryCodec.decode(bytes);
    ShardState before = state;
    try {
      long now = Math.max(before.timeMillis(), entry.header().timeMillis());
      long time = expiry.sweep(reads, overlay, before.timeMillis(), now);
      memory.forget(time);
      // What expires is a change that readers see like any other: it gets a version, too.
      long version =
          overlay.isEmpty()
              ? before.version()
              : MutationEvaluator.nextVersion(before.version(), now);
      ShardDescription shard = before.shard();
      memory.begin(shard == null ? 0 : shard.shardId(), position.index(), time, version);
      ShardState swept = new ShardState(position, time, version, shard, before.catalogue());
      ShardState after = swept;
      Object result = null;
      if (entry instanceof Entry.Writes writes) {
        WriteEvaluator evaluation = begin(rows, now, swept);
        result = evaluate(evaluation, writes);
        after = new ShardState(position, time, evaluation.version(), shard, evaluation.catalogue());
      } else if (entry instanceof Entry.Create create) {
        after = create(rows, swept, create);
      } else if (entry instanceof Entry.Catalogue changes) {
        Catalogue catalogue = install(rows, swept.catalogue(), changes.collections());
        after = new ShardState(position, time, version, shard, catalogue);
      }
      overlay.write(rows);
      expiry.added(overlay.expiryMin());
      memory.write(rows);
      if (after.timeMillis() != before.timeMillis() || after.version() != before.version()) {
        SystemRows.put(rows, after.timeMillis(), after.version());
      }
      next = after;
      visible = after;
      header = entry.header();
      return result;
    } finally {
      reads.close();
      overlay.clear();
    }
  }

  private WriteEvaluator begin(WriteRows rows, long now, ShardState before) {
    WriteEvaluator evaluation = evaluator;
    if (evaluation == null) {
      evaluation = new WriteEvaluator(overlay, memory, rows);
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
  private static ShardState create(WriteRows rows, ShardState before, Entry.Create create) {
    if (before.shard() != null) {
      return before;
    }
    SystemRows.put(rows, create.shard());
    return new ShardState(
        before.applied(),
        before.timeMillis(),
        before.version(),
        create.shard(),
        install(rows, before.catalogue(), create.collections()));
  }

  /** Of each collection the newest description stays: entries may arrive out of order. */
  private static Catalogue install(
      WriteRows rows, Catalogue before, List<CollectionInfo> collections) {
    Catalogue catalogue = before;
    for (CollectionInfo info : collections) {
      Catalogue.Collection known = catalogue.find(info.id());
      if (known == null || info.changedIn() > known.info().changedIn()) {
        boolean expiring = known != null && known.expiring();
        catalogue = catalogue.with(new Catalogue.Collection(info, expiring));
        SystemRows.put(rows, info);
      }
    }
    return catalogue;
  }

  @Override
  protected void written(LogPosition position) {
    ShardState published = next;
    EntryHeader applied = header;
    if (published == null || applied == null) {
      throw new IllegalStateException("nothing was applied");
    }
    next = null;
    header = null;
    state = published;
    observer.onApplied(applied, position);
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
