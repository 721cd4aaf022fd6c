package io.henge.cli.shell;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Durations as people write them: {@code 500ms}, {@code 10s}, {@code 5m}, {@code 2h}, {@code 7d}.
 */
public final class Durations {
  public static final String EXAMPLES = "500ms, 10s, 5m, 2h or 7d";
  private static final Pattern FORM = Pattern.compile("([0-9]{1,15})(ms|s|m|h|d)");

  private Durations() {}

  /** The duration, if the text is one. */
  public static Optional<Duration> parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    long amount = Long.parseLong(matcher.group(1));
    try {
      Duration duration =
          switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            case "h" -> Duration.ofHours(amount);
            default -> Duration.ofDays(amount);
          };
      // Fails if the milliseconds have no room in 64 bits.
      return Optional.of(Duration.ofMillis(duration.toMillis()));
    } catch (ArithmeticException e) {
      return Optional.empty();
    }
  }

  /** The shortest form that {@link #parse} reads back, in whole milliseconds. */
  public static String show(Duration duration) {
    long millis = duration.toMillis();
    if (millis == 0 || millis % 1_000 != 0) {
      return millis + "ms";
    }
    long seconds = millis / 1_000;
    if (seconds % 86_400 == 0) {
      return seconds / 86_400 + "d";
    }
    if (seconds % 3_600 == 0) {
      return seconds / 3_600 + "h";
    }
    return seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
  }
}
