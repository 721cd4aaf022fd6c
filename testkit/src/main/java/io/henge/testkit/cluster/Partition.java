package io.henge.testkit.cluster;

import io.henge.replication.NetworkFilter;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A network in which nodes are cut off from all others. Thread-safe. */
public final class Partition implements NetworkFilter {
  private final Set<String> cutOff = ConcurrentHashMap.newKeySet();

  /** Nothing reaches the node any more, and nothing it sends arrives. */
  public void cutOff(String nodeId) {
    cutOff.add(nodeId);
  }

  /** Lets a node's messages through again. */
  public void heal(String nodeId) {
    cutOff.remove(nodeId);
  }

  /** Lets everything through again. */
  public void healAll() {
    cutOff.clear();
  }

  @Override
  public boolean allows(String from, String to) {
    return from.equals(to) || (!cutOff.contains(from) && !cutOff.contains(to));
  }
}
