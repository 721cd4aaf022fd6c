package io.henge.replication.sim;

import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Nodes, the network between them, and what goes wrong with both. Everything runs on the thread
 * that drives {@link #time}. Not thread-safe.
 */
public final class SimulatedCluster {
  private record Link(String from, String to) {}

  private final VirtualTime time;
  private final @Nullable Path scratch;
  private final Map<String, SimulatedNode> nodes = new TreeMap<>();
  private final Set<Link> cut = new HashSet<>();
  private SimulationSettings settings;
  private int checkpoints;

  /**
   * @param scratch where replicas that are too far behind get their checkpoints; null = logs are
   *     never purged
   */
  public SimulatedCluster(VirtualTime time, SimulationSettings settings, @Nullable Path scratch) {
    this.time = time;
    this.settings = settings;
    this.scratch = scratch;
  }

  public VirtualTime time() {
    return time;
  }

  public SimulationSettings settings() {
    return settings;
  }

  /** From now on the world behaves so. */
  public void settings(SimulationSettings changed) {
    this.settings = changed;
  }

  /** The node with this id; it is made, and up, when it is first asked for. */
  public SimulatedNode node(String id) {
    return nodes.computeIfAbsent(id, name -> new SimulatedNode(this, name));
  }

  /** All nodes in order of their ids. */
  public List<SimulatedNode> nodes() {
    return List.copyOf(nodes.values());
  }

  /** Nothing gets from one of these to one of those, nor back. */
  public void partition(Collection<String> some, Collection<String> others) {
    for (String a : some) {
      for (String b : others) {
        block(a, b);
        block(b, a);
      }
    }
  }

  /** Nothing gets from one to the other. */
  public void block(String from, String to) {
    cut.add(new Link(from, to));
  }

  /** All can talk to all again. */
  public void heal() {
    cut.clear();
  }

  /**
   * Sends a message: runs the action at the receiver after a while, or never. Sender and receiver
   * need not be nodes; one that is not is never down.
   */
  public void send(String from, String to, Runnable action) {
    boolean remote = !from.equals(to);
    if (remote
        && (cut.contains(new Link(from, to))
            || time.random().nextDouble() < settings.messageLoss())) {
      return;
    }
    SimulatedNode receiver = nodes.get(to);
    long delay = remote ? time.between(settings.delayMin(), settings.delayMax()) : 0;
    long life = receiver == null ? 0 : receiver.life();
    time.schedule(
        delay,
        () -> {
          if (receiver == null) {
            action.run();
          } else if (!remote || !cut.contains(new Link(from, to))) {
            receiver.run(life, action);
          }
        });
  }

  boolean hasScratch() {
    return scratch != null;
  }

  /** A name for a checkpoint; null if there is no place for them. */
  @Nullable Path nextCheckpoint() {
    return scratch == null ? null : scratch.resolve("checkpoint-" + checkpoints++);
  }
}
