package io.henge.document.layout;

import io.henge.document.value.JsonBoolean;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonText;
import io.henge.document.value.JsonValue;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** Values that can be parts of keys. */
public final class KeyValues {
  private static final BigDecimal LONG_MIN = BigDecimal.valueOf(Long.MIN_VALUE);
  private static final BigDecimal LONG_MAX = BigDecimal.valueOf(Long.MAX_VALUE);
  private static final int SHOWN_CHARS_MAX = 60;

  private KeyValues() {}

  public static @Nullable Object toPart(@Nullable JsonValue value) {
    if (value instanceof JsonNumber number) {
      return whole(number);
    }
    if (value instanceof JsonText text) {
      return text.value();
    }
    return value instanceof JsonBoolean flag ? (Object) flag.value() : null;
  }

  static boolean isPart(Object part) {
    return part instanceof String || part instanceof Long || part instanceof Boolean;
  }

  /** What a number is worth, if it is whole and fits; however it is written. */
  static @Nullable Long whole(JsonNumber number) {
    if (number.isLong()) {
      return number.longValue();
    }
    BigDecimal value = number.decimal();
    if (value.compareTo(LONG_MIN) < 0 || value.compareTo(LONG_MAX) > 0) {
      return null;
    }
    BigDecimal stripped = value.stripTrailingZeros();
    return stripped.scale() > 0 ? null : (Long) stripped.longValueExact();
  }

  static String shown(JsonValue value) {
    String text = value.toString();
    return text.length() <= SHOWN_CHARS_MAX
        ? text
        : text.substring(0, text.offsetByCodePoints(0, SHOWN_CHARS_MAX / 2)) + "...";
  }
}
