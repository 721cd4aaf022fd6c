package io.henge.api.testing;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.awaitility.pollinterval.IterativePollInterval;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * How tests of all modules look at what they wait for, unless they say otherwise: at once, then
 * more and more rarely. Most of it is there within a few milliseconds, and Awaitility by itself
 * looks every 100 ms, the first time after as long. JUnit finds this by itself.
 */
public final class Polling implements BeforeAllCallback {
  private static final Duration FIRST = Duration.ofMillis(2);
  private static final Duration LONGEST = Duration.ofMillis(100);

  @Override
  public void beforeAll(ExtensionContext context) {
    Awaitility.setDefaultPollDelay(Duration.ZERO);
    Awaitility.setDefaultPollInterval(IterativePollInterval.iterative(Polling::next, FIRST));
  }

  private static Duration next(Duration before) {
    Duration doubled = before.multipliedBy(2);
    return doubled.compareTo(LONGEST) > 0 ? LONGEST : doubled;
  }
}
