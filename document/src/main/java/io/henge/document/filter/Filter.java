package io.henge.document.filter;

import io.henge.api.error.HengeException;
import io.henge.document.Steps;
import io.henge.document.path.Path;
import io.henge.document.path.PathReader;
import io.henge.document.value.JsonValue;
import java.util.List;

/**
 * A condition on a document, or on an element of an array. Made by {@link Filters}, {@link #parse}
 * or {@link FilterCodec}; immutable, at most {@link
 * io.henge.document.DocumentLimits#FILTER_DEPTH_MAX} levels deep.
 *
 * <p><b>Meaning.</b> A path leads to no, one, or (through {@code []}) several values; a condition
 * on a path holds if it holds for any of them. So a path that leads nowhere makes every condition
 * on it false, {@code !=} included; {@code not (x = 1)} is what is also true without x. Values
 * compare with values of their own type only: {@code <}, {@code <=}, {@code >}, {@code >=} and
 * {@code =} are false and {@code !=} is true for another type. Numbers compare by worth (1.0 = 1),
 * objects whatever the order of members. {@code null} is a value: {@code x = null} wants it there.
 */
public sealed interface Filter
    permits Filter.Always,
        Filter.Compare,
        Filter.In,
        Filter.Exists,
        Filter.Prefix,
        Filter.Contains,
        Filter.Matches,
        Filter.And,
        Filter.Or,
        Filter.Not {

  /** Always true, or never. */
  record Always(boolean value) implements Filter {
    @Override
    public String toString() {
      return FilterPrinter.print(this);
    }
  }

  /** {@code path = value}, and the like. */
  record Compare(Path path, Operator operator, JsonValue value) implements Filter {
    @Override
    public String toString() {
      return FilterPrinter.print(this);
    }
  }

  /** {@code path in (a, b, c)}: equal to one of them. */
  record In(Path path, List<JsonValue> values) implements Filter {
    /** The values are sorted and each kept once; so filters that mean the same are equal. */
    public In {
      values = FilterShape.sortedOnce(values);
    }

    @Override
    public String toString() {
      return FilterPrinter.print(this);
    }
  }

  /** {@code exists(path)}: leads to a value, be it null. */
  record Exists(Path path) implements Filter {
    @Override
    public String toString() {
      return FilterPrinter.print(this);
    }
  }

  /** {@code path prefix "a"}: a text that begins so. */
  record Prefix(Path path, String prefix) implements Filter {
    public Prefix {
      FilterShape.checkText(prefix);
    }

    @Override
    public String toString() {
      return FilterPrinter.print(this);
    }
  }

  /** {@code path contains value}: an array with an element equal to it. */
  record Contains(Path path, JsonValue value) implements Filter {
    @Override
    public String toString() {
      return FilterPrinter.print(this);
    }
  }

  /**
   * {@code path matches "^a.*z$"}: a text in which the pattern is found somewhere. Not
   * deterministic in our sense: what it means is up to a library.
   */
  record Matches(Path path, TextPattern pattern) implements Filter {
    @Override
    public String toString() {
      return FilterPrinter.print(this);
    }
  }

  /** All of them hold; true if there are none. */
  record And(List<Filter> filters) implements Filter {
    public And {
      filters = List.copyOf(filters);
      FilterShape.check(filters);
    }

    @Override
    public String toString() {
      return FilterPrinter.print(this);
    }
  }

  /** One of them holds; false if there are none. */
  record Or(List<Filter> filters) implements Filter {
    public Or {
      filters = List.copyOf(filters);
      FilterShape.check(filters);
    }

    @Override
    public String toString() {
      return FilterPrinter.print(this);
    }
  }

  /** It does not hold. */
  record Not(Filter filter) implements Filter {
    public Not {
      FilterShape.check(List.of(filter));
    }

    @Override
    public String toString() {
      return FilterPrinter.print(this);
    }
  }

  /**
   * Parses a filter, for example {@code status = "open" and total > 10.5};
   * docs/internals/documents-format.md has the grammar.
   *
   * @throws HengeException INVALID_ARGUMENT showing the text and the place
   */
  static Filter parse(String text) {
    return new FilterParser(text).parse();
  }

  /**
   * Whether the filter holds.
   *
   * @param value of a document, or of any value
   * @throws io.henge.document.StepsExhaustedException INVALID_ARGUMENT, if that takes too many
   *     steps
   */
  default boolean test(JsonValue value, Steps steps) {
    return test(PathReader.of(value), steps);
  }

  /** {@link #test(JsonValue, Steps)} with a budget of its own. */
  default boolean test(JsonValue value) {
    return test(PathReader.of(value), Steps.standard());
  }

  /**
   * Whether the filter holds; takes as many steps whatever the reader is.
   *
   * @param reader of a document, for example a {@link io.henge.document.codec.DocumentReader}
   * @throws io.henge.document.StepsExhaustedException INVALID_ARGUMENT, if that takes too many
   *     steps
   */
  default boolean test(PathReader reader, Steps steps) {
    return FilterEvaluator.test(this, reader, steps);
  }

  /**
   * Whether all versions of Henge on all machines come to the same result: only then may it stand
   * in the log, as the condition of a write or in a patch. False for patterns.
   */
  default boolean deterministic() {
    return FilterShape.of(this).deterministic();
  }
}
