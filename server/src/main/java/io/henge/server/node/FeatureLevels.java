package io.henge.server.node;

import io.henge.api.FeatureLevel;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.RaiseFeatureLevel;
import io.henge.api.v1.FeatureLevelRecord;
import io.henge.api.v1.FeatureLevelsResponse;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.NodeState;
import io.henge.api.v1.RaiseFeatureLevelRequest;
import io.henge.router.meta.MetaState;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * What the cluster writes and its nodes read, and the rise of the former to the latter. Any node
 * takes the wish. Thread-safe; nothing blocks; futures fail with {@link HengeException}.
 */
public final class FeatureLevels {
  private final NodeControl node;

  public FeatureLevels(NodeControl node) {
    this.node = node;
  }

  /** What is and what could be. */
  public CompletableFuture<FeatureLevelsResponse> get() {
    return node.confirm().thenApply(view -> page(view.state()));
  }

  /**
   * Raises the level.
   *
   * @return what is then; the same as before if nothing was left to raise
   */
  public CompletableFuture<FeatureLevelsResponse> raise(RaiseFeatureLevelRequest request) {
    return node.confirm()
        .thenCompose(
            view -> {
              FeatureLevelsResponse now = page(view.state());
              int wanted = request.getLevel() == 0 ? now.getPossible() : request.getLevel();
              // Meta decides: whoever enters meanwhile counts, too.
              return node.propose(
                  MetaCommand.newBuilder()
                      .setRaiseFeatureLevel(RaiseFeatureLevel.newBuilder().setLevel(wanted))
                      .build());
            })
        .thenCompose(
            result -> {
              if (result.getCode() != 0) {
                throw new HengeException(ErrorCode.of(result.getCode()), result.getMessage());
              }
              return get();
            });
  }

  private static FeatureLevelsResponse page(MetaState state) {
    List<NodeRecord> nodes =
        state.nodes().stream()
            .filter(node -> node.getState() != NodeState.NODE_STATE_REMOVED)
            .sorted(Comparator.comparing(NodeRecord::getName))
            .toList();
    int level = state.cluster().getFeatureLevel();
    FeatureLevelsResponse.Builder page =
        FeatureLevelsResponse.newBuilder()
            .setLevel(level)
            .setPossible(nodes.stream().mapToInt(NodeRecord::getFeatureLevel).min().orElse(level))
            .addAllNodes(nodes);
    int highest = nodes.stream().mapToInt(NodeRecord::getFeatureLevel).max().orElse(level);
    for (int each = FeatureLevel.ITEMS; each <= highest; each++) {
      FeatureLevelRecord.Builder one =
          page.addLevelsBuilder().setLevel(each).setMeaning(FeatureLevel.meaning(each));
      for (NodeRecord node : nodes) {
        if (node.getFeatureLevel() < each) {
          one.addMissingNodes(node.getName());
        }
      }
    }
    return page.build();
  }
}
