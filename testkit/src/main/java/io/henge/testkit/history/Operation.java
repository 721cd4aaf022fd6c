package io.henge.testkit.history;

import org.jspecify.annotations.Nullable;

/**
 * One operation of a history.
 *
 * @param process who asked; does one thing at a time
 * @param invoked its place in the order of all events
 * @param returned the place of its end; {@link #NEVER} if the outcome is unknown
 * @param output what the client was told; without meaning if the outcome is unknown
 * @param note where it was served, for people
 */
public record Operation(
    int process,
    String key,
    Object input,
    long invoked,
    long returned,
    @Nullable Object output,
    String note) {
  public static final long NEVER = Long.MAX_VALUE;

  public boolean isKnown() {
    return returned != NEVER;
  }

  @Override
  public String toString() {
    return String.format(
        "[%5d .. %5s] process %d: %s -> %s%s",
        invoked,
        isKnown() ? String.valueOf(returned) : "?",
        process,
        input,
        isKnown() ? String.valueOf(output) : "unknown",
        note.isEmpty() ? "" : "   (" + note + ")");
  }
}
