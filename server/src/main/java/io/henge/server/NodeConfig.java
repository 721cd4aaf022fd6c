package io.henge.server;

import java.nio.file.Path;
import java.util.List;

/**
 * Settings of one node.
 *
 * @param name the operator's name for it
 * @param directory where its data is; made if it does not exist
 * @param listen {@code host:port} for clients and other nodes; port 0 = any free one
 * @param raftListen {@code host:port} for replication; empty = same host, any free port, kept for
 *     ever
 * @param httpListen {@code host:port} for metrics and health; empty = same host, any free port,
 *     kept
 * @param join client addresses of nodes of an existing cluster; empty = make a new one
 * @param shards shards of a new cluster
 * @param replicationTarget copies of each shard once there are enough nodes, 1 or 3 or 5
 * @param zone failure domain
 * @param memoryBytes budget for caches and write buffers, over all shards of the node
 * @param log how much of the replicated log is kept
 */
public record NodeConfig(
    String name,
    Path directory,
    String listen,
    String raftListen,
    String httpListen,
    List<String> join,
    int shards,
    int replicationTarget,
    String zone,
    long memoryBytes,
    LogLimits log) {

  /** With the log's usual limits. */
  public NodeConfig(
      String name,
      Path directory,
      String listen,
      String raftListen,
      String httpListen,
      List<String> join,
      int shards,
      int replicationTarget,
      String zone,
      long memoryBytes) {
    this(
        name,
        directory,
        listen,
        raftListen,
        httpListen,
        join,
        shards,
        replicationTarget,
        zone,
        memoryBytes,
        LogLimits.DEFAULT);
  }

  public static NodeConfig of(String name, Path directory) {
    return new NodeConfig(
        name, directory, "127.0.0.1:0", "", "", List.of(), 1, 3, "default", 256L << 20);
  }

  public NodeConfig listen(String address) {
    return new NodeConfig(
        name,
        directory,
        address,
        raftListen,
        httpListen,
        join,
        shards,
        replicationTarget,
        zone,
        memoryBytes,
        log);
  }

  public NodeConfig join(List<String> addresses) {
    return new NodeConfig(
        name,
        directory,
        listen,
        raftListen,
        httpListen,
        addresses,
        shards,
        replicationTarget,
        zone,
        memoryBytes,
        log);
  }

  public NodeConfig shards(int count) {
    return new NodeConfig(
        name,
        directory,
        listen,
        raftListen,
        httpListen,
        join,
        count,
        replicationTarget,
        zone,
        memoryBytes,
        log);
  }

  public NodeConfig log(LogLimits limits) {
    return new NodeConfig(
        name,
        directory,
        listen,
        raftListen,
        httpListen,
        join,
        shards,
        replicationTarget,
        zone,
        memoryBytes,
        limits);
  }
}
