package io.henge.replication.statemachine;

import io.henge.engine.DurableFiles;
import io.henge.engine.StorageEngine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The replicas of one shard on three test nodes, each as far in the log as a test says: the first
 * one is the proposer's, the others decode. Children get a replica on a node when their parent's
 * one there has applied the split.
 */
final class TestGroup implements AutoCloseable {
  static final int REPLICAS = 3;

  /** A node: its stores, and which children have ever been made there. */
  static final class Node {
    final StorageEngine engine;
    final Path directory;
    final Set<Long> made = new HashSet<>();
    int seeds;

    Node(StorageEngine engine, Path directory) {
      this.engine = engine;
      this.directory = directory;
    }

    Path seed(long childId) {
      return directory.resolve("seeds").resolve(Long.toString(childId));
    }

    Path store(long shardId) {
      return directory.resolve("shards").resolve(Long.toString(shardId));
    }
  }

  private static final class Seeds implements SeedMaker {
    private final Node node;

    Seeds(Node node) {
      this.node = node;
    }

    @Override
    public void seed(Child child, Consumer<Path> checkpoint) {
      if (node.made.contains(child.childId())) {
        return;
      }
      Path seed = node.seed(child.childId());
      try {
        DurableFiles.deleteTree(seed);
        Files.createDirectories(seed.getParent());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      checkpoint.accept(seed);
      node.seeds++;
    }
  }

  final ShardModel model;
  private final long shardId;
  private final List<Node> nodes;
  private final @Nullable TestShard[] replicas = new TestShard[REPLICAS];

  /** Of the merge under way, with this shard on the left. */
  long merging;

  TestGroup(long shardId, List<Node> nodes, ShardModel model) {
    this.shardId = shardId;
    this.nodes = nodes;
    this.model = model;
  }

  long id() {
    return shardId;
  }

  void createAll() {
    for (int i = 0; i < REPLICAS; i++) {
      Node node = nodes.get(i);
      replicas[i] =
          new TestShard(
              node.engine, node.store(shardId), EntryObserver.NONE, shardId, 0, new Seeds(node));
    }
  }

  /** Makes the replica of a child on a node, from the seed that is there. */
  void make(int index, Child child) {
    Node node = nodes.get(index);
    if (replicas[index] == null) {
      replicas[index] =
          TestShard.ofSeed(
              node.engine, node.store(shardId), node.seed(shardId), child, new Seeds(node));
      node.made.add(shardId);
    }
  }

  boolean isMade(int index) {
    return replicas[index] != null;
  }

  boolean isComplete() {
    return isMade(0) && isMade(1) && isMade(2);
  }

  TestShard replica(int index) {
    return Objects.requireNonNull(replicas[index]);
  }

  TestShard leader() {
    return replica(0);
  }

  /** Lets a replica apply more of the log. */
  void catchUp(int index, int entriesMax) {
    TestShard replica = replica(index);
    int applied = replica.appliedCount();
    replica.replay(leader().log(), Math.min(leader().log().size(), applied + entriesMax));
  }

  /** Loses what a replica has not flushed; it goes on from what is on its disk. */
  void crash(int index) {
    replica(index).crash();
  }

  List<Child> children(int index) {
    return new ArrayList<>(replica(index).reshaping().children());
  }

  @Override
  public void close() {
    for (TestShard replica : replicas) {
      if (replica != null) {
        replica.close();
      }
    }
  }
}
