package io.henge.cli.demo;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** Tells what the demonstration does, step by step, while it does it. */
final class Story {
  private static final int TITLE_WIDTH = 46;

  private final PrintStream out;
  private final long begin = System.nanoTime();
  private int step;
  private long stepBegin = begin;

  Story(PrintStream out) {
    this.out = out;
  }

  void say(String line) {
    out.println(line);
    out.flush();
  }

  /** Begins a step; the line is ended by {@link #done} or {@link #failed}. */
  void step(String title) {
    step++;
    stepBegin = System.nanoTime();
    String head = String.format("%2d. %s ", step, title);
    out.print(head + ".".repeat(Math.max(3, TITLE_WIDTH - head.length())) + " ");
    out.flush();
  }

  void done(String result) {
    say(result);
  }

  void failed(String reason) {
    say("FAILED: " + reason);
  }

  void detail(String line) {
    say("    " + line);
  }

  Duration inStep() {
    return Duration.ofNanos(System.nanoTime() - stepBegin);
  }

  Duration total() {
    return Duration.ofNanos(System.nanoTime() - begin);
  }

  static String seconds(Duration duration) {
    return String.format(
        Locale.ROOT, "%.1f s", duration.toNanos() / (double) TimeUnit.SECONDS.toNanos(1));
  }
}
