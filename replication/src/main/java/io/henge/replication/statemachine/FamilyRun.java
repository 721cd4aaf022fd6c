package io.henge.replication.statemachine;

import io.henge.api.error.ErrorCode;
import io.henge.document.path.PathReader;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonValue;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What one command, or one sweep, means for lists and totals. Of the applying thread. */
final class FamilyRun {
  private static final FamilyRows.Tail NO_MEMBERS = new FamilyRows.Tail(List.of(), true);

  /** Before any row. */
  private static final byte[] FIRST = new byte[0];

  private final Derivation derivation;
  private final FamilyPlan plan;
  private final FamilyRows rows;

  /** Holders whose copies may change, by collection and key. */
  private final NavigableMap<Integer, NavigableMap<byte[], Affected>> affected =
      new TreeMap<>(Integer::compareUnsigned);

  /** Collections that have had their turn. */
  private final Set<Integer> done = new HashSet<>();

  /** What has become of one holder's copies. */
  private static final class Affected {
    /** By rule: the list's last rows before; none for a total. */
    private final Map<Integer, FamilyRows.Tail> before = new TreeMap<>(Integer::compareUnsigned);

    /** Rows of members that have changed, so that what the holder has of them is old. */
    private final NavigableMap<byte[], Boolean> changed = FamilyRows.byKey();
  }

  /**
   * What a document is to a rule.
   *
   * @param row of a list: the member's
   */
  private record Part(byte[] holder, BigDecimal amount, byte @Nullable [] row) {
    boolean isSame(Part other) {
      return Arrays.equals(holder, other.holder)
          && amount.compareTo(other.amount) == 0
          && Arrays.equals(row, other.row);
    }
  }

  FamilyRun(Derivation derivation, FamilyPlan plan) {
    this.derivation = derivation;
    this.plan = plan;
    this.rows = new FamilyRows(derivation);
  }

  /** False if the command fails. */
  boolean run() {
    while (true) {
      Integer collection = next();
      if (collection == null) {
        return true;
      }
      done.add(collection);
      settle(collection);
      for (FamilyRule rule : plan.ofSource(collection)) {
        if (!contribute(rule)) {
          return false;
        }
      }
    }
  }

  /** The collection whose turn it is: sources before their holders, then by ids. */
  private @Nullable Integer next() {
    Integer best = null;
    Set<Integer> candidates = new HashSet<>(affected.keySet());
    int count = derivation.count();
    for (int i = 0; i < count; i++) {
      candidates.add(derivation.change(i).collection().info().id());
    }
    for (Integer id : candidates) {
      if (!done.contains(id) && (best == null || comesBefore(id, best))) {
        best = id;
      }
    }
    return best;
  }

  private boolean comesBefore(int id, int other) {
    int order = Integer.compare(plan.rank(id), plan.rank(other));
    return order != 0 ? order < 0 : Integer.compareUnsigned(id, other) < 0;
  }

  // ---- Holders ----

  private void settle(int collection) {
    List<FamilyRule> rules = plan.ofHolder(collection);
    if (rules.isEmpty()) {
      return;
    }
    NavigableMap<byte[], Affected> ours = affected.getOrDefault(collection, FamilyRows.byKey());
    List<DocumentChange> written = new ArrayList<>();
    int count = derivation.count();
    for (int i = 0; i < count; i++) {
      DocumentChange change = derivation.change(i);
      if (change.collection().info().id() == collection) {
        written.add(change);
      }
    }
    for (DocumentChange change : written) {
      Affected own = ours.remove(change.key());
      JsonObject now = change.after();
      if (now != null) {
        settle(rules, change.key(), change.before(), now, true, own);
      }
    }
    for (Map.Entry<byte[], Affected> each : ours.entrySet()) {
      JsonObject now = rows.document(each.getKey());
      if (now != null) {
        settle(rules, each.getKey(), now, now, false, each.getValue());
      }
    }
  }

  /**
   * Gives a holder its copies.
   *
   * @param before what it was before the command; null if it was not there
   * @param written whether the command has written it itself
   * @param own null if no source of it has changed
   */
  private void settle(
      List<FamilyRule> rules,
      byte[] key,
      @Nullable JsonObject before,
      JsonObject now,
      boolean written,
      @Nullable Affected own) {
    JsonObject after = now;
    for (FamilyRule rule : rules) {
      DerivedState state = derivation.shard().derived().find(rule.id());
      FamilyRows.Tail members = own == null ? null : own.before.get(rule.id());
      if (!FamilyRows.isWhole(state) || (members == null && !written)) {
        continue;
      }
      // While holders are being filled in, what this one has may be anything.
      boolean whole = state != null && state.phase() == DerivedState.Phase.READY;
      // What somebody mends is made anew: what it has is in doubt.
      boolean sound = whole && !(written && derivation.isRefresh());
      JsonValue had = sound && before != null ? rule.copyIn(before) : null;
      JsonValue copy =
          had != null && members == null
              ? had
              : rows.copy(rule, key, before(rule, had, members, own));
      after = rule.withCopy(after, copy);
    }
    if (!after.equals(now)) {
      derivation.set(key, after);
    }
  }

  private static @Nullable ListBefore before(
      FamilyRule rule,
      @Nullable JsonValue had,
      FamilyRows.@Nullable Tail members,
      @Nullable Affected own) {
    return own == null || members == null
        ? null
        : new ListBefore(members, rule.last(), had, own.changed);
  }

  // ---- Sources ----

  /** Takes what has become of a rule's sources into its rows. */
  private boolean contribute(FamilyRule rule) {
    DerivedState state = derivation.shard().derived().find(rule.id());
    if (state == null || !state.isKept()) {
      return true;
    }
    boolean mayFail = !derivation.isSweep() && !derivation.sources().areLearned();
    List<byte[]> keys = new ArrayList<>();
    List<@Nullable Part> gone = new ArrayList<>();
    List<@Nullable Part> come = new ArrayList<>();
    int count = derivation.count();
    for (int i = 0; i < count; i++) {
      DocumentChange change = derivation.change(i);
      if (change.collection().info().id() != rule.sourceId()) {
        continue;
      }
      PathReader before = change.readerBefore();
      PathReader after = change.readerAfter();
      if (mayFail && after != null && rule.isBeyond(before, after)) {
        return derivation.fail(
            ErrorCode.INVALID_ARGUMENT,
            rule.summed()
                + ": copy "
                + rule.id()
                + " sums it up, numbers of at most "
                + FamilyRule.SUM_DIGITS_BEFORE
                + " digits before and "
                + FamilyRule.SUM_DIGITS_AFTER
                + " after the point expected, found one of more");
      }
      if (FamilyRows.isCounted(state, change.key())) {
        Part left = part(rule, change.key(), before);
        Part right = part(rule, change.key(), after);
        if (left == null || right == null || !left.isSame(right) || isOtherMember(rule, change)) {
          keys.add(change.key());
          gone.add(left);
          come.add(right);
        }
      }
    }
    if (rule.isList()) {
      moveMembers(rule, gone, come);
    } else {
      addUp(rule, keys, gone, come);
    }
    return true;
  }

  /** Whether a source that stays where it is in a list is shown there in another way. */
  private static boolean isOtherMember(FamilyRule rule, DocumentChange change) {
    JsonObject before = change.before();
    JsonObject after = change.after();
    return rule.isList()
        && before != null
        && after != null
        && !rule.member(before).equals(rule.member(after));
  }

  private static @Nullable Part part(FamilyRule rule, byte[] key, @Nullable PathReader document) {
    byte[] holder = document == null ? null : rule.holderOf(key, document);
    if (document == null || holder == null) {
      return null;
    }
    return rule.isList()
        ? new Part(holder, BigDecimal.ZERO, FamilyRows.member(rule, holder, key, document))
        : new Part(holder, rule.amount(document), null);
  }

  private void addUp(
      FamilyRule rule, List<byte[]> keys, List<@Nullable Part> gone, List<@Nullable Part> come) {
    NavigableMap<byte[], FamilyTotal> more = FamilyRows.byKey();
    for (int i = 0; i < keys.size(); i++) {
      addUp(more, gone.get(i), come.get(i));
    }
    for (Map.Entry<byte[], FamilyTotal> each : more.entrySet()) {
      FamilyTotal change = each.getValue();
      FamilyTotal before = rows.total(rule, each.getKey());
      FamilyTotal after = before.plus(change.count(), change.sum());
      FamilyTotal.Recount recount = before.recount();
      if (recount != null) {
        after = after.with(recounted(recount, each.getKey(), keys, gone, come));
      }
      if (!after.equals(before)) {
        rows.put(rule, each.getKey(), after);
      }
      if (!change.isNone()) {
        affected(rule, each.getKey()).before.put(rule.id(), NO_MEMBERS);
      }
    }
  }

  private static void addUp(
      NavigableMap<byte[], FamilyTotal> more, @Nullable Part left, @Nullable Part right) {
    if (left != null) {
      add(more, left.holder(), -1, left.amount().negate());
    }
    if (right != null) {
      add(more, right.holder(), 1, right.amount());
    }
  }

  /** What has been counted anew so far, with what has become of it. */
  private static FamilyTotal.Recount recounted(
      FamilyTotal.Recount recount,
      byte[] holder,
      List<byte[]> keys,
      List<@Nullable Part> gone,
      List<@Nullable Part> come) {
    NavigableMap<byte[], FamilyTotal> more = FamilyRows.byKey();
    for (int i = 0; i < keys.size(); i++) {
      if (recount.covers(keys.get(i))) {
        addUp(more, gone.get(i), come.get(i));
      }
    }
    FamilyTotal share = more.getOrDefault(holder, FamilyTotal.NONE);
    return recount.plus(share.count(), share.sum());
  }

  private static void add(
      NavigableMap<byte[], FamilyTotal> more, byte[] holder, long count, BigDecimal amount) {
    more.put(holder, more.getOrDefault(holder, FamilyTotal.NONE).plus(count, amount));
  }

  private void moveMembers(FamilyRule rule, List<@Nullable Part> gone, List<@Nullable Part> come) {
    NavigableMap<byte[], byte[]> lowest = FamilyRows.byKey();
    for (Part part : come) {
      if (part != null) {
        lowest.merge(
            part.holder(),
            row(part),
            (one, other) -> Arrays.compareUnsigned(one, other) <= 0 ? one : other);
      }
    }
    for (Part part : gone) {
      if (part != null) {
        // Others may move up: the whole list is needed.
        lowest.put(part.holder(), FIRST);
      }
    }
    lowest.forEach(
        (holder, row) ->
            affected(rule, holder).before.put(rule.id(), rows.membersFrom(rule, holder, row)));
    for (List<@Nullable Part> side : List.of(gone, come)) {
      for (Part part : side) {
        if (part != null) {
          affected(rule, part.holder()).changed.put(row(part), true);
        }
      }
    }
    for (int i = 0; i < gone.size(); i++) {
      Part left = gone.get(i);
      Part right = come.get(i);
      if (left != null && (right == null || !left.isSame(right))) {
        rows.removeMember(row(left));
      }
      if (right != null && (left == null || !left.isSame(right))) {
        rows.addMember(row(right));
      }
    }
  }

  private static byte[] row(Part part) {
    byte[] row = part.row();
    if (row == null) {
      throw new IllegalStateException("only a list has members");
    }
    return row;
  }

  private Affected affected(FamilyRule rule, byte[] holder) {
    return affected
        .computeIfAbsent(rule.holderId(), id -> FamilyRows.byKey())
        .computeIfAbsent(holder, key -> new Affected());
  }
}
