package io.henge.server.grpc;

import io.henge.replication.shard.ShardReplica;
import io.henge.replication.statemachine.Child;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.router.Shard;
import io.henge.router.ShardMap;
import io.henge.server.node.MetaFollower;
import io.henge.server.node.Replicas;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The ring as this node knows it: meta's map, corrected by what the replicas here know of
 * themselves, since a shard changes in its own log first. Costs a walk over the replicas, so it is
 * for requests that have gone astray. Thread-safe.
 */
final class RingView {
  /** Most shards in an answer: whoever is further behind is better off with the whole map. */
  static final int SHARDS_MAX = 64;

  private final Replicas replicas;
  private final MetaFollower meta;

  RingView(Replicas replicas, MetaFollower meta) {
    this.replicas = replicas;
    this.meta = meta;
  }

  /** The map, with whatever is news to meta. */
  ShardMap map() {
    ShardMap map = meta.view().map();
    List<Shard> news = new ArrayList<>();
    for (ShardReplica replica : replicas.serving()) {
      addIfNew(Answers.shard(replica), map, news);
      for (Child child : replica.children()) {
        addIfNew(shard(child), map, news);
      }
    }
    return map.corrected(news);
  }

  private static void addIfNew(Shard shard, ShardMap map, List<Shard> news) {
    Shard known = map.shard(shard.id());
    if (known == null || known.epoch() < shard.epoch()) {
      news.add(shard);
    }
  }

  /** As its parent knows it: it may not run yet, here or anywhere. */
  private static Shard shard(Child child) {
    ShardDescription born = child.description();
    return new Shard(
        child.childId(), born.epoch(), born.start(), born.end(), child.members(), List.of(), null);
  }

  /**
   * What to tell somebody who asked a shard for what it does not hold: who does, first, and then
   * whoever else holds now what the shard may have been believed to hold.
   */
  List<Shard> instead(long asked, Parsed.Place place) {
    ShardMap map = map();
    Set<Shard> found = new LinkedHashSet<>();
    Shard right = place.in(map);
    if (right != null && isCurrent(map, right)) {
      found.add(right);
    }
    addRangeOf(meta.view().map().shard(asked), map, found);
    addRangeOf(map.shard(asked), map, found);
    return found.stream().limit(SHARDS_MAX).toList();
  }

  private static void addRangeOf(@Nullable Shard old, ShardMap map, Set<Shard> found) {
    if (old != null) {
      map.shardsIn(old.start(), old.end()).stream()
          .filter(shard -> isCurrent(map, shard))
          .forEach(found::add);
    }
  }

  /** Not what a shard has kept of its older self, only because nobody said who has it now. */
  private static boolean isCurrent(ShardMap map, Shard shard) {
    Shard newest = map.shard(shard.id());
    return newest == null
        || (newest.epoch() == shard.epoch()
            && Arrays.equals(newest.start(), shard.start())
            && Arrays.equals(newest.end(), shard.end()));
  }
}
