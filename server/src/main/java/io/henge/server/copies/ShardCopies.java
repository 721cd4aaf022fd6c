package io.henge.server.copies;

import io.henge.replication.statemachine.CopyWork;
import io.henge.replication.statemachine.ShardState;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The worker of copies of one shard, for one leadership: sends what has changed of its sources, and
 * registers it at the sources of its holders. A worker that was closed proposes nothing any more.
 * Thread-safe.
 */
public final class ShardCopies implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ShardCopies.class);

  private final FollowedShard shard;
  private final CopyClock clock;
  private final ChangeSender sender;
  private final Registrar registrar;

  /** A look is under way or about to be. */
  private final AtomicBoolean looking = new AtomicBoolean();

  private volatile boolean again;

  /** Position of the log when there was nothing left to do; -1 = there may be. */
  private volatile long idleAt = -1;

  private volatile boolean closed;

  public ShardCopies(
      FollowedShard shard,
      CopyTransport transport,
      CopyPace pace,
      CopyClock clock,
      CopyMeter meter) {
    this.shard = shard;
    this.clock = clock;
    this.sender = new ChangeSender(shard, transport, pace, clock, meter, this::more);
    this.registrar = new Registrar(shard, transport, clock, this::more);
  }

  /** To be called every now and then: looks whether there is anything to do. */
  public void tick() {
    ShardState state = shard.state();
    if (!closed && CopyWork.isFollowing(state) && state.applied().index() != idleAt) {
      look();
    }
  }

  /** Whether there was nothing to do when the last entry had been applied. */
  boolean isIdle() {
    return shard.state().applied().index() == idleAt;
  }

  private void more() {
    if (!closed) {
      look();
    }
  }

  private void look() {
    again = true;
    if (looking.compareAndSet(false, true)) {
      clock.execute(this::run);
    }
  }

  private void run() {
    again = false;
    try {
      long index = shard.state().applied().index();
      boolean changes = sender.look();
      boolean outgoing = registrar.look();
      idleAt = changes || outgoing ? -1 : index;
    } catch (RuntimeException e) {
      if (!closed) {
        LOG.warn("copies of shard {} could not be looked after; tries again", shard.id(), e);
      }
    } finally {
      looking.set(false);
    }
    if (again && !closed) {
      look();
    }
  }

  @Override
  public void close() {
    closed = true;
    sender.close();
    registrar.close();
  }
}
