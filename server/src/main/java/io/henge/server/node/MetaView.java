package io.henge.server.node;

import io.henge.router.ShardMap;
import io.henge.router.meta.MetaState;

/**
 * What a node knows of the cluster, as of one version of meta. Immutable.
 *
 * @param catalogue its collections once more, as shards want them
 */
public record MetaView(MetaState state, Catalogue catalogue) {
  public static final MetaView EMPTY = of(MetaState.EMPTY);

  public static MetaView of(MetaState state) {
    return new MetaView(state, Catalogue.of(state.version(), state.collections()));
  }

  /** For routing. */
  public ShardMap map() {
    return state.shardMap();
  }

  public long version() {
    return state.version();
  }
}
