package io.henge.server.node;

import io.henge.engine.FlushScheduler;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Tells those who look after replicas which there are.
 *
 * @param reportSoon has the meta leader told that something has changed
 * @param fail ends the node, with what and why
 */
record ReplicaSupervisor(
    FlushScheduler flushing,
    ReplicaListener replicas,
    Runnable reportSoon,
    BiConsumer<String, Throwable> fail)
    implements ShardHost.Listener {
  @Override
  public void started(long shardId, HostedShard shard) {
    flushing.add(shard.hosted().flushable());
    shard.measure(replicas.added(shardId, shard.replica()));
    reportSoon.run();
  }

  @Override
  public void changed() {
    reportSoon.run();
  }

  @Override
  public void stopped(long shardId, @Nullable HostedShard shard) {
    if (shard != null) {
      flushing.remove(shard.hosted().flushable());
    }
    replicas.removed(shardId);
  }

  @Override
  public void failed(String what, Throwable reason) {
    fail.accept(what, reason);
  }
}
