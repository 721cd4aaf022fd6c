package io.henge.cli;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.client.Admin;
import io.henge.client.ClusterStatus;
import io.henge.client.CollectionOptions;
import io.henge.client.CopiesStatus;
import io.henge.client.Copy;
import io.henge.client.FeatureLevels;
import io.henge.client.Index;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.DoubleConsumer;

/** Knows collections, and tells of a cluster that is always well. Thread-safe. */
final class InMemoryAdmin implements Admin {
  private static final String NODE = "00000000000000aa";

  private final InMemoryItems items;
  private final Runnable fail;
  private final NavigableMap<String, CollectionInfo> collections = new TreeMap<>();
  private final List<String> otherNodes = new ArrayList<>();
  private int nextCollection = 1;
  private int level = 1;

  /**
   * Of the collections whose items are given.
   *
   * @param fail run before every call: throws if that is to fail
   */
  InMemoryAdmin(InMemoryItems items, Runnable fail) {
    this.items = items;
    this.fail = fail;
  }

  /** Nodes besides the first, as the state of the cluster shows them. */
  synchronized void addNodes(String... names) {
    otherNodes.addAll(List.of(names));
  }

  synchronized List<String> nodeNames() {
    List<String> names = new ArrayList<>(otherNodes);
    names.add("n1");
    return names;
  }

  /**
   * A collection that there is.
   *
   * @throws HengeException NOT_FOUND
   */
  synchronized CollectionInfo known(String name) {
    CollectionInfo found = collections.get(name);
    if (found == null) {
      throw new HengeException(ErrorCode.NOT_FOUND, "there is no collection " + name);
    }
    return found;
  }

  @Override
  public synchronized CollectionInfo createCollection(String name, CollectionOptions options) {
    fail.run();
    CollectionInfo there = collections.get(name);
    if (there != null && !options.ifAbsent()) {
      throw new HengeException(ErrorCode.ALREADY_EXISTS, "collection " + name + " exists");
    }
    if (there == null) {
      there = new CollectionInfo(nextCollection++, name, options.ttl(), options.divisible());
      collections.put(name, there);
    }
    return there;
  }

  @Override
  public Verification verify(String collection, boolean repair, DoubleConsumer progress) {
    throw new UnsupportedOperationException("no copies here");
  }

  @Override
  public void dropCollection(String name) {
    fail.run();
    synchronized (this) {
      known(name);
      collections.remove(name);
    }
    // Without the lock: a batch asks for collections while it holds that of the items.
    items.drop(name);
  }

  @Override
  public synchronized List<CollectionInfo> collections() {
    fail.run();
    return List.copyOf(collections.values());
  }

  @Override
  public int createIndex(String collection, Index index) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void dropIndex(String collection, String name) {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<IndexStatus> indexes() {
    throw new UnsupportedOperationException();
  }

  @Override
  public int createCopy(Copy copy) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int replaceCopy(Copy copy) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void dropCopy(int id, boolean keep) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void dropCopy(String holder, String path, boolean keep) {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<CopyStatus> copies() {
    throw new UnsupportedOperationException();
  }

  @Override
  public CopiesStatus copiesStatus(String collection) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void keepChanges(String collection, Duration retention, boolean before) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void dropChanges(String collection) {
    throw new UnsupportedOperationException();
  }

  @Override
  public synchronized ClusterStatus status() {
    fail.run();
    List<ClusterStatus.Node> nodes = new ArrayList<>();
    nodes.add(node(NODE, "n1"));
    otherNodes.forEach(name -> nodes.add(node("id-" + name, name)));
    byte[] half = {(byte) 0x80, 0, 0, 0, 0, 0, 0, 0};
    return new ClusterStatus(
        "c1",
        7,
        1,
        3,
        1,
        NODE,
        nodes,
        List.of(shard(1, new byte[0], half), shard(2, half, new byte[0])),
        List.of("1 node: every shard has 1 copy; 3 nodes are needed for 3 copies"));
  }

  private ClusterStatus.Node node(String id, String name) {
    return new ClusterStatus.Node(
        id,
        name,
        "127.0.0.1:7400",
        "127.0.0.1:7401",
        "127.0.0.1:7402",
        "default",
        "up",
        true,
        3_725_000,
        2,
        2,
        3_145_728,
        "0.1.0");
  }

  private ClusterStatus.Shard shard(long id, byte[] start, byte[] end) {
    return new ClusterStatus.Shard(
        id,
        1,
        start,
        end,
        NODE,
        List.of(new ClusterStatus.Replica(NODE, "leader", 3, 120, 100, 1, 12, 2_048, 30, 40)));
  }

  @Override
  public void transferLeader(long shardId, String node) {
    fail.run();
  }

  @Override
  public synchronized FeatureLevels featureLevels() {
    fail.run();
    return new FeatureLevels(
        level,
        2,
        List.of(
            new FeatureLevels.Level(1, "items", List.of()),
            new FeatureLevels.Level(2, "documents", List.of()),
            new FeatureLevels.Level(3, "indexes", List.of("n1"))),
        List.of(new FeatureLevels.Node(NODE, "n1", 2), new FeatureLevels.Node("id-n2", "n2", 3)));
  }

  @Override
  public synchronized FeatureLevels raiseFeatureLevel(int wanted) {
    fail.run();
    if (wanted < level) {
      throw HengeException.invalid("the feature level is " + level + " and never falls");
    } else if (wanted > 2) {
      throw new HengeException(ErrorCode.CONDITION_FAILED, "node n1 reads up to 2");
    }
    level = wanted;
    return featureLevels();
  }
}
