package io.henge.server.node;

import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.internal.v1.RegisterNode;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.NodeState;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Tells meta where this node is to be found, as often as that differs from what meta knows. */
final class Announcer {
  private final NodeRecord node;
  private final Function<MetaCommand, CompletableFuture<MetaResult>> propose;
  private final AtomicBoolean announcing = new AtomicBoolean();

  Announcer(NodeRecord node, Function<MetaCommand, CompletableFuture<MetaResult>> propose) {
    this.node = node;
    this.propose = propose;
  }

  /**
   * Proposes what has changed, unless that is under way.
   *
   * @param known what meta knows of this node; null = nothing
   */
  void announce(@Nullable NodeRecord known) {
    if (known == null
        || known.getState() == NodeState.NODE_STATE_REMOVED
        || isAnnounced(known)
        || !announcing.compareAndSet(false, true)) {
      return;
    }
    propose
        .apply(
            MetaCommand.newBuilder()
                .setRegisterNode(RegisterNode.newBuilder().setNode(node))
                .build())
        .whenComplete((result, failure) -> announcing.set(false));
  }

  private boolean isAnnounced(NodeRecord known) {
    return known.getClientAddress().equals(node.getClientAddress())
        && known.getRaftAddress().equals(node.getRaftAddress())
        && known.getHttpAddress().equals(node.getHttpAddress())
        && known.getZone().equals(node.getZone())
        && known.getFeatureLevel() == node.getFeatureLevel();
  }
}
