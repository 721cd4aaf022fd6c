package io.henge.testkit.history;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Records what clients asked and were told. Thread-safe: the order of the calls of these methods is
 * the order of the events.
 */
public final class History {
  private record Open(int process, String key, Object input, long invoked) {}

  private final Map<Long, Open> open = new HashMap<>();
  private final List<Operation> done = new ArrayList<>();
  private long events;

  /** Just before an operation begins. Returns its handle. */
  public synchronized long invoke(int process, String key, Object input) {
    long handle = events++;
    open.put(handle, new Open(process, key, input, handle));
    return handle;
  }

  /** Just after it has succeeded, or was answered that its condition does not hold. */
  public synchronized void ok(long handle, @Nullable Object output, String note) {
    done.add(finish(handle, events++, output, note));
  }

  /** It certainly had no effect. */
  public synchronized void fail(long handle) {
    events++;
    finish(handle, 0, null, "");
  }

  /** It may have taken effect, or may still do so. */
  public synchronized void unknown(long handle, String note) {
    events++;
    done.add(finish(handle, Operation.NEVER, null, note));
  }

  /** All operations so far in order of their beginnings; those not ended yet are unknown. */
  public synchronized List<Operation> operations() {
    List<Operation> all = new ArrayList<>(done);
    open.values()
        .forEach(
            o ->
                all.add(
                    new Operation(
                        o.process, o.key, o.input, o.invoked, Operation.NEVER, null, "open")));
    all.sort((a, b) -> Long.compare(a.invoked(), b.invoked()));
    return all;
  }

  private Operation finish(long handle, long returned, @Nullable Object output, String note) {
    Open begun = open.remove(handle);
    if (begun == null) {
      throw new IllegalArgumentException("operation " + handle + " has ended already");
    }
    return new Operation(
        begun.process, begun.key, begun.input, begun.invoked, returned, output, note);
  }
}
