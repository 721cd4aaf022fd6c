package io.henge.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.server.node.ReshapeStep;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Holds a node at a step until it is killed there; the first one that gets to it. */
final class CrashPoint implements ReshapeStep.Hook {
  private final ReshapeStep step;
  private final long shardId;
  private final CountDownLatch reached = new CountDownLatch(1);
  private final CountDownLatch killed = new CountDownLatch(1);
  private final AtomicReference<@Nullable Thread> held = new AtomicReference<>();

  CrashPoint(ReshapeStep step, long shardId) {
    this.step = step;
    this.shardId = shardId;
  }

  @Override
  public void reached(ReshapeStep at, long shard) {
    if (at != step || shard != shardId || !held.compareAndSet(null, Thread.currentThread())) {
      return;
    }
    reached.countDown();
    boolean interrupted = false;
    while (true) {
      try {
        killed.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    throw new IllegalStateException("the process has died at " + step);
  }

  void awaitReached() throws InterruptedException {
    assertThat(reached.await(60, TimeUnit.SECONDS)).as("%s reached", step).isTrue();
  }

  /** The node whose thread is held: threads have names or ids of nodes in theirs. */
  HengeNode heldOf(List<HengeNode> all) {
    Thread thread = Objects.requireNonNull(held.get(), "nothing is held");
    String name = thread.getName() + "-";
    return all.stream()
        .filter(node -> name.contains("-" + node.name() + "-") || name.contains(node.id()))
        .findFirst()
        .orElseThrow(() -> new AssertionError("whose thread is " + thread.getName()));
  }

  /** Only what is held ends, with a failure. */
  void release() {
    killed.countDown();
  }

  /** Nothing of the node gets anywhere any more when the held thread goes on, and ends. */
  void kill(HengeNode node) {
    node.kill(killed::countDown);
  }
}
