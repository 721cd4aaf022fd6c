package io.henge.client;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How to read.
 *
 * @param consistency what the read promises
 * @param session whose reads and writes it must reflect, with {@link Consistency#SESSION}
 * @param stalenessMax with {@link Consistency#BOUNDED}
 * @param timeout for the call with all its retries; {@link Duration#ZERO} = the client's default
 */
public record ReadOptions(
    Consistency consistency, @Nullable Session session, Duration stalenessMax, Duration timeout) {
  public static final ReadOptions LINEARIZABLE =
      new ReadOptions(Consistency.LINEARIZABLE, null, Duration.ZERO, Duration.ZERO);
  public static final ReadOptions EVENTUAL =
      new ReadOptions(Consistency.EVENTUAL, null, Duration.ZERO, Duration.ZERO);

  public static ReadOptions session(Session session) {
    return new ReadOptions(Consistency.SESSION, session, Duration.ZERO, Duration.ZERO);
  }

  public static ReadOptions bounded(Duration stalenessMax) {
    return new ReadOptions(Consistency.BOUNDED, null, stalenessMax, Duration.ZERO);
  }

  public ReadOptions timeout(Duration limit) {
    return new ReadOptions(consistency, session, stalenessMax, limit);
  }
}
