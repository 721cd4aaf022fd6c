package io.henge.document.value;

import java.time.Instant;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Texts of times, dates and UUIDs that applications hand in. They are the same everywhere: no clock
 * is read, no zone and no language is looked up. Thread-safe.
 */
final class JavaTexts {
  /** All digits, always as many: so the order of texts is that of time. */
  private static final DateTimeFormatter INSTANT =
      new DateTimeFormatterBuilder().appendInstant(9).toFormatter(Locale.ROOT);

  private JavaTexts() {}

  /** The text of a value, or null if it is of none of these types. */
  static @Nullable String of(Object value) {
    if (value instanceof Instant instant) {
      return INSTANT.format(instant);
    }
    return value instanceof LocalDate || value instanceof UUID ? value.toString() : null;
  }
}
