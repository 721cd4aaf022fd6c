package io.henge.client.internal.routing;

import io.henge.api.v1.CollectionRecord;
import io.henge.api.v1.MapUpdate;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.ShardDescriptor;
import io.henge.client.internal.batch.Link;
import io.henge.client.internal.batch.Links;
import io.henge.router.Shard;
import io.henge.router.ShardMap;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Where shards are and whom to ask. Belongs to the loop; only {@link #map} is for every thread.
 *
 * <p>Whom to ask is a matter of hope, never of correctness: any node serves a request, passes it on
 * or says who does.
 */
public final class Routes {
  private final Links links;
  private final List<String> seeds;
  private final Random random;
  private volatile ShardMap map = ShardMap.EMPTY;
  private Map<String, Peer> peers = new HashMap<>();
  private List<Peer> all;

  public Routes(Links links, List<String> seeds, Random random) {
    this.links = links;
    this.seeds = List.copyOf(seeds);
    this.random = random;
    this.all = seedPeers();
  }

  /** The map in use. From any thread. */
  public ShardMap map() {
    return map;
  }

  /** The shard of a physical key, or null if the map does not say. */
  public @Nullable Shard find(byte[] physicalKey) {
    return map.shardFor(physicalKey);
  }

  /** The shard of what comes right before a physical key, or null if the map does not say. */
  public @Nullable Shard findBefore(byte[] physicalKey) {
    return map.shardBefore(physicalKey);
  }

  /**
   * Takes an update; false if it cannot be understood without the whole map.
   *
   * @throws io.henge.api.error.HengeException INVALID_ARGUMENT if it is of another cluster
   */
  public boolean update(MapUpdate update) {
    if (!map.canMerge(update)) {
      return false;
    }
    install(map.merge(update));
    return true;
  }

  /** Takes a collection that was just made. */
  public void learn(CollectionRecord collection) {
    List<CollectionRecord> collections = new ArrayList<>(map.collections());
    collections.removeIf(known -> known.getId() == collection.getId());
    collections.add(collection);
    install(ShardMap.of(map.clusterId(), map.version(), map.shards(), map.nodes(), collections));
  }

  /** Takes the descriptors of an answer; those older than what is known change nothing. */
  public void correct(List<ShardDescriptor> descriptors) {
    map = map.correct(descriptors);
  }

  /** Notes who leads a shard; null = not the one that was believed to. */
  public void leads(long shardId, @Nullable String nodeId) {
    map = map.withLeader(shardId, nodeId);
  }

  /** A node by its id; null if the map does not have it. */
  public @Nullable Peer peer(String nodeId) {
    return peers.get(nodeId);
  }

  /** Addresses of all nodes, the usable ones first; then the addresses that were given. */
  public List<String> addresses() {
    Set<String> usableFirst = new LinkedHashSet<>();
    all.stream().filter(peer -> peer.link().isUsable()).forEach(peer -> add(usableFirst, peer));
    all.forEach(peer -> add(usableFirst, peer));
    usableFirst.addAll(seeds);
    return List.copyOf(usableFirst);
  }

  /**
   * Whom to ask for what only a leader can do: the leader; while that is unknown or does not
   * answer, the replicas in turn; then anybody, who will pass it on. Null = ask again later.
   *
   * @param excluded whom not to ask now
   * @param turn a number that rises from attempt to attempt
   */
  public @Nullable Peer forLeader(@Nullable Shard shard, Predicate<Peer> excluded, int turn) {
    Predicate<Peer> good = peer -> peer.link().isUsable() && !excluded.test(peer);
    Peer found = shard == null ? null : replica(shard, good, turn);
    if (found == null) {
      found = anybody(good, turn);
    }
    if (found == null) {
      Predicate<Peer> connected = peer -> !peer.link().isDown() && !excluded.test(peer);
      found = shard == null ? null : replica(shard, connected, turn);
      return found != null ? found : anybody(connected, turn);
    }
    return found;
  }

  /** Whom to ask for what every replica can do: the less busy of two at random. */
  public @Nullable Peer forReplica(@Nullable Shard shard, Predicate<Peer> excluded, int turn) {
    if (shard != null) {
      List<String> replicas = shard.replicas();
      Peer best = null;
      int start = replicas.isEmpty() ? 0 : random.nextInt(replicas.size());
      int candidates = 0;
      for (int i = 0; i < replicas.size() && candidates < 2; i++) {
        Peer peer = peers.get(replicas.get((start + i) % replicas.size()));
        if (peer != null && peer.link().isUsable() && !excluded.test(peer)) {
          candidates++;
          best = best == null || peer.link().load() < best.link().load() ? peer : best;
        }
      }
      if (best != null) {
        return best;
      }
    }
    return forLeader(shard, excluded, turn);
  }

  private @Nullable Peer replica(Shard shard, Predicate<Peer> good, int turn) {
    Peer leader = shard.leader() == null ? null : peers.get(shard.leader());
    if (leader != null && good.test(leader)) {
      return leader;
    }
    List<String> replicas = shard.replicas();
    for (int i = 0; i < replicas.size(); i++) {
      Peer peer = peers.get(replicas.get(Math.floorMod(turn + i, replicas.size())));
      if (peer != null && good.test(peer)) {
        return peer;
      }
    }
    return null;
  }

  private @Nullable Peer anybody(Predicate<Peer> good, int turn) {
    for (int i = 0; i < all.size(); i++) {
      Peer peer = all.get(Math.floorMod(turn + i, all.size()));
      if (good.test(peer)) {
        return peer;
      }
    }
    return null;
  }

  private void install(ShardMap next) {
    Map<String, Peer> byId = new HashMap<>();
    for (NodeRecord node : next.nodes()) {
      if (!node.getClientAddress().isEmpty()) {
        Link link = links.get(node.getClientAddress());
        byId.put(node.getNodeId(), new Peer(node.getNodeId(), node.getName(), link));
      }
    }
    peers = byId;
    all = byId.isEmpty() ? seedPeers() : List.copyOf(byId.values());
    map = next;
  }

  private List<Peer> seedPeers() {
    return seeds.stream().map(address -> new Peer("", address, links.get(address))).toList();
  }

  private static void add(Set<String> addresses, Peer peer) {
    addresses.add(peer.link().address());
  }
}
