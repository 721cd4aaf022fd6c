package io.henge.router.meta;

import io.henge.api.error.ErrorCode;
import io.henge.api.v1.CollectionRecord;
import io.henge.api.v1.CopiedField;
import io.henge.api.v1.CopyKind;
import io.henge.api.v1.CopyRule;
import io.henge.api.v1.CopyState;
import io.henge.api.v1.Documents;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What every declared copy must be, whichever version of a node has looked at it before: numbers
 * and sizes, nothing that is written by two rules, and no rule that feeds itself.
 */
final class CopyRules {
  static final int RULES_MAX = 16;

  /** Those that were dropped last stay, so that all shards hear of it. */
  static final int DROPPED_KEPT = 16;

  static final int FIELDS_MAX = 32;

  /** Members of 2 KB each, within 512 KB. */
  static final int LAST_MAX = 256;

  /** So that copies make no document much deeper. */
  static final int TARGET_STEPS_MAX = 16;

  static final long BOUND_MILLIS_MAX = 24L * 3_600_000;

  private CopyRules() {}

  static boolean isLive(CopyRule rule) {
    return rule.getState() == CopyState.COPY_STATE_LIVE;
  }

  static boolean isWithinFamily(CopyKind kind) {
    return kind == CopyKind.COPY_KIND_LIST
        || kind == CopyKind.COPY_KIND_COUNT
        || kind == CopyKind.COPY_KIND_SUM;
  }

  /** The rule by itself, and with its source and holder. */
  static void require(CopyRule rule, CollectionRecord source, CollectionRecord holder) {
    requireShape(rule);
    Documents from = source.getDocuments();
    Documents to = holder.getDocuments();
    if (isWithinFamily(rule.getKind())) {
      if (from.getShardPathsCount() != to.getShardPathsCount()) {
        throw Refused.invalid(
            "copy: "
                + source.getName()
                + " is sharded by "
                + from.getShardPathsList()
                + " and "
                + holder.getName()
                + " by "
                + to.getShardPathsList()
                + "; only documents of one sharding key are kept together, so both need the same"
                + " number of shard paths (copies from other keys say: at write, or follow within"
                + " 5s)");
      }
      requireOn(rule, idPaths(to), "id of " + holder.getName() + " in " + source.getName());
    } else {
      List<String> keys = new ArrayList<>(from.getShardPathsList());
      keys.addAll(idPaths(from));
      requireOn(rule, keys, "whole key of " + source.getName() + " in " + holder.getName());
    }
    requireApart(rule, holder);
  }

  /** Id paths that are not shard paths. */
  private static List<String> idPaths(Documents documents) {
    List<String> paths = new ArrayList<>(documents.getIdPathsList());
    paths.removeAll(documents.getShardPathsList());
    return paths;
  }

  private static void requireOn(CopyRule rule, List<String> keys, String what) {
    if (rule.getOnCount() != keys.size()) {
      throw Refused.invalid(
          "on: "
              + (keys.isEmpty() ? "no path" : keys.size() + (keys.size() == 1 ? " path" : " paths"))
              + " expected, for the "
              + what
              + (keys.isEmpty() ? "" : " " + keys)
              + "; found "
              + rule.getOnList());
    }
    rule.getOnList().forEach(path -> requirePath("on", path));
  }

  /** The rule by itself. */
  static void requireShape(CopyRule rule) {
    CopyKind kind = rule.getKind();
    boolean within = isWithinFamily(kind);
    switch (kind) {
      case COPY_KIND_LIST -> {
        requireFields(rule, 1, FIELDS_MAX);
        requireRange("last", rule.getLast(), LAST_MAX, "members of up to 2 KB in 512 KB");
        requirePath("by", rule.getBy());
      }
      case COPY_KIND_COUNT -> requireFields(rule, 0, 0);
      case COPY_KIND_SUM -> requireFields(rule, 1, 1);
      case COPY_KIND_SNAPSHOT -> requireFields(rule, 1, FIELDS_MAX);
      case COPY_KIND_FOLLOW -> {
        requireFields(rule, 1, FIELDS_MAX);
        requireRange("within", rule.getBoundMillis(), BOUND_MILLIS_MAX, "milliseconds: a day");
      }
      case COPY_KIND_UNSPECIFIED, UNRECOGNIZED ->
          throw Refused.invalid(
              "kind: a list, a count, a sum, a snapshot or a follow expected, found none");
    }
    if (within || !rule.getTarget().isEmpty()) {
      requirePath("into", rule.getTarget());
    }
    int steps = PathTexts.steps(rule.getTarget()).size();
    if (steps > TARGET_STEPS_MAX) {
      throw Refused.invalid(
          "into: a path of at most " + TARGET_STEPS_MAX + " steps expected, found one of " + steps);
    }
    long any = PathTexts.steps(rule.getTarget()).stream().filter("[]"::equals).count();
    if (any > (within ? 0 : 1)) {
      throw Refused.invalid(
          "into: "
              + rule.getTarget()
              + (within
                  ? " goes through an array; a total or a list is one field of its holder"
                  : " goes through arrays of arrays; one [] is as far as copies go"));
    }
    boolean strange =
        (kind != CopyKind.COPY_KIND_LIST && (rule.getLast() != 0 || !rule.getBy().isEmpty()))
            || (kind != CopyKind.COPY_KIND_FOLLOW && rule.getBoundMillis() != 0)
            || (within && rule.getNullWhenDeleted())
            || !isLive(rule);
    if (strange) {
      throw Refused.invalid("copy: a part of it is for copies of another kind");
    }
  }

  private static void requireFields(CopyRule rule, int least, int most) {
    int count = rule.getFieldsCount();
    if (count < least || count > most) {
      throw Refused.invalid(
          "fields: "
              + (least == most ? String.valueOf(least) : least + " to " + most)
              + " expected, found "
              + count);
    }
    Set<String> names = new HashSet<>();
    for (CopiedField field : rule.getFieldsList()) {
      requirePath("fields", field.getPath());
      if (rule.getKind() == CopyKind.COPY_KIND_SUM) {
        continue;
      }
      requirePath("as", field.getAs());
      if (PathTexts.steps(field.getAs()).size() != 1 || field.getAs().startsWith("[")) {
        throw Refused.invalid(
            "as: the name of one member of the copy expected, found " + field.getAs());
      }
      if (!names.add(field.getAs())) {
        throw Refused.invalid(
            "fields: two of them are named " + field.getAs() + " in the copy; rename one with: as");
      }
    }
  }

  private static void requireRange(String field, long value, long most, String why) {
    if (value < 1 || value > most) {
      throw Refused.invalid(
          field
              + ": 1 to "
              + most
              + " ("
              + why
              + ") expected, found "
              + Long.toUnsignedString(value));
    }
  }

  static void requirePath(String field, String path) {
    if (path.isEmpty() || path.length() > DocumentPaths.PATH_CHARS_MAX) {
      throw Refused.invalid(
          field
              + ": a path of 1 to "
              + DocumentPaths.PATH_CHARS_MAX
              + " characters expected, found one of "
              + path.length());
    }
  }

  // ---- Who writes what ----

  /** The fields of its holders that a rule writes. */
  static List<List<String>> owned(CopyRule rule) {
    if (isWithinFamily(rule.getKind())) {
      return List.of(PathTexts.steps(rule.getTarget()));
    }
    return rule.getFieldsList().stream()
        .map(field -> PathTexts.member(rule.getTarget(), field.getAs()))
        .toList();
  }

  /** Rules that write what this one would write. */
  static List<CopyRule> overlapping(CopyRule rule, Documents holder) {
    List<List<String>> fields = owned(rule);
    return holder.getRulesList().stream()
        .filter(CopyRules::isLive)
        .filter(
            other ->
                owned(other).stream()
                    .anyMatch(owned -> fields.stream().anyMatch(f -> PathTexts.overlap(f, owned))))
        .toList();
  }

  private static void requireApart(CopyRule rule, CollectionRecord holder) {
    Documents documents = holder.getDocuments();
    List<String> keys = new ArrayList<>(documents.getShardPathsList());
    keys.addAll(documents.getIdPathsList());
    if (!documents.getTtlPath().isEmpty()) {
      keys.add(documents.getTtlPath());
    }
    for (List<String> field : owned(rule)) {
      for (String key : keys) {
        if (PathTexts.overlap(field, PathTexts.steps(key))) {
          throw Refused.invalid(
              "copy: it would write "
                  + PathTexts.text(field)
                  + ", where documents of "
                  + holder.getName()
                  + " have their keys or the time when they expire ("
                  + key
                  + "); copy into another field");
        }
      }
      if (!isWithinFamily(rule.getKind())) {
        for (String on : rule.getOnList()) {
          if (PathTexts.overlap(field, PathTexts.member(rule.getTarget(), on))) {
            throw Refused.invalid(
                "copy: it would write "
                    + PathTexts.text(field)
                    + ", by which it looks for its source; copy it under another name with: as");
          }
        }
      }
      requireApart(field, documents, holder.getName());
    }
    for (CopyRule other : documents.getRulesList()) {
      requireNotWritten(rule, other);
      requireNotWritten(other, rule);
    }
    requireRoom(rule, documents);
  }

  /** Copies are looked up by what clients write: else the order of rules would matter. */
  private static void requireNotWritten(CopyRule looking, CopyRule writing) {
    if (isWithinFamily(looking.getKind()) || !isLive(looking) || !isLive(writing)) {
      return;
    }
    for (String on : looking.getOnList()) {
      List<String> path = PathTexts.member(looking.getTarget(), on);
      for (List<String> written : owned(writing)) {
        if (PathTexts.overlap(path, written)) {
          throw Refused.invalid(
              "on: "
                  + PathTexts.text(path)
                  + " is written by a copy itself; copies are looked up by what applications write");
        }
      }
    }
  }

  /** All lists of a document have room together. */
  private static void requireRoom(CopyRule rule, Documents documents) {
    long members = rule.getLast();
    for (CopyRule other : documents.getRulesList()) {
      members += isLive(other) ? other.getLast() : 0;
    }
    if (members > LAST_MAX) {
      throw Refused.invalid(
          "last: "
              + LAST_MAX
              + " members in all lists of a document together (of up to 2 KB, in 512 KB) expected,"
              + " found "
              + members);
    }
  }

  private static void requireApart(List<String> field, Documents documents, String holder) {
    for (CopyRule other : documents.getRulesList()) {
      for (List<String> owned : isLive(other) ? owned(other) : List.<List<String>>of()) {
        if (PathTexts.overlap(field, owned)) {
          throw new Refused(
              ErrorCode.ALREADY_EXISTS,
              "copy: "
                  + holder
                  + "."
                  + PathTexts.text(owned)
                  + " is written by copy "
                  + other.getId()
                  + " already"
                  + (field.equals(owned) ? "" : ", and " + PathTexts.text(field) + " overlaps it")
                  + "; replace it (the same declaration with the word replace behind it), or drop"
                  + " that one first (drop copy "
                  + other.getId()
                  + " keep leaves its values in place)");
        }
      }
    }
  }
}
