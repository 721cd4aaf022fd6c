package io.henge.server.node;

import io.henge.api.v1.NodeRecord;
import org.jspecify.annotations.Nullable;

/** What a node knows of the cluster, there before everything else so that all can look into it. */
public final class NodeViews {
  private final ViewHolder holder = new ViewHolder();

  ViewHolder holder() {
    return holder;
  }

  public MetaView view() {
    return holder.view();
  }

  /** What is known of a node, or null. */
  public @Nullable NodeRecord node(String nodeId) {
    return holder.view().state().node(nodeId);
  }
}
