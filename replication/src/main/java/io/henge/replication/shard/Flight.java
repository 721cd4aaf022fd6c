package io.henge.replication.shard;

import io.henge.api.error.HengeException;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.DerivedState;
import io.henge.replication.statemachine.Entry;
import io.henge.replication.statemachine.EntryHeader;
import io.henge.replication.statemachine.EntryKind;
import io.henge.replication.statemachine.FollowCommand;
import io.henge.replication.statemachine.FollowOutcome;
import io.henge.replication.statemachine.ReshapeCommand;
import io.henge.replication.statemachine.ReshapeOutcome;
import io.henge.replication.statemachine.WriteCommand;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** An entry on its way, with those who wait for it. */
final class Flight {
  final EntryKind kind;

  /** Of {@link EntryKind#WRITES}. */
  final List<PendingWrite> writes;

  /** Of {@link EntryKind#CATALOGUE} and {@link EntryKind#CREATE}. */
  private final List<CollectionInfo> collections;

  private final @Nullable Creation creation;

  /** Not null: a step of a split or merge, and who waits for what becomes of it. */
  final @Nullable Step step;

  /** A step of a split or merge on its way. */
  record Step(ReshapeCommand command, CompletableFuture<ReshapeOutcome> outcome) {}

  /** Not null: commands of the workers of copies, and who waits for what becomes of them. */
  final @Nullable Follow follow;

  /** Commands of the workers of copies on their way; all of one kind. */
  record Follow(List<FollowCommand> commands, CompletableFuture<List<FollowOutcome>> outcomes) {}

  /** Not null: the index or rule that a fill goes on with, and from where. */
  private @Nullable DerivedState fill;

  /** Completed once it is applied; null if nobody waits. */
  final @Nullable CompletableFuture<Void> done;

  /** Not null: what mends something, and who waits for how many were mended. */
  @Nullable Repair repair;

  /** Of {@link EntryKind#REPAIR}, {@link EntryKind#REPAIR_PARTS}, {@link EntryKind#RECOUNT}. */
  record Repair(
      EntryKind kind, Function<EntryHeader, Entry> entry, CompletableFuture<Integer> mended) {}

  /** Of {@link EntryKind#TRIM_CHANGES}: the last version to go. */
  private long trimTo;

  List<ReadTask> riders = List.of();
  Lease.@Nullable Stamp stamp;

  /** When it was proposed, for figures. */
  long proposedNanos;

  private Flight(
      EntryKind kind,
      List<PendingWrite> writes,
      List<CollectionInfo> collections,
      @Nullable Creation creation,
      @Nullable CompletableFuture<Void> done,
      @Nullable Step step,
      @Nullable Follow follow) {
    this.kind = kind;
    this.writes = writes;
    this.collections = collections;
    this.creation = creation;
    this.done = done;
    this.step = step;
    this.follow = follow;
  }

  static Flight ofWrites(List<PendingWrite> writes) {
    return new Flight(EntryKind.WRITES, writes, List.of(), null, null, null, null);
  }

  static Flight ofCatalogue(List<CollectionInfo> collections, CompletableFuture<Void> done) {
    return new Flight(
        EntryKind.CATALOGUE, List.of(), List.copyOf(collections), null, done, null, null);
  }

  static Flight ofCreation(Creation creation) {
    return new Flight(
        EntryKind.CREATE, List.of(), creation.collections(), creation, null, null, null);
  }

  static Flight ofRelease(CompletableFuture<Void> done) {
    return new Flight(EntryKind.LEASE_RELEASE, List.of(), List.of(), null, done, null, null);
  }

  static Flight ofLease() {
    return new Flight(EntryKind.LEASE, List.of(), List.of(), null, null, null, null);
  }

  static Flight ofTick() {
    return new Flight(EntryKind.TICK, List.of(), List.of(), null, null, null, null);
  }

  static Flight ofFill(DerivedState state) {
    Flight flight = new Flight(EntryKind.FILL, List.of(), List.of(), null, null, null, null);
    flight.fill = state;
    return flight;
  }

  static Flight ofReshaping(Step step) {
    return new Flight(step.command().kind(), List.of(), List.of(), null, null, step, null);
  }

  static Flight ofFollow(Follow follow) {
    return new Flight(
        follow.commands().get(0).kind(), List.of(), List.of(), null, null, null, follow);
  }

  static Flight ofRepair(Repair repair) {
    Flight flight = new Flight(repair.kind(), List.of(), List.of(), null, null, null, null);
    flight.repair = repair;
    return flight;
  }

  static Flight ofTrim(long version, CompletableFuture<Void> done) {
    Flight flight =
        new Flight(EntryKind.TRIM_CHANGES, List.of(), List.of(), null, done, null, null);
    flight.trimTo = version;
    return flight;
  }

  /** Nothing became of it, for this reason. */
  void fail(HengeException why) {
    if (done != null) {
      done.completeExceptionally(why);
    }
    if (step != null) {
      step.outcome().completeExceptionally(why);
    }
    if (repair != null) {
      repair.mended().completeExceptionally(why);
    }
    if (follow != null) {
      follow.outcomes().completeExceptionally(why);
    }
  }

  /** Whether it renews the lease of its proposer. */
  boolean renews() {
    return kind != EntryKind.LEASE_RELEASE;
  }

  Entry entry(long proposer, long term, long sequence, long timeMillis) {
    EntryHeader header = new EntryHeader(kind, proposer, term, sequence, timeMillis);
    return switch (kind) {
      case WRITES -> new Entry.Writes(header, commands());
      case CATALOGUE -> new Entry.Catalogue(header, collections);
      case CREATE -> {
        if (creation == null) {
          throw new IllegalStateException("nothing to create");
        }
        yield new Entry.Create(header, creation.shard(), collections);
      }
      case LEASE -> new Entry.Lease(header);
      case LEASE_RELEASE -> new Entry.LeaseRelease(header);
      case TICK -> new Entry.Tick(header);
      case FILL -> {
        if (fill == null) {
          throw new IllegalStateException("nothing to fill");
        }
        yield new Entry.Fill(header, fill.id(), fill.position());
      }
      case LEARN, REGISTERED, WATCH, SENT, FORGET, RELEARN, MEND -> {
        if (follow == null) {
          throw new IllegalStateException("nothing to follow");
        }
        yield new Entry.Follow(header, follow.commands());
      }
      case REPAIR, REPAIR_PARTS, RECOUNT -> {
        if (repair == null) {
          throw new IllegalStateException("nothing to repair");
        }
        yield repair.entry().apply(header);
      }
      case TRIM_CHANGES -> new Entry.TrimChanges(header, trimTo);
      default -> {
        if (step == null) {
          throw new IllegalStateException("no step to take");
        }
        yield new Entry.Reshape(header, step.command());
      }
    };
  }

  private List<WriteCommand> commands() {
    List<WriteCommand> commands = new ArrayList<>(writes.size());
    for (int i = 0; i < writes.size(); i++) {
      commands.add(writes.get(i).command());
    }
    return commands;
  }
}
