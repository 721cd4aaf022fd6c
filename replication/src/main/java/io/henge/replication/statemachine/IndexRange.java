package io.henge.replication.statemachine;

import io.henge.api.key.PhysicalKey;
import io.henge.document.filter.Filter;
import io.henge.document.filter.Operator;
import io.henge.document.index.IndexKeys;
import io.henge.document.path.Path;
import io.henge.document.path.PathStep;
import io.henge.document.value.JsonBoolean;
import io.henge.document.value.JsonText;
import io.henge.document.value.JsonValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What conditions leave of an index in one family: equality on its first fields, then one range (or
 * one of some values) on the next. Never less than what matches: values may be cut, and documents
 * are compared again.
 */
final class IndexRange {
  /** From inclusive, to exclusive. */
  record Span(byte[] from, byte[] to) {}

  private final Indexed index;

  /** Fields that are equal to something. */
  private int equal;

  /** What all rows begin with, equal values included. */
  private byte[] prefix;

  private List<Span> spans = List.of();
  private final List<String> conditions = new ArrayList<>();

  private IndexRange(Indexed index, byte[] prefix) {
    this.index = index;
    this.prefix = prefix;
  }

  /**
   * @param conjuncts conditions that all hold
   */
  static IndexRange of(Indexed index, byte[] family, List<Filter> conjuncts) {
    IndexRange range = new IndexRange(index, index.prefix(family));
    List<IndexKeys.Field> fields = index.keys().fields();
    while (range.equal < fields.size() && range.takeEqual(fields.get(range.equal), conjuncts)) {
      range.equal++;
    }
    if (range.equal < fields.size()) {
      range.takeRange(fields.get(range.equal), conjuncts);
    }
    if (range.spans.isEmpty()) {
      range.spans = List.of(new Span(range.prefix, PhysicalKey.endOfPrefix(range.prefix)));
    }
    return range;
  }

  Indexed index() {
    return index;
  }

  int equal() {
    return equal;
  }

  byte[] prefix() {
    return prefix;
  }

  /** In ascending order, without overlap. */
  List<Span> spans() {
    return spans;
  }

  /** Whether there is more than equality. */
  boolean isRanged() {
    return conditions.size() > equal;
  }

  /** Whether it leaves less than all. */
  boolean narrows() {
    return !conditions.isEmpty();
  }

  /** For people. */
  String text() {
    return String.join(" and ", conditions);
  }

  private boolean takeEqual(IndexKeys.Field field, List<Filter> conjuncts) {
    for (Filter filter : conjuncts) {
      JsonValue value = null;
      if (filter instanceof Filter.Compare compare
          && compare.operator() == Operator.EQUAL
          && compare.path().equals(field.path())) {
        value = compare.value();
      } else if (filter instanceof Filter.Contains contains
          && isElementOf(field.path(), contains.path())) {
        value = contains.value();
      }
      if (value != null) {
        prefix = join(prefix, IndexKeys.encode(value, field.descending()));
        conditions.add(filter.toString());
        return true;
      }
    }
    return false;
  }

  private static boolean isElementOf(Path elements, Path array) {
    List<PathStep> steps = elements.steps();
    int last = steps.size() - 1;
    return last >= 0
        && steps.get(last) instanceof PathStep.AnyElement
        && array.steps().equals(steps.subList(0, last));
  }

  private void takeRange(IndexKeys.Field field, List<Filter> conjuncts) {
    Filter.Compare low = null;
    Filter.Compare high = null;
    for (Filter filter : conjuncts) {
      if (filter instanceof Filter.In in && in.path().equals(field.path())) {
        takeValues(field, in);
        return;
      }
      if (filter instanceof Filter.Prefix begin && begin.path().equals(field.path())) {
        takePrefix(field, begin);
        return;
      }
      if (filter instanceof Filter.Compare compare && compare.path().equals(field.path())) {
        switch (compare.operator()) {
          case GREATER, GREATER_OR_EQUAL -> low = low == null ? compare : low;
          case LESS, LESS_OR_EQUAL -> high = high == null ? compare : high;
          default -> {
            // No range.
          }
        }
      }
    }
    if (low != null && high != null) {
      // Of different types nothing matches: any of them will do. And of several elements one may be
      // above the lower bound, another one below the upper.
      if (field.hasElements() || low.value().type() != high.value().type()) {
        high = null;
      }
    }
    Filter.Compare any = low != null ? low : high;
    if (any != null) {
      JsonValue.Type type = any.value().type();
      spans =
          List.of(
              span(
                  field,
                  low == null ? least(type) : IndexKeys.encode(low.value(), false),
                  high == null ? greatest(type) : IndexKeys.encode(high.value(), false)));
      if (low != null) {
        conditions.add(low.toString());
      }
      if (high != null) {
        conditions.add(high.toString());
      }
    }
  }

  private void takeValues(IndexKeys.Field field, Filter.In in) {
    List<Span> each = new ArrayList<>();
    // Sorted, and each once.
    byte[] last = null;
    for (JsonValue value : in.values()) {
      byte[] encoded = IndexKeys.encode(value, false);
      if (last == null || !Arrays.equals(last, encoded)) {
        each.add(span(field, encoded, encoded));
      }
      last = encoded;
    }
    each.sort((a, b) -> Arrays.compareUnsigned(a.from(), b.from()));
    spans = each.isEmpty() ? List.of(new Span(prefix, prefix)) : each;
    conditions.add(in.toString());
  }

  private void takePrefix(IndexKeys.Field field, Filter.Prefix begin) {
    byte[] text = IndexKeys.encode(new JsonText(begin.prefix()), false);
    // Without what ends a text.
    byte[] open = Arrays.copyOf(text, text.length - 2);
    spans = List.of(span(field, open, open));
    conditions.add(begin.toString());
  }

  /**
   * All rows with a value between two, those that begin with them included.
   *
   * @param low as in an ascending field
   * @param high the same
   */
  private Span span(IndexKeys.Field field, byte[] low, byte[] high) {
    if (field.descending()) {
      return new Span(
          join(prefix, inverted(high)), PhysicalKey.endOfPrefix(join(prefix, inverted(low))));
    }
    return new Span(join(prefix, low), PhysicalKey.endOfPrefix(join(prefix, high)));
  }

  private static byte[] least(JsonValue.Type type) {
    return type == JsonValue.Type.BOOLEAN
        ? IndexKeys.encode(JsonBoolean.of(false), false)
        : IndexKeys.typeOf(type);
  }

  private static byte[] greatest(JsonValue.Type type) {
    return type == JsonValue.Type.BOOLEAN
        ? IndexKeys.encode(JsonBoolean.of(true), false)
        : IndexKeys.typeOf(type);
  }

  private static byte[] inverted(byte[] bytes) {
    byte[] inverted = bytes.clone();
    for (int i = 0; i < inverted.length; i++) {
      inverted[i] = (byte) ~inverted[i];
    }
    return inverted;
  }

  static byte[] join(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  /** Conditions that all hold if a filter does. */
  static List<Filter> conjuncts(@Nullable Filter filter) {
    List<Filter> all = new ArrayList<>();
    if (filter != null) {
      add(Objects.requireNonNull(filter), all);
    }
    return all;
  }

  private static void add(Filter filter, List<Filter> all) {
    if (filter instanceof Filter.And and) {
      and.filters().forEach(one -> add(one, all));
    } else {
      all.add(filter);
    }
  }
}
