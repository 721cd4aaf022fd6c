package io.henge.cli.shell;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jline.utils.Signals;
import org.jspecify.annotations.Nullable;

/**
 * While it is open, ctrl-c and being told to end are interrupts of the thread that opened it, so
 * that what goes on until it is ended can end in order. For scripts; at a prompt the terminal does
 * this. Afterwards the signals are what they were.
 */
final class Interrupts implements AutoCloseable {
  private final Map<String, @Nullable Object> before = new LinkedHashMap<>();
  private volatile boolean came;

  private Interrupts() {}

  static Interrupts ofThisThread() {
    Thread waiting = Thread.currentThread();
    Interrupts interrupts = new Interrupts();
    for (String signal : new String[] {"INT", "TERM"}) {
      interrupts.before.put(
          signal,
          Signals.register(
              signal,
              () -> {
                interrupts.came = true;
                waiting.interrupt();
              }));
    }
    return interrupts;
  }

  /** Whether there was one. */
  boolean came() {
    return came;
  }

  @Override
  public void close() {
    before.forEach(
        (signal, handler) -> {
          if (handler != null) {
            Signals.unregister(signal, handler);
          }
        });
    // One that came too late must not hit what follows.
    Thread.interrupted();
  }
}
