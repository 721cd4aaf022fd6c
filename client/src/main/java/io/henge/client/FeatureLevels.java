package io.henge.client;

import java.util.List;

/**
 * What a cluster writes, and what its nodes read. Its level never falls.
 *
 * @param level what the cluster writes
 * @param possible the highest level that every node reads
 * @param levels in order, up to the highest that any node reads
 * @param nodes by name
 */
public record FeatureLevels(int level, int possible, List<Level> levels, List<Node> nodes) {
  /**
   * One level.
   *
   * @param meaning what it adds to the one before
   * @param missing names of the nodes that do not read it
   */
  public record Level(int level, String meaning, List<String> missing) {}

  /**
   * A node.
   *
   * @param reads the highest level that it reads
   */
  public record Node(String id, String name, int reads) {}
}
