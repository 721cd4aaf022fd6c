package io.henge.server.copies;

import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.ShardState;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at all copies of a shard that is led here, slowly, again and again, and has mended what is
 * wrong. Thread-safe.
 */
final class CopyWalk {
  private static final Logger LOG = LoggerFactory.getLogger(CopyWalk.class);
  private static final long PERIOD_NANOS = 1_000_000_000L;

  /** Between two walks. */
  private static final long REST_NANOS = 10 * PERIOD_NANOS;

  private static final byte[] START = {};

  private final FollowedShard shard;
  private final CopyChecks checks;
  private final CopyClock clock;
  private final IntSupplier perSecond;
  private final AtomicBoolean busy = new AtomicBoolean();
  private volatile long nextNanos;
  private volatile byte[] cursor = START;
  private volatile byte[] stage = START;

  /**
   * @param perSecond documents or sources a second, about; 0 = it stands still
   */
  CopyWalk(FollowedShard shard, CopyChecks checks, CopyClock clock, IntSupplier perSecond) {
    this.perSecond = perSecond;
    this.shard = shard;
    this.checks = checks;
    this.clock = clock;
    this.nextNanos = clock.nanoTime() + PERIOD_NANOS;
  }

  /** To be called every now and then. */
  void tick() {
    ShardState state = shard.state();
    ShardDescription description = state.shard();
    int pace = perSecond.getAsInt();
    if (pace == 0
        || clock.nanoTime() - nextNanos < 0
        || description == null
        || state.reshaping().isFrozen()
        || !busy.compareAndSet(false, true)) {
      return;
    }
    boolean goesOn = stage.length > 0 && description.contains(cursor);
    checks
        .page(
            goesOn ? cursor : description.start(),
            goesOn ? stage : VerifyStage.FIRST.encode(),
            0,
            true,
            pace)
        .whenComplete(
            (findings, failure) -> {
              if (findings != null) {
                walked(description, findings);
              } else {
                nextNanos = clock.nanoTime() + REST_NANOS;
              }
              busy.set(false);
            });
  }

  private void walked(ShardDescription description, CopyFindings findings) {
    boolean over = findings.stage().length == 0 || !description.contains(findings.cursor());
    cursor = over ? START : findings.cursor();
    stage = over ? START : findings.stage();
    nextNanos = clock.nanoTime() + (over ? REST_NANOS : PERIOD_NANOS);
    if (!findings.differences().isEmpty()) {
      LOG.warn(
          "{} copies in shard {} are not what their sources say, the first: {} of {}; {} mended",
          findings.differences().size(),
          shard.id(),
          findings.differences().get(0).kind(),
          Integer.toUnsignedString(findings.differences().get(0).id()),
          findings.mended());
    }
  }
}
