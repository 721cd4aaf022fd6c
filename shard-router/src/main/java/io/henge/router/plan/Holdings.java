package io.henge.router.plan;

import java.util.Arrays;

/** Which shards each node holds; made only when something is to be balanced. */
final class Holdings {
  private final int[] starts;
  private final int[] shards;

  Holdings(Model model) {
    starts = new int[model.nodes() + 1];
    for (int shard = 0; shard < model.shards(); shard++) {
      for (int place = 0; place < model.stride() && model.member(shard, place) >= 0; place++) {
        starts[model.member(shard, place) + 1]++;
      }
    }
    for (int node = 0; node < model.nodes(); node++) {
      starts[node + 1] += starts[node];
    }
    shards = new int[starts[model.nodes()]];
    int[] next = Arrays.copyOf(starts, model.nodes());
    for (int shard = 0; shard < model.shards(); shard++) {
      for (int place = 0; place < model.stride() && model.member(shard, place) >= 0; place++) {
        shards[next[model.member(shard, place)]++] = shard;
      }
    }
  }

  int count(int node) {
    return starts[node + 1] - starts[node];
  }

  int shard(int node, int i) {
    return shards[starts[node] + i];
  }
}
