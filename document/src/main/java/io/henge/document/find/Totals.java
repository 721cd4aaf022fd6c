package io.henge.document.find;

import io.henge.document.Steps;
import io.henge.document.path.Path;
import io.henge.document.path.PathReader;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonValue;
import java.math.BigDecimal;
import java.math.MathContext;
import org.jspecify.annotations.Nullable;

/**
 * Figures of the values that documents have at a path: exact, whatever the order and however they
 * were gathered. Belongs to one thread.
 */
public final class Totals {
  /** Digits of an average that does not come out even. */
  private static final MathContext AVERAGE = MathContext.DECIMAL128;

  private long count;
  private long values;
  private long numbers;
  private BigDecimal sum = BigDecimal.ZERO;
  private @Nullable JsonValue min;
  private @Nullable JsonValue max;

  /** Counts a document and takes all values at a path; null = counts it alone. */
  public void add(PathReader document, @Nullable Path path, Steps steps) {
    if (path == null) {
      count++;
      return;
    }
    long before = values;
    document.forEach(path, steps, this::add);
    count += values > before ? 1 : 0;
  }

  private void add(JsonValue value) {
    values++;
    if (value instanceof JsonNumber number) {
      numbers++;
      sum = sum.add(number.decimal());
    }
    include(value, value);
  }

  /** Adds what another page has found. */
  public void add(
      long moreCount,
      long moreNumbers,
      BigDecimal moreSum,
      @Nullable JsonValue itsMin,
      @Nullable JsonValue itsMax) {
    count += moreCount;
    numbers += moreNumbers;
    sum = sum.add(moreSum);
    include(itsMin, itsMax);
  }

  private void include(@Nullable JsonValue low, @Nullable JsonValue high) {
    JsonValue lowest = min;
    if (low != null && (lowest == null || low.compareTo(lowest) < 0)) {
      min = low;
    }
    JsonValue highest = max;
    if (high != null && (highest == null || high.compareTo(highest) > 0)) {
      max = high;
    }
  }

  /** Documents that have a value. */
  public long count() {
    return count;
  }

  /** Numbers among the values; a path through arrays leads to several in a document. */
  public long numbers() {
    return numbers;
  }

  /** The exact sum of the numbers. */
  public BigDecimal sum() {
    return sum;
  }

  /** Null if there are no numbers. Rounded to 34 digits. */
  public @Nullable BigDecimal average() {
    return numbers == 0 ? null : sum.divide(BigDecimal.valueOf(numbers), AVERAGE);
  }

  /** The smallest value, in the order of all values; null if there is none. */
  public @Nullable JsonValue min() {
    return min;
  }

  /** The largest value; null if there is none. */
  public @Nullable JsonValue max() {
    return max;
  }
}
