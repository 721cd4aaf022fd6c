package io.henge.replication.ratis;

import java.lang.reflect.Field;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.ratis.server.RaftServer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives a division's applying thread a signal that does not get lost. Ratis' own is forgotten when
 * it comes between the thread's look at the commit index and its wait, and then what is committed
 * is applied up to 100 ms late, and with it everything that waits for the next entry. Ratis offers
 * no way to give it another one, so its field is set; if that ever fails, it is only slower.
 *
 * <p>Since no signal is lost, an idle division does not have to look ten times a second either.
 */
final class PromptUpdater {
  private static final Logger LOG = LoggerFactory.getLogger(PromptUpdater.class);

  /** How often it looks without a signal: requests to take a snapshot come without one. */
  private static final long LOOK_MILLIS = 500;

  private PromptUpdater() {}

  private static final class Signal extends StickySignal {
    Signal(Object name) {
      super(name);
    }

    @Override
    public boolean await(long time, TimeUnit unit) throws InterruptedException {
      return super.await(Math.max(unit.toMillis(time), LOOK_MILLIS), TimeUnit.MILLISECONDS);
    }
  }

  /** To be called once the division runs. */
  static void mend(RaftServer.Division division) {
    try {
      Object state = field(division, "state").get(division);
      Object updater = ((Supplier<?>) field(state, "stateMachineUpdater").get(state)).get();
      field(updater, "awaitForSignal").set(updater, new Signal(updater));
    } catch (ReflectiveOperationException | RuntimeException e) {
      LOG.warn("the applying thread of {} keeps a signal that may get lost", division, e);
    }
  }

  private static Field field(Object of, String name) throws ReflectiveOperationException {
    Field field = of.getClass().getDeclaredField(name);
    field.setAccessible(true);
    return field;
  }
}
