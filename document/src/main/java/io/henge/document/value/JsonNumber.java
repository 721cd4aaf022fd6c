package io.henge.document.value;

import io.henge.api.error.HengeException;
import io.henge.document.DocumentLimits;
import java.math.BigDecimal;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An exact number: {@code d x 10^e} with whole d of at most {@link
 * DocumentLimits#NUMBER_DIGITS_MAX} digits and e within {@link DocumentLimits#NUMBER_EXPONENT_MAX}.
 * It keeps the scale it was written with: 1.50 stays 1.50, and 1E3 stays 1E+3.
 */
public final class JsonNumber implements JsonValue {
  private static final BigDecimal LONG_MIN = BigDecimal.valueOf(Long.MIN_VALUE);
  private static final BigDecimal LONG_MAX = BigDecimal.valueOf(Long.MAX_VALUE);

  /** Bits of digits that are looked at in one step. */
  private static final int BITS_PER_STEP = 128;

  private final long whole;

  /** Null if the number is {@link #whole}: always, if it has scale 0 and fits. */
  private final @Nullable BigDecimal decimal;

  private JsonNumber(long whole, @Nullable BigDecimal decimal) {
    this.whole = whole;
    this.decimal = decimal;
  }

  public static JsonNumber of(long value) {
    return new JsonNumber(value, null);
  }

  /**
   * A number of any scale.
   *
   * @throws HengeException INVALID_ARGUMENT beyond the limits of digits and exponent
   */
  public static JsonNumber of(BigDecimal value) {
    JsonNumber number = ofOrNull(value);
    if (number == null) {
      throw HengeException.invalid(
          "number: "
              + value.precision()
              + " digits and exponent "
              + -(long) value.scale()
              + ", the limits are "
              + DocumentLimits.NUMBER_DIGITS_MAX
              + " digits and exponents from -"
              + DocumentLimits.NUMBER_EXPONENT_MAX
              + " to "
              + DocumentLimits.NUMBER_EXPONENT_MAX);
    }
    return number;
  }

  /** The same; null beyond the limits. */
  public static @Nullable JsonNumber ofOrNull(BigDecimal value) {
    if (value.scale() < -DocumentLimits.NUMBER_EXPONENT_MAX
        || value.scale() > DocumentLimits.NUMBER_EXPONENT_MAX
        || value.precision() > DocumentLimits.NUMBER_DIGITS_MAX) {
      return null;
    }
    if (value.scale() == 0 && value.compareTo(LONG_MIN) >= 0 && value.compareTo(LONG_MAX) <= 0) {
      return new JsonNumber(value.longValue(), null);
    }
    return new JsonNumber(0, value);
  }

  /** Whether it is a whole number of 64 bits, written without a fraction or exponent. */
  public boolean isLong() {
    return decimal == null;
  }

  /**
   * The number as a long.
   *
   * @throws IllegalStateException unless {@link #isLong}
   */
  public long longValue() {
    if (decimal != null) {
      throw new IllegalStateException("not a 64-bit whole number: " + decimal);
    }
    return whole;
  }

  /** The number, whatever its form. */
  public BigDecimal decimal() {
    return decimal == null ? BigDecimal.valueOf(whole) : decimal;
  }

  /** The exact sum, with the larger scale of both; null if it is beyond the limits. */
  public @Nullable JsonNumber plus(JsonNumber other) {
    if (decimal == null && other.decimal == null) {
      long sum = whole + other.whole;
      if (((whole ^ sum) & (other.whole ^ sum)) >= 0) {
        return of(sum);
      }
    }
    return ofOrNull(decimal().add(other.decimal()));
  }

  int compareWorth(JsonNumber other) {
    return decimal == null && other.decimal == null
        ? Long.compare(whole, other.whole)
        : decimal().compareTo(other.decimal());
  }

  @Override
  public Type type() {
    return Type.NUMBER;
  }

  @Override
  public int depth() {
    return 0;
  }

  @Override
  public int weight() {
    return decimal == null ? 1 : 2 + decimal.unscaledValue().bitLength() / BITS_PER_STEP;
  }

  /** Equal digits and equal scale; {@link #sameAs} compares what they are worth. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof JsonNumber number
        && whole == number.whole
        && Objects.equals(decimal, number.decimal);
  }

  @Override
  public int hashCode() {
    return decimal == null ? Long.hashCode(whole) : decimal.hashCode();
  }

  /** As JSON. */
  @Override
  public String toString() {
    return decimal == null ? Long.toString(whole) : decimal.toString();
  }
}
