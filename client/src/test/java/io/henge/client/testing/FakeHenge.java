package io.henge.client.testing;

import com.google.protobuf.ByteString;
import io.henge.api.error.ErrorCode;
import io.henge.api.v1.CollectionRecord;
import io.henge.api.v1.Consistency;
import io.henge.api.v1.CreateCollectionRequest;
import io.henge.api.v1.CreateCollectionResponse;
import io.henge.api.v1.DropCollectionRequest;
import io.henge.api.v1.DropCollectionResponse;
import io.henge.api.v1.Error;
import io.henge.api.v1.MapUpdate;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.NodeStatus;
import io.henge.api.v1.ReadLevel;
import io.henge.api.v1.Replica;
import io.henge.api.v1.ReplicaStatus;
import io.henge.api.v1.Request;
import io.henge.api.v1.Response;
import io.henge.api.v1.ShardDescriptor;
import io.henge.api.v1.ShardStatus;
import io.henge.api.v1.StatusResponse;
import io.henge.api.v1.Trace;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A cluster as its clients see it: nodes that listen on loopback, shards with leaders, collections.
 * All nodes share one map of items, so that any of them can be made leader at once; what goes wrong
 * on the way is up to the test.
 */
public final class FakeHenge implements AutoCloseable {
  private static final long CLOCK_MILLIS = 1_700_000_000_000L;

  private final List<FaultyNode> nodes = new ArrayList<>();
  private final Map<Long, ShardDescriptor> shards = new LinkedHashMap<>();
  private final Map<String, CollectionRecord> collections = new LinkedHashMap<>();
  private final InMemoryItems items = new InMemoryItems();
  private long version = 1;
  private int lastCollection;

  private FakeHenge() {}

  /** Starts a cluster; shards are equal parts of the ring, led by the nodes in turn. */
  public static FakeHenge start(int nodeCount, int shardCount) {
    FakeHenge cluster = new FakeHenge();
    for (int i = 1; i <= nodeCount; i++) {
      FaultyNode node = new FaultyNode(cluster, "n" + i);
      cluster.nodes.add(node);
      node.start();
    }
    for (int i = 0; i < shardCount; i++) {
      ShardDescriptor.Builder shard =
          ShardDescriptor.newBuilder()
              .setShardId(i + 1)
              .setEpoch(1)
              .setStart(i == 0 ? ByteString.EMPTY : boundary(i, shardCount))
              .setEnd(i + 1 == shardCount ? ByteString.EMPTY : boundary(i + 1, shardCount))
              .setLeaderNodeId("n" + (i % nodeCount + 1));
      cluster.nodes.forEach(node -> shard.addReplicas(Replica.newBuilder().setNodeId(node.id())));
      cluster.shards.put(i + 1L, shard.build());
    }
    return cluster;
  }

  private static ByteString boundary(int index, int count) {
    long token = Long.divideUnsigned(-1L, count) * index;
    return ByteString.copyFrom(ByteBuffer.allocate(Long.BYTES).putLong(0, token));
  }

  /** All client addresses. */
  public List<String> addresses() {
    return nodes.stream().map(FaultyNode::address).toList();
  }

  /** The n-th node, from 1. */
  public FaultyNode node(int number) {
    return nodes.get(number - 1);
  }

  public List<FaultyNode> nodes() {
    return nodes;
  }

  /** The node that leads a shard. */
  public synchronized FaultyNode leader(long shardId) {
    String id = shard(shardId).getLeaderNodeId();
    return nodes.stream().filter(node -> node.id().equals(id)).findFirst().orElseThrow();
  }

  /** Makes a node leader; clients are not told. An empty id: nobody leads. */
  public synchronized void lead(long shardId, String nodeId) {
    shards.put(shardId, shard(shardId).toBuilder().setLeaderNodeId(nodeId).build());
  }

  private ShardDescriptor shard(long id) {
    ShardDescriptor shard = shards.get(id);
    if (shard == null) {
      throw new IllegalArgumentException("no shard " + id);
    }
    return shard;
  }

  /** Cuts a shard in the middle of what the test says; clients are not told. */
  public synchronized void split(long shardId, byte[] boundary, long childId) {
    ShardDescriptor parent = shard(shardId);
    ShardDescriptor left =
        parent.toBuilder()
            .setEpoch(parent.getEpoch() + 1)
            .setEnd(ByteString.copyFrom(boundary))
            .build();
    ShardDescriptor right =
        parent.toBuilder()
            .setShardId(childId)
            .setEpoch(parent.getEpoch() + 1)
            .setStart(ByteString.copyFrom(boundary))
            .build();
    shards.put(shardId, left);
    shards.put(childId, right);
  }

  /** Writes that took effect. */
  public int effects() {
    return items.effects();
  }

  /** Tells all clients of the map as it is. */
  public void publish() {
    MapUpdate update = nextUpdate();
    nodes.forEach(node -> node.publish(update));
  }

  private synchronized MapUpdate nextUpdate() {
    version++;
    return fullUpdate();
  }

  synchronized MapUpdate fullUpdate() {
    MapUpdate.Builder update =
        MapUpdate.newBuilder()
            .setClusterId("fake")
            .setVersion(version)
            .setFull(true)
            .setClockMillis(CLOCK_MILLIS)
            .addAllShards(shards.values())
            .addAllCollections(collections.values());
    nodes.forEach(node -> update.addNodes(record(node)));
    return update.build();
  }

  /** What the nodes' clocks say, always. */
  public static long clockMillis() {
    return CLOCK_MILLIS;
  }

  private static NodeRecord record(FaultyNode node) {
    return NodeRecord.newBuilder()
        .setNodeId(node.id())
        .setName("name-of-" + node.id())
        .setClientAddress(node.address())
        .build();
  }

  /** Makes a collection behind the clients' backs. */
  public synchronized CollectionRecord createCollection(String name) {
    version++;
    CollectionRecord made =
        CollectionRecord.newBuilder().setId(++lastCollection).setName(name).build();
    collections.put(name, made);
    return made;
  }

  synchronized CreateCollectionResponse createCollection(CreateCollectionRequest request) {
    CollectionRecord made =
        createCollection(request.getName()).toBuilder()
            .setTtlMillis(request.getTtlMillis())
            .setDivisible(request.getDivisible())
            .build();
    collections.put(request.getName(), made);
    return CreateCollectionResponse.newBuilder().setCollection(made).build();
  }

  synchronized @Nullable DropCollectionResponse dropCollection(DropCollectionRequest request) {
    version++;
    return collections.remove(request.getName()) == null
        ? null
        : DropCollectionResponse.getDefaultInstance();
  }

  synchronized StatusResponse status() {
    StatusResponse.Builder status =
        StatusResponse.newBuilder()
            .setClusterId("fake")
            .setMapVersion(version)
            .setReplicationFactor(nodes.size())
            .setReplicationTarget(3)
            .setMetaLeaderNodeId("n1")
            .addRemarks("this cluster is a fake");
    nodes.forEach(
        node ->
            status.addNodes(
                NodeStatus.newBuilder().setNode(record(node)).setReachable(node.isRunning())));
    for (ShardDescriptor shard : shards.values()) {
      status.addShards(
          ShardStatus.newBuilder()
              .setShard(shard)
              .addReplicas(
                  ReplicaStatus.newBuilder()
                      .setNodeId(shard.getLeaderNodeId())
                      .setRole("leader")
                      .setAppliedIndex(7)));
    }
    return status.build();
  }

  Response execute(String nodeId, Request request) {
    ShardDescriptor shard = shardOf(InMemoryItems.firstKey(request));
    if (request.getShardId() != 0
        && (request.getShardId() != shard.getShardId()
            || request.getShardEpoch() != shard.getEpoch())) {
      return Response.newBuilder()
          .setError(
              Error.newBuilder()
                  .setCode(ErrorCode.WRONG_SHARD.number())
                  .setMessage("not in the shard")
                  .addShards(shard))
          .build();
    }
    if (needsLeader(request) && !shard.getLeaderNodeId().equals(nodeId)) {
      return notLeader(shard.getLeaderNodeId());
    }
    Response answer = items.execute(request);
    if (request.getExplain()) {
      Trace trace =
          Trace.newBuilder()
              .setShardId(shard.getShardId())
              .setShardEpoch(shard.getEpoch())
              .setNode(nodeId)
              .setRole(shard.getLeaderNodeId().equals(nodeId) ? "leader" : "follower")
              .addSteps("read from memory")
              .setServerMicros(5)
              .build();
      answer = answer.toBuilder().setTrace(trace).build();
    }
    return answer;
  }

  /** The answer of a replica that does not lead. */
  public static Response notLeader(String leader) {
    return Response.newBuilder()
        .setError(
            Error.newBuilder()
                .setCode(ErrorCode.NOT_LEADER.number())
                .setMessage("not the leader")
                .setLeaderNodeId(leader))
        .build();
  }

  /** An answer with an error. */
  public static Response refused(ErrorCode code, String message) {
    return InMemoryItems.refused(code, message, -1);
  }

  private synchronized ShardDescriptor shardOf(byte[] key) {
    ByteString wanted = ByteString.copyFrom(key);
    for (ShardDescriptor shard : shards.values()) {
      boolean afterStart =
          ByteString.unsignedLexicographicalComparator().compare(wanted, shard.getStart()) >= 0;
      boolean beforeEnd =
          shard.getEnd().isEmpty()
              || ByteString.unsignedLexicographicalComparator().compare(wanted, shard.getEnd()) < 0;
      if (afterStart && beforeEnd) {
        return shard;
      }
    }
    throw new IllegalStateException("the shards do not cover the ring");
  }

  private static boolean needsLeader(Request request) {
    ReadLevel level =
        switch (request.getBodyCase()) {
          case READ -> request.getRead().getLevel();
          case RANGE -> request.getRange().getLevel();
          case FIND -> request.getFind().getLevel();
          case WRITE, CHANGES, VERIFY, BODY_NOT_SET -> ReadLevel.getDefaultInstance();
        };
    return level.getConsistency() == Consistency.CONSISTENCY_LINEARIZABLE;
  }

  @Override
  public void close() {
    nodes.forEach(FaultyNode::stop);
  }
}
