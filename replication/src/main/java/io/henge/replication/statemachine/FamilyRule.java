package io.henge.replication.statemachine;

import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.document.Steps;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.layout.DocumentLayout;
import io.henge.document.layout.KeyValues;
import io.henge.document.path.Path;
import io.henge.document.path.PathReader;
import io.henge.document.path.PathStep;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonValue;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A LIST, COUNT or SUM rule, ready for use: which holder a source belongs to, and what it adds to
 * it. Pure; everything it says is part of the format of stored data.
 */
final class FamilyRule {
  /** Largest member of a list, in its binary form. */
  static final int MEMBER_BYTES_MAX = 2 << 10;

  /** Deepest member of a list: so no holder gets much deeper than documents may be. */
  static final int MEMBER_DEPTH_MAX = 16;

  /** Digits before and after the point of a number that is summed up. */
  static final int SUM_DIGITS_BEFORE = 38;

  static final int SUM_DIGITS_AFTER = 18;

  private final CopyRule rule;
  private final int holderId;
  private final DocumentLayout source;
  private final List<String> target;
  private final List<Path> on;
  private final List<Path> fields;
  private final List<String> names;
  private final @Nullable Path by;

  /** Null if the rule makes no sense: it copies nothing then. Meta lets none such through. */
  static @Nullable FamilyRule of(CopyRule rule, int holderId, DocumentLayout source) {
    try {
      return new FamilyRule(rule, holderId, source);
    } catch (HengeException e) {
      return null;
    }
  }

  private FamilyRule(CopyRule rule, int holderId, DocumentLayout source) {
    this.rule = rule;
    this.holderId = holderId;
    this.source = source;
    this.target = members(rule.target());
    this.on = rule.on().stream().map(Path::parse).toList();
    this.fields = rule.fields().stream().map(field -> Path.parse(field.path())).toList();
    boolean list = rule.kind() == CopyRule.Kind.LIST;
    this.names =
        list ? rule.fields().stream().map(f -> members(f.as()).get(0)).toList() : List.of();
    this.by = list ? Path.parse(rule.by()) : null;
  }

  /** Names of the members that a path goes through. */
  private static List<String> members(String path) {
    List<String> names = new ArrayList<>();
    for (PathStep step : Path.parse(path).steps()) {
      if (!(step instanceof PathStep.Member member)) {
        throw HengeException.invalid("names of members expected, found " + path);
      }
      names.add(member.name());
    }
    return names;
  }

  int id() {
    return rule.id();
  }

  CopyRule rule() {
    return rule;
  }

  int holderId() {
    return holderId;
  }

  int sourceId() {
    return rule.sourceId();
  }

  boolean isList() {
    return rule.kind() == CopyRule.Kind.LIST;
  }

  /** Members of a list at most. */
  int last() {
    return rule.last();
  }

  // ---- Sources ----

  /** Physical key of the holder that a source belongs to; null if it names none. */
  byte @Nullable [] holderOf(byte[] sourceKey, PathReader document) {
    Object[] parts = new Object[on.size()];
    for (int i = 0; i < parts.length; i++) {
      Object part = KeyValues.toPart(document.get(on.get(i), free()));
      if (part == null) {
        return null;
      }
      parts[i] = part;
    }
    byte[] sort = parts.length == 0 ? new byte[0] : Key.of(parts).encoded();
    int end = PhysicalKey.endOfShardingKey(sourceKey) + 1;
    if (end + Integer.BYTES + sort.length > ApplyLimits.KEY_BYTES_MAX) {
      return null;
    }
    return ByteBuffer.allocate(end + Integer.BYTES + sort.length)
        .put(sourceKey, 0, end)
        .putInt(holderId)
        .put(sort)
        .array();
  }

  /** What a source adds to the sum; zero if it has no number, or none that can be summed up. */
  BigDecimal amount(PathReader document) {
    return rule.kind() == CopyRule.Kind.SUM && number(document) instanceof JsonNumber number
        ? bounded(number)
        : BigDecimal.ZERO;
  }

  private @Nullable JsonValue number(PathReader document) {
    return document.get(fields.get(0), free());
  }

  private static BigDecimal bounded(JsonNumber number) {
    return isBounded(number) ? number.decimal() : BigDecimal.ZERO;
  }

  private static boolean isBounded(JsonNumber number) {
    if (number.isLong()) {
      return true;
    }
    BigDecimal value = number.decimal();
    if (value.signum() == 0) {
      return true;
    }
    // Of the value and not of how it is written.
    BigDecimal stripped = value.stripTrailingZeros();
    return (long) stripped.precision() - stripped.scale() <= SUM_DIGITS_BEFORE
        && stripped.scale() <= SUM_DIGITS_AFTER;
  }

  /**
   * Whether a document has a number, and has not had it before, that cannot be summed up.
   *
   * @param before null if there was none
   */
  boolean isBeyond(@Nullable PathReader before, PathReader after) {
    if (rule.kind() != CopyRule.Kind.SUM
        || !(number(after) instanceof JsonNumber number)
        || isBounded(number)) {
      return false;
    }
    return before == null || !number.equals(number(before));
  }

  /** Path of the numbers that are summed up. */
  String summed() {
    return rule.fields().get(0).path();
  }

  /** The value that a list is ordered by; null if the source has none. */
  @Nullable JsonValue by(PathReader document) {
    return by == null ? null : document.get(by, free());
  }

  /** The member that a source makes: its fields, or if they are too large its id. */
  JsonObject member(JsonObject document) {
    return member(PathReader.of(document));
  }

  /** The same; no more of the source is decoded than is shown. */
  JsonObject member(PathReader reader) {
    JsonObject member = JsonObject.EMPTY;
    for (int i = 0; i < names.size(); i++) {
      JsonValue value = reader.get(fields.get(i), free());
      if (value != null) {
        member = member.with(names.get(i), value);
      }
    }
    if (member.depth() <= MEMBER_DEPTH_MAX && DocumentCodec.size(member) <= MEMBER_BYTES_MAX) {
      return member;
    }
    JsonObject id = JsonObject.EMPTY;
    for (Path path : source.sortPaths()) {
      JsonValue value = reader.get(path, free());
      if (value != null && path.steps().get(path.size() - 1) instanceof PathStep.Member last) {
        id = id.with(last.name(), value);
      }
    }
    return id.with("_too_large", JsonValue.of(true));
  }

  /** In apply nothing is refused for what a rule reads: documents are bounded, and so are rules. */
  private static Steps free() {
    return new Steps(Long.MAX_VALUE);
  }

  // ---- Rows ----

  /** What the rule's rows of a holder begin with; of a total that is the whole key. */
  byte[] row(byte[] holderKey) {
    // The same as the holder's key, with the rule in the place of the collection.
    byte[] row = holderKey.clone();
    ByteBuffer.wrap(row).putInt(PhysicalKey.endOfShardingKey(holderKey) + 1, id());
    return row;
  }

  /**
   * The holder that a row of the rule is of; null if the row is none of the rule's.
   *
   * @param row of a total that is the whole key, of a list what it begins with
   */
  byte @Nullable [] holderOf(byte[] row) {
    int sortAt = PhysicalKey.endOfShardingKey(row) + 1 + Integer.BYTES;
    int end = isList() ? PhysicalKey.endOfParts(row, sortAt, on.size()) : row.length;
    if (sortAt > row.length || end < 0) {
      return null;
    }
    byte[] holder = Arrays.copyOf(row, end);
    ByteBuffer.wrap(holder).putInt(sortAt - Integer.BYTES, holderId);
    return holder;
  }

  // ---- Holders ----

  /** What a document has in the place of the copy; null if nothing. */
  @Nullable JsonValue copyIn(JsonObject holder) {
    JsonValue value = holder;
    for (String name : target) {
      value = value instanceof JsonObject object ? object.get(name) : null;
    }
    return value;
  }

  /** The document with a copy, whatever is in its place. */
  JsonObject withCopy(JsonObject holder, JsonValue copy) {
    return with(holder, 0, copy);
  }

  private JsonObject with(JsonObject object, int depth, JsonValue copy) {
    String name = target.get(depth);
    if (depth == target.size() - 1) {
      return object.with(name, copy);
    }
    JsonObject inner = object.get(name) instanceof JsonObject there ? there : JsonObject.EMPTY;
    return object.with(name, with(inner, depth + 1, copy));
  }

  /** The document without the copy, and without objects that are empty by that. */
  JsonObject withoutCopy(JsonObject holder) {
    return copyIn(holder) == null ? holder : without(holder, 0);
  }

  private JsonObject without(JsonObject object, int depth) {
    String name = target.get(depth);
    if (depth == target.size() - 1) {
      return object.without(name);
    }
    JsonObject inner = object.get(name) instanceof JsonObject there ? there : JsonObject.EMPTY;
    JsonObject rest = without(inner, depth + 1);
    return rest.isEmpty() ? object.without(name) : object.with(name, rest);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof FamilyRule family
        && holderId == family.holderId
        && rule.equals(family.rule);
  }

  @Override
  public int hashCode() {
    return rule.id();
  }
}
