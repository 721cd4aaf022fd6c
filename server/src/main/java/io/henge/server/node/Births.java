package io.henge.server.node;

import io.henge.api.internal.v1.ShardRow;
import io.henge.engine.DurableFiles;
import io.henge.engine.StorageEngine;
import io.henge.engine.StoreFailedException;
import io.henge.engine.StoreSlot;
import io.henge.replication.Consensus;
import io.henge.replication.GroupId;
import io.henge.replication.Member;
import io.henge.replication.shard.LeaseInheritance;
import io.henge.replication.statemachine.Child;
import io.henge.replication.statemachine.ChildSeed;
import io.henge.replication.statemachine.SeedMaker;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Children of splits on this node, from their seeds to running replicas:
 *
 * <pre>
 *   seeds/UUID.draft           being laid down, in the apply of the split
 *   seeds/UUID/store-000001    a checkpoint of the parent: laid down
 *   seeds/UUID/CURRENT         the store is the child's, and the directory its slot
 *   shards/UUID                moved to its place
 *   raft/UUID                  a member of its group
 * </pre>
 *
 * <p>Each step finds out from that how far it had got. Thread-safe.
 */
final class Births {
  private static final Logger LOG = LoggerFactory.getLogger(Births.class);
  private static final String DRAFT = ".draft";

  /** What starts the replica of a child whose store is in its place; nothing blocks. */
  interface Starter {
    void start(Child child, List<Member> members, @Nullable LeaseInheritance inherited);
  }

  private final String self;
  private final Registry registry;
  private final Consensus consensus;
  private final StorageEngine engine;
  private final Path seeds;
  private final Path slots;
  private final LongFunction<GroupId> groups;
  private final Supplier<MetaView> view;
  private final ReshapeStep.Hook steps;

  /** Children that are on their way here, by id. */
  private final Map<Long, Child> underWay = new ConcurrentHashMap<>();

  Births(
      String self,
      Registry registry,
      Consensus consensus,
      StorageEngine engine,
      Path directory,
      LongFunction<GroupId> groups,
      Supplier<MetaView> view,
      ReshapeStep.Hook steps) {
    this.self = self;
    this.registry = registry;
    this.consensus = consensus;
    this.engine = engine;
    this.seeds = directory.resolve("seeds");
    this.slots = directory.resolve("shards");
    this.groups = groups;
    this.view = view;
    this.steps = steps;
  }

  /** What a parent's machine is told of. */
  SeedMaker seedMaker(Consumer<Child> onSplit) {
    return new SeedMaker() {
      @Override
      public void seed(Child child, Consumer<Path> checkpoint) {
        lay(child, checkpoint);
      }

      @Override
      public void split(Child child) {
        onSplit.accept(child);
      }
    };
  }

  /** Whether a replica of the child may be made here from a seed. */
  boolean isWanted(Child child) {
    return child.members().contains(self)
        && registry.of(child.childId()) == null
        && !consensus.stored().contains(groups.apply(child.childId()));
  }

  private static String name(GroupId group) {
    return group.uuid().toString();
  }

  /** On the applying thread: what it waits for here, clients wait for. */
  private void lay(Child child, Consumer<Path> checkpoint) {
    if (!isWanted(child)) {
      return;
    }
    long id = child.childId();
    steps.reached(ReshapeStep.SEED_BEFORE, id);
    String name = name(groups.apply(id));
    Path draft = seeds.resolve(name + DRAFT);
    Path seed = seeds.resolve(name);
    try {
      // An earlier replay may have left any of them; the child has not run here.
      DurableFiles.deleteTree(draft);
      DurableFiles.deleteTree(seed);
      StoreSlot.remove(slots.resolve(name));
      DurableFiles.createDirectories(draft);
      checkpoint.accept(StoreSlot.firstStore(draft));
      DurableFiles.sync(draft);
      DurableFiles.move(draft, seed);
    } catch (IOException e) {
      throw new StoreFailedException(seed + ": the seed of shard " + id + " cannot be laid", e);
    }
    steps.reached(ReshapeStep.SEED_LAID, id);
  }

  /** Whether a child is on its way here: it will run soon, if nothing fails. */
  boolean isUnderWay(long childId) {
    return underWay.containsKey(childId);
  }

  /**
   * Makes a child's store from its seed and starts its replica, from wherever that stands. Blocks.
   *
   * @param inherited asked for once, when the child is about to start
   */
  void birth(Child child, Supplier<@Nullable LeaseInheritance> inherited, Starter starter) {
    long id = child.childId();
    if (!isWanted(child) || underWay.putIfAbsent(id, child) != null) {
      return;
    }
    boolean starting = false;
    try {
      if (!isWanted(child)) {
        // Another thread was just done with it when this one took it up.
        return;
      }
      Path slot = slots.resolve(name(groups.apply(id)));
      Path seed = seeds.resolve(name(groups.apply(id)));
      if (isForeign(child)) {
        LOG.info("shard {}: its group has moved on without node {}; no replica here", id, self);
        DurableFiles.deleteTree(seed);
        return;
      }
      steps.reached(ReshapeStep.BIRTH_BEGINS, id);
      if (!StoreSlot.isComplete(slot)) {
        if (!Files.isDirectory(seed)) {
          LOG.debug("shard {}: this node's replica of its parent has left no seed of it", id);
          return;
        }
        ChildSeed.finish(engine, StoreSlot.firstStore(seed), child);
        StoreSlot.complete(seed);
        DurableFiles.createDirectories(slots);
        DurableFiles.move(seed, slot);
      }
      steps.reached(ReshapeStep.BIRTH_STORE, id);
      starter.start(child, members(child), inherited.get());
      starting = true;
    } catch (IOException e) {
      throw new StoreFailedException("the store of shard " + id + " cannot be made", e);
    } finally {
      if (!starting) {
        underWay.remove(id);
      }
    }
  }

  /** Its group runs. */
  void started(long childId) {
    if (underWay.remove(childId) != null) {
      steps.reached(ReshapeStep.BIRTH_STARTED, childId);
    }
  }

  /** It cannot be started. */
  void ended(long childId) {
    underWay.remove(childId);
  }

  /**
   * Whether the child's group has changed its members since, and this node is none: what it would
   * make from an old log would only disturb. One that joins anew begins empty.
   */
  private boolean isForeign(Child child) {
    ShardRow row = view.get().state().shard(child.childId());
    return row != null
        && (row.getRemoved()
            || (row.getConfIndex() > Consensus.SEED_POSITION.index()
                && !row.getReplicaNodeIdsList().contains(self)));
  }

  private List<Member> members(Child child) {
    List<Member> members = new ArrayList<>();
    for (String nodeId : child.members()) {
      var node = view.get().state().node(nodeId);
      // Addresses are asked for at each connection; the one here is for people.
      members.add(new Member(nodeId, node == null ? "" : node.getRaftAddress()));
    }
    return members;
  }

  /** Deletes seeds that nobody will need; before any replica starts. Blocks. */
  void sweep(Function<UUID, @Nullable Long> shardOf) {
    if (!Files.isDirectory(seeds)) {
      return;
    }
    try (DirectoryStream<Path> all = Files.newDirectoryStream(seeds)) {
      for (Path seed : all) {
        String name = seed.getFileName().toString();
        Long id = name.endsWith(DRAFT) ? null : shardOf.apply(UUID.fromString(name));
        if (id == null
            || registry.of(id) != null
            || consensus.stored().contains(groups.apply(id))) {
          DurableFiles.deleteTree(seed);
        }
      }
    } catch (IOException e) {
      throw new StoreFailedException(seeds + ": cannot be tidied up", e);
    }
  }
}
