package io.henge.router;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.v1.CollectionRecord;
import io.henge.api.v1.MapUpdate;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.NodeState;
import io.henge.api.v1.ShardDescriptor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a client or node knows of the cluster: shards, nodes, collections. Immutable: a change makes
 * a new map, to be swapped through one volatile reference. Looking up a key costs a binary search
 * and allocates nothing.
 *
 * <p>A map that came from meta tiles the ring. One that has been {@linkplain #correct corrected}
 * may for a while hold what is left of an older shard, possibly in pieces: its old epoch makes the
 * node that is asked send a correction. Old knowledge costs a detour, nothing else. Look-ups answer
 * null only where nothing was ever known: ask for the map then.
 */
public final class ShardMap {
  /** Knows nothing, and takes any cluster's map. */
  public static final ShardMap EMPTY =
      new ShardMap("", 0, List.of(), new LinkedHashMap<>(), new LinkedHashMap<>());

  static final Comparator<Shard> BY_START =
      (a, b) -> {
        int order = Arrays.compareUnsigned(a.start(), b.start());
        return order != 0 ? order : Long.compare(a.id(), b.id());
      };

  private final String clusterId;
  private final long version;
  private final List<Shard> shards;
  private final byte[][] starts;
  private final Map<Long, Shard> byId;
  private final Map<String, NodeRecord> nodes;
  private final Map<String, NodeRecord> nodesByName;
  private final Map<Integer, CollectionRecord> collections;
  private final Map<String, CollectionRecord> collectionsByName;

  private ShardMap(
      String clusterId,
      long version,
      List<Shard> sorted,
      Map<String, NodeRecord> nodes,
      Map<Integer, CollectionRecord> collections) {
    this.clusterId = clusterId;
    this.version = version;
    this.shards = List.copyOf(sorted);
    this.starts = shards.stream().map(Shard::start).toArray(byte[][]::new);
    this.byId = new HashMap<>();
    shards.forEach(
        shard -> byId.merge(shard.id(), shard, (a, b) -> a.epoch() >= b.epoch() ? a : b));
    this.nodes = nodes;
    this.nodesByName = new HashMap<>();
    nodes.values().forEach(node -> nodesByName.put(node.getName(), node));
    this.collections = collections;
    this.collectionsByName = new HashMap<>();
    for (CollectionRecord collection : collections.values()) {
      if (!collection.getDropped()) {
        collectionsByName.put(collection.getName(), collection);
      }
    }
  }

  /** A map of these; in any order. Nodes that were removed are left out. */
  public static ShardMap of(
      String clusterId,
      long version,
      Collection<Shard> shards,
      Collection<NodeRecord> nodes,
      Collection<CollectionRecord> collections) {
    List<Shard> sorted = new ArrayList<>(shards);
    sorted.sort(BY_START);
    Map<String, NodeRecord> nodesById = new TreeMap<>();
    nodes.stream()
        .filter(node -> node.getState() != NodeState.NODE_STATE_REMOVED)
        .forEach(node -> nodesById.put(node.getNodeId(), node));
    Map<Integer, CollectionRecord> collectionsById = new TreeMap<>();
    collections.forEach(collection -> collectionsById.put(collection.getId(), collection));
    return new ShardMap(clusterId, version, sorted, nodesById, collectionsById);
  }

  /** A map from a complete update. */
  public static ShardMap of(MapUpdate full) {
    return EMPTY.merge(full);
  }

  /** Empty if nothing is known yet. */
  public String clusterId() {
    return clusterId;
  }

  /** Version of the meta state that this map has all of; corrections do not change it. */
  public long version() {
    return version;
  }

  /** By start of their ranges. */
  public List<Shard> shards() {
    return shards;
  }

  /** The shard that holds a physical key, or null if the map has a gap there. */
  public @Nullable Shard shardFor(byte[] physicalKey) {
    int low = 0;
    int high = starts.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (Arrays.compareUnsigned(starts[middle], physicalKey) <= 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    if (high < 0) {
      return null;
    }
    Shard shard = shards.get(high);
    return Ring.isBefore(physicalKey, shard.end()) ? shard : null;
  }

  /**
   * The shard that holds what comes right before a position, or null if the map has a gap there:
   * whom to ask for a descending range.
   *
   * @param end physical key; empty = the end of the ring
   */
  public @Nullable Shard shardBefore(byte[] end) {
    int low = 0;
    int high = starts.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (Ring.isBefore(starts[middle], end)) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    if (high < 0) {
      return null;
    }
    Shard shard = shards.get(high);
    return Ring.compareEnds(end, shard.end()) <= 0 ? shard : null;
  }

  /**
   * The shards that hold something of a range, in order.
   *
   * @param start first physical key
   * @param end first physical key beyond it; empty = the end of the ring
   */
  public List<Shard> shardsIn(byte[] start, byte[] end) {
    List<Shard> found = new ArrayList<>();
    int low = 0;
    int high = starts.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (Arrays.compareUnsigned(starts[middle], start) <= 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    for (int i = Math.max(0, high); i < starts.length && Ring.isBefore(starts[i], end); i++) {
      if (Ring.isBefore(start, shards.get(i).end())) {
        found.add(shards.get(i));
      }
    }
    return found;
  }

  /** The shard that holds the first physical key of a token, or null if the map has a gap there. */
  public @Nullable Shard shardOfToken(long token) {
    return shardFor(Ring.boundary(token));
  }

  /** A shard by id; of several pieces, the newest. */
  public @Nullable Shard shard(long id) {
    return byId.get(id);
  }

  /** By id; without removed ones. */
  public Collection<NodeRecord> nodes() {
    return Collections.unmodifiableCollection(nodes.values());
  }

  public @Nullable NodeRecord node(String nodeId) {
    return nodes.get(nodeId);
  }

  public @Nullable NodeRecord nodeByName(String name) {
    return nodesByName.get(name);
  }

  /** Failure domains of the nodes, in alphabetical order. */
  public Set<String> zones() {
    Set<String> zones = new TreeSet<>();
    nodes.values().forEach(node -> zones.add(node.getZone()));
    return zones;
  }

  /** By id; dropped ones too. */
  public Collection<CollectionRecord> collections() {
    return Collections.unmodifiableCollection(collections.values());
  }

  /** A collection by id, also if it was dropped. */
  public @Nullable CollectionRecord collection(int id) {
    return collections.get(id);
  }

  /** A collection by name; null if there is none or it was dropped. */
  public @Nullable CollectionRecord collection(String name) {
    return collectionsByName.get(name);
  }

  /**
   * What is wrong with the tiling of the ring: gaps and overlaps as sentences; empty if nothing.
   */
  public List<String> problems() {
    List<String> problems = new ArrayList<>();
    Set<Long> seen = new HashSet<>();
    byte[] position = new byte[0];
    boolean atEnd = false;
    for (Shard shard : shards) {
      int order = atEnd ? -1 : Arrays.compareUnsigned(shard.start(), position);
      if (order < 0) {
        problems.add(shard + " overlaps what lies before it");
      } else if (order > 0) {
        problems.add("no shard holds " + Ring.rangeText(position, shard.start()));
      }
      if (!Ring.isBefore(shard.start(), shard.end())) {
        problems.add(shard + " is empty");
      }
      if (!seen.add(shard.id())) {
        problems.add(shard + " is there more than once");
      }
      position = shard.end();
      atEnd = position.length == 0;
    }
    if (!atEnd) {
      problems.add("no shard holds " + Ring.rangeText(position, new byte[0]));
    }
    return problems;
  }

  /**
   * Whether {@link #merge} can take an update: it is complete, or builds on a version that this map
   * has. If not, ask for the whole map.
   */
  public boolean canMerge(MapUpdate update) {
    return update.getFull() || Long.compareUnsigned(update.getBaseVersion(), version) <= 0;
  }

  /**
   * The map after an update from meta. An update that is older than this map changes nothing, nor
   * does one that {@linkplain #canMerge builds on what this map lacks}. Where a correction has
   * taught this map a newer epoch than the update has, the correction stays.
   *
   * @throws HengeException INVALID_ARGUMENT if the update is of another cluster
   */
  public ShardMap merge(MapUpdate update) {
    if (!clusterId.isEmpty() && !clusterId.equals(update.getClusterId())) {
      throw new HengeException(
          ErrorCode.INVALID_ARGUMENT,
          "the map is of cluster "
              + update.getClusterId()
              + ", not of cluster "
              + clusterId
              + ": connect to nodes of one cluster");
    }
    int order = Long.compareUnsigned(update.getVersion(), version);
    if (order < 0 || !canMerge(update) || (order == 0 && !update.getFull())) {
      return this;
    }
    Map<String, NodeRecord> newNodes = update.getFull() ? new TreeMap<>() : new TreeMap<>(nodes);
    update.getNodesList().forEach(node -> newNodes.put(node.getNodeId(), node));
    update.getRemovedNodeIdsList().forEach(newNodes::remove);
    newNodes.values().removeIf(node -> node.getState() == NodeState.NODE_STATE_REMOVED);
    Map<Integer, CollectionRecord> newCollections =
        update.getFull() ? new TreeMap<>() : new TreeMap<>(collections);
    update
        .getCollectionsList()
        .forEach(collection -> newCollections.put(collection.getId(), collection));
    List<Shard> newShards = update.getFull() ? mergeFull(update) : mergeChanges(update);
    return new ShardMap(
        update.getClusterId(), update.getVersion(), newShards, newNodes, newCollections);
  }

  private List<Shard> mergeFull(MapUpdate update) {
    List<Shard> merged = new ArrayList<>(update.getShardsCount());
    for (ShardDescriptor descriptor : update.getShardsList()) {
      merged.add(withKnownLeader(Shard.of(descriptor)));
    }
    merged.sort(BY_START);
    Map<Long, Shard> told = new HashMap<>();
    merged.forEach(shard -> told.put(shard.id(), shard));
    for (Shard mine : shards) {
      Shard theirs = told.get(mine.id());
      // Almost always so; saves a walk over the whole map for each shard.
      boolean known =
          theirs != null
              && theirs.epoch() >= mine.epoch()
              && theirs.hasRangeOf(mine)
              && !mine.isNewerThan(theirs);
      if (!known) {
        merged = Overlay.lay(merged, mine, false);
      }
    }
    return merged;
  }

  private List<Shard> mergeChanges(MapUpdate update) {
    Set<Long> removed = new HashSet<>(update.getRemovedShardIdsList());
    List<Shard> merged = shards.stream().filter(shard -> !removed.contains(shard.id())).toList();
    for (ShardDescriptor descriptor : update.getShardsList()) {
      merged = Overlay.lay(merged, withKnownLeader(Shard.of(descriptor)), true);
    }
    return merged;
  }

  /** A leader that was learned from answers is a better hint than none. */
  private Shard withKnownLeader(Shard shard) {
    Shard mine = byId.get(shard.id());
    String leader = mine == null ? null : mine.leader();
    return shard.leader() == null && leader != null && shard.replicas().contains(leader)
        ? shard.withLeader(leader)
        : shard;
  }

  /**
   * The map after a WRONG_SHARD answer: its descriptors take the place of whatever older epochs
   * claimed their ranges. Descriptors that are older than what is known are ignored.
   */
  public ShardMap correct(List<ShardDescriptor> descriptors) {
    return corrected(descriptors.stream().map(Shard::of).toList());
  }

  /** The same with shards. */
  public ShardMap corrected(List<Shard> news) {
    List<Shard> corrected = shards;
    for (Shard told : news) {
      if (Ring.isBefore(told.start(), told.end())) {
        corrected = Overlay.lay(corrected, withKnownLeader(told), true);
      }
    }
    return corrected == shards
        ? this
        : new ShardMap(clusterId, version, corrected, nodes, collections);
  }

  /** The map with another hint at who leads a shard; this map if it has no such shard. */
  public ShardMap withLeader(long shardId, @Nullable String nodeId) {
    Shard known = byId.get(shardId);
    if (known == null || Objects.equals(known.leader(), nodeId)) {
      return this;
    }
    List<Shard> changed =
        shards.stream()
            .map(shard -> shard.id() == shardId ? shard.withLeader(nodeId) : shard)
            .toList();
    return new ShardMap(clusterId, version, changed, nodes, collections);
  }

  /** The whole map for the wire. */
  public MapUpdate toUpdate(long clockMillis) {
    MapUpdate.Builder update =
        MapUpdate.newBuilder()
            .setClusterId(clusterId)
            .setVersion(version)
            .setFull(true)
            .setClockMillis(clockMillis)
            .addAllNodes(nodes.values())
            .addAllCollections(collections.values());
    shards.forEach(shard -> update.addShards(shard.toDescriptor()));
    return update.build();
  }

  @Override
  public String toString() {
    return "map " + version + " of cluster " + clusterId + ": " + shards;
  }
}
