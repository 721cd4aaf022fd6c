package io.henge.replication.statemachine;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Shards with their workers of copies: every message comes late, some come twice or never, and
 * whatever sends them may have been overtaken by anything.
 */
final class FollowWorld {
  /** What is under way: one step at a time. */
  private interface Errand {
    /** What comes next; null if that was all, or it is given up. */
    @Nullable Errand go();
  }

  private static final byte[] NONE = TestShard.NONE;

  private final Random random;
  private final FamilyRing ring;
  private final List<Errand> errands = new ArrayList<>();
  long time;
  private long requests;

  /** How often something has happened. */
  int registered;

  int sent;
  int forgotten;
  int lacking;

  FollowWorld(Random random, FamilyRing ring, long time) {
    this.random = random;
    this.ring = ring;
    this.time = time;
  }

  <T> T read(TestShard shard, Function<ReadView, T> reader) {
    try (ReadView view = shard.slot().snapshot()) {
      return reader.apply(view);
    }
  }

  // ---- Errands ----

  /** One step of something that is under way; sometimes the same step is taken twice. */
  void step() {
    if (errands.isEmpty()) {
      return;
    }
    Errand errand = errands.remove(random.nextInt(errands.size()));
    if (random.nextInt(40) == 0) {
      return;
    }
    if (random.nextInt(15) == 0) {
      errands.add(errand);
    }
    Errand next = errand.go();
    if (next != null) {
      errands.add(next);
    }
  }

  /** Everything that waits is done, until nothing does. */
  void settle() {
    for (int rounds = 0; ; rounds++) {
      assertThat(rounds).as("it comes to an end").isLessThan(200);
      for (int i = 0; !errands.isEmpty(); i++) {
        assertThat(i).as("it comes to an end").isLessThan(20_000);
        Errand next = errands.remove(random.nextInt(errands.size())).go();
        if (next != null) {
          errands.add(next);
        }
      }
      for (TestShard shard : ring.shards()) {
        while (shard.fill(time)) {
          time++;
        }
      }
      ring.shards().forEach(this::look);
      if (errands.isEmpty()) {
        return;
      }
    }
  }

  /** Begins with whatever waits in a shard. */
  void look(TestShard shard) {
    if (errands.size() > 60) {
      return;
    }
    ShardState state = shard.machine().state();
    for (CopyWork.Outgoing row : read(shard, view -> CopyWork.outgoing(view, NONE, 100))) {
      errands.add(() -> watch(shard, row, shard.range()));
    }
    for (CopyWork.Change change : read(shard, view -> CopyWork.changes(view, state, NONE, 100))) {
      errands.add(() -> part(change, change.targets(), List.of()));
    }
  }

  @SuppressWarnings("unchecked")
  private FollowOutcome follow(TestShard shard, FollowCommand command) {
    Object outcomes =
        shard.applyNew(
            new Entry.Follow(shard.header(command.kind(), ++time), List.of(command)),
            random.nextBoolean());
    return ((List<FollowOutcome>) Objects.requireNonNull(outcomes)).get(0);
  }

  // ---- Registration ----

  private @Nullable Errand watch(
      TestShard shard, CopyWork.Outgoing row, ShardDescription description) {
    if (!ring.shards().contains(shard)) {
      return null;
    }
    RingRange range = RingRange.of(description);
    FollowOutcome answer =
        follow(ring.holding(row.source().key()), new FollowCommand.Watch(row.source(), range));
    return answer.code() != null ? null : () -> learn(shard, row, description, answer, NONE);
  }

  private @Nullable Errand learn(
      TestShard shard,
      CopyWork.Outgoing row,
      ShardDescription description,
      FollowOutcome answer,
      byte[] after) {
    if (!leads(shard, description)) {
      return null;
    }
    FollowOutcome outcome =
        follow(
            shard, new FollowCommand.Learn(row.source(), answer.version(), answer.fields(), after));
    byte[] next = outcome.next();
    if (outcome.code() != null) {
      return null;
    }
    return next != null
        ? () -> learn(shard, row, description, answer, next)
        : () -> registered(shard, row, description, answer);
  }

  private @Nullable Errand registered(
      TestShard shard, CopyWork.Outgoing row, ShardDescription description, FollowOutcome answer) {
    if (leads(shard, description)) {
      follow(
          shard,
          new FollowCommand.Registered(
              row.source(), RingRange.of(description), answer.version(), row.made()));
      registered++;
    }
    return null;
  }

  /** Whether a shard is still the one that was registered. */
  private boolean leads(TestShard shard, ShardDescription description) {
    return ring.shards().contains(shard) && shard.range().epoch() == description.epoch();
  }

  // ---- Changes ----

  private Errand part(
      CopyWork.Change change, List<CopyWork.Target> targets, List<FollowCommand> forgets) {
    if (targets.isEmpty()) {
      return () -> sent(change, forgets);
    }
    CopyWork.Target target = targets.get(0);
    List<CopyWork.Target> others = targets.subList(1, targets.size());
    return () -> send(change, target, target.range(), NONE, others, forgets);
  }

  private @Nullable Errand send(
      CopyWork.Change change,
      CopyWork.Target target,
      RingRange range,
      byte[] after,
      List<CopyWork.Target> targets,
      List<FollowCommand> forgets) {
    FollowOutcome outcome =
        follow(
            ring.holding(range.start()),
            new FollowCommand.Learn(change.source(), change.version(), change.fields(), after));
    if (outcome.code() != null) {
      return null;
    }
    byte[] next = outcome.next();
    if (next != null) {
      return () -> send(change, target, range, next, targets, forgets);
    }
    RingRange answered = Objects.requireNonNull(outcome.range());
    RingRange common = range.common(answered);
    List<FollowCommand> more = new ArrayList<>(forgets);
    if (outcome.forgotten() && common != null) {
      more.add(new FollowCommand.Forget(change.source(), common, target.number()));
    }
    RingRange rest = range.behind(answered.end());
    return rest != null
        ? () -> send(change, target, rest, NONE, targets, more)
        : part(change, targets, more);
  }

  private @Nullable Errand sent(CopyWork.Change change, List<FollowCommand> forgets) {
    follow(
        ring.holding(change.source().key()),
        new FollowCommand.Sent(change.source(), change.version()));
    sent++;
    return forgets.isEmpty() ? null : () -> forget(forgets);
  }

  private @Nullable Errand forget(List<FollowCommand> forgets) {
    FollowCommand first = forgets.get(0);
    follow(ring.holding(first.key()), first);
    forgotten++;
    List<FollowCommand> rest = forgets.subList(1, forgets.size());
    return rest.isEmpty() ? null : () -> forget(rest);
  }

  // ---- Writes ----

  /** A write within one family; what it lacks is looked for, and it comes again later. */
  void write(Mutation... mutations) {
    WriteCommand command = TestShard.command(++requests, time + 50_000, mutations);
    Errand errand = () -> write(command);
    Errand next = random.nextBoolean() ? errand : errand.go();
    if (next != null) {
      errands.add(next);
    }
  }

  private @Nullable Errand write(WriteCommand command) {
    TestShard shard = ring.holding(command.mutations().get(0).key());
    WriteOutcome outcome = shard.write(++time, List.of(command), random.nextBoolean()).get(0);
    if (outcome.missing().isEmpty()) {
      return null;
    }
    lacking++;
    List<CopySource> found = new ArrayList<>(command.sources());
    for (SourceKey source : outcome.missing()) {
      CopySource state = source(shard, source);
      if (state == null) {
        return () -> write(command);
      }
      found.add(state);
    }
    WriteCommand again =
        new WriteCommand(
            command.id(),
            command.notAfterMillis(),
            command.catalogueVersion(),
            command.mutations(),
            found);
    return () -> write(again);
  }

  /** As a leader reads it; null if its shard does not know the rule yet. */
  private @Nullable CopySource source(TestShard asking, SourceKey source) {
    FollowRule asked = asking.machine().state().catalogue().follow().rule(source.ruleId());
    if (asked != null && asked.follows() && random.nextInt(6) == 0) {
      return CopySource.unknown(source.ruleId(), source.key());
    }
    TestShard shard = ring.holding(source.key());
    ShardState state = shard.machine().state();
    if (state.catalogue().follow().rule(source.ruleId()) == null) {
      return null;
    }
    StoredItem item = shard.get(source.key());
    return new CopySource(
        source.ruleId(),
        source.key(),
        item == null ? state.version() : item.version(),
        CopyWork.fields(state, source.ruleId(), item));
  }

  // ---- Rows ----

  /** Invariant 5: whoever is not registered is about to be; what is older is about to be sent. */
  void check() {
    for (TestShard shard : ring.shards()) {
      ShardState state = shard.machine().state();
      for (CopyRule rule : CopyWork.following(state)) {
        byte[] prefix = FollowRows.ruleRows(rule.id());
        for (byte[] row : rows(shard, KeySpace.HOLDERS, prefix)) {
          byte[] holder = FollowRows.holderKey(row);
          if (shard.range().contains(holder)) {
            check(shard, FollowRows.heldSource(row), holder);
          }
        }
      }
    }
  }

  private void check(TestShard shard, SourceKey source, byte[] holder) {
    if (read(shard, view -> CopyAudit.isOutgoing(view, source))) {
      return;
    }
    TestShard its = ring.holding(source.key());
    FollowRule rule = its.machine().state().catalogue().follow().rule(source.ruleId());
    if (rule != null && !rule.isLive()) {
      // The holder's shard has not heard of it yet.
      return;
    }
    List<CopyWork.Target> watched = read(its, view -> CopyAudit.watched(view, source));
    assertThat(watched)
        .as("the source knows where its holder is, or is about to be told")
        .anyMatch(target -> target.range().contains(holder));
  }

  private List<byte[]> rows(TestShard shard, KeySpace space, byte[] prefix) {
    return shard.rows(space).keySet().stream()
        .map(row -> HexFormat.of().parseHex(row))
        .filter(row -> row.length >= prefix.length)
        .filter(row -> Arrays.equals(row, 0, prefix.length, prefix, 0, prefix.length))
        .toList();
  }

  static byte[] key(int collection, String sharding, String sort) {
    return PhysicalKey.of(Key.of(sharding), collection, sort.isEmpty() ? Key.EMPTY : Key.of(sort));
  }
}
