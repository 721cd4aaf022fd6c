package io.henge.cli.output;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * How far something is, for people: on a terminal a bar that is written over, else a line every ten
 * seconds. Not thread-safe.
 */
public final class ProgressLine implements AutoCloseable {
  private static final long BAR_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long LINE_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final int BAR_WIDTH = 24;

  /** Wider lines would break on most terminals, and could not be written over. */
  private static final int WIDTH_MAX = 118;

  private final PrintStream out;
  private final boolean terminal;
  private final LongSupplier nanoTime;
  private final String what;
  private final long start;
  private double firstShare = -1;
  private long next;
  private boolean shown;

  /**
   * Progress of one thing.
   *
   * @param terminal whether what is written can be written over
   * @param what shown first
   */
  public ProgressLine(PrintStream out, boolean terminal, LongSupplier nanoTime, String what) {
    this.out = out;
    this.terminal = terminal;
    this.nanoTime = nanoTime;
    this.what = what;
    this.start = nanoTime.getAsLong();
    this.next = start + (terminal ? BAR_NANOS : LINE_NANOS);
  }

  /** One that nobody sees. */
  public static ProgressLine silent() {
    return new ProgressLine(
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8),
        false,
        System::nanoTime,
        "");
  }

  /** Seconds since it was made. */
  public double seconds() {
    return Math.max(1e-9, (nanoTime.getAsLong() - start) / 1e9);
  }

  /**
   * Shows how far it is, if it is time to.
   *
   * @param share that is done, 0 to 1; below 0 = unknown
   * @param facts more for people
   */
  public void update(double share, Supplier<String> facts) {
    if (firstShare < 0) {
      firstShare = share;
    }
    long now = nanoTime.getAsLong();
    if (now - next < 0) {
      return;
    }
    next = now + (terminal ? BAR_NANOS : LINE_NANOS);
    StringBuilder line = new StringBuilder(what).append("  ");
    if (share >= 0) {
      if (terminal) {
        int filled = (int) Math.min(BAR_WIDTH, share * BAR_WIDTH);
        line.append('[').append("#".repeat(filled)).append("-".repeat(BAR_WIDTH - filled));
        line.append("] ");
      }
      line.append(String.format(Locale.ROOT, "%3.0f %%  ", Math.min(1, share) * 100));
    }
    line.append(facts.get());
    double done = share - firstShare;
    if (share >= 0 && done > 0.005) {
      line.append(", ").append(duration(seconds() / done * Math.max(0, 1 - share))).append(" left");
    }
    if (terminal) {
      out.print("\r" + line.substring(0, Math.min(WIDTH_MAX, line.length())) + "\u001b[K");
      shown = true;
    } else {
      out.println(line);
    }
    out.flush();
  }

  /** A duration in seconds for people: {@code 4.2 s}, {@code 3:07 min}, {@code 2:05 h}. */
  public static String duration(double seconds) {
    if (seconds < 60) {
      return String.format(Locale.ROOT, seconds < 10 ? "%.1f s" : "%.0f s", seconds);
    }
    long whole = Math.round(seconds);
    return whole < 3_600
        ? String.format(Locale.ROOT, "%d:%02d min", whole / 60, whole % 60)
        : String.format(Locale.ROOT, "%d:%02d h", whole / 3_600, whole / 60 % 60);
  }

  /** A number with commas. */
  public static String number(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /** Clears the line. */
  @Override
  public void close() {
    if (shown) {
      out.print("\r\u001b[K");
      out.flush();
    }
  }
}
