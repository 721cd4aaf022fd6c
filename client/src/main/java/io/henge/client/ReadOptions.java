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
 * @param copyInfo whether what is read tells of its copies from other shards: {@link CopyInfo}
 */
public record ReadOptions(
    Consistency consistency,
    @Nullable Session session,
    Duration stalenessMax,
    Duration timeout,
    boolean copyInfo) {
  public static final ReadOptions LINEARIZABLE =
      new ReadOptions(Consistency.LINEARIZABLE, null, Duration.ZERO, Duration.ZERO);
  public static final ReadOptions EVENTUAL =
      new ReadOptions(Consistency.EVENTUAL, null, Duration.ZERO, Duration.ZERO);

  public ReadOptions(
      Consistency consistency, @Nullable Session session, Duration stalenessMax, Duration timeout) {
    this(consistency, session, stalenessMax, timeout, false);
  }

  public static ReadOptions session(Session session) {
    return new ReadOptions(Consistency.SESSION, session, Duration.ZERO, Duration.ZERO);
  }

  public static ReadOptions bounded(Duration stalenessMax) {
    return new ReadOptions(Consistency.BOUNDED, null, stalenessMax, Duration.ZERO);
  }

  public ReadOptions timeout(Duration limit) {
    return new ReadOptions(consistency, session, stalenessMax, limit, copyInfo);
  }

  /**
   * What is read tells of its copies from other shards: what they show, and how old that may be.
   * Costs the cluster some reads more for each document, and a round among all nodes once a second.
   */
  public ReadOptions withCopyInfo() {
    return new ReadOptions(consistency, session, stalenessMax, timeout, true);
  }
}
