package io.henge.router;

import com.google.protobuf.ByteString;
import io.henge.api.key.PhysicalKey;
import io.henge.api.v1.Replica;
import io.henge.api.v1.ShardDescriptor;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A range of the ring and the nodes that hold it. Immutable; the arrays must not be changed.
 *
 * @param id number of the shard, from 1
 * @param epoch rises whenever the range changes; of two shards that claim one key, the one with the
 *     higher epoch is right
 * @param start first physical key of its range; empty = the beginning of the ring
 * @param end first physical key beyond it; empty = the end of the ring
 * @param replicas node ids of its members
 * @param joining node ids that are to become members
 * @param leader node id of the leader as last heard: a hint; null = unknown
 * @param confIndex log index of the change that made the replicas members: of two descriptions of
 *     one epoch the larger is newer; 0 = unknown
 */
public record Shard(
    long id,
    long epoch,
    byte[] start,
    byte[] end,
    List<String> replicas,
    List<String> joining,
    @Nullable String leader,
    long confIndex) {

  public Shard {
    replicas = List.copyOf(replicas);
    joining = List.copyOf(joining);
  }

  /** A shard of whose members it is not known since when they are. */
  public Shard(
      long id,
      long epoch,
      byte[] start,
      byte[] end,
      List<String> replicas,
      List<String> joining,
      @Nullable String leader) {
    this(id, epoch, start, end, replicas, joining, leader, 0);
  }

  /** Whether a physical key is in the range. */
  public boolean contains(byte[] physicalKey) {
    return Arrays.compareUnsigned(physicalKey, start) >= 0
        && (end.length == 0 || Arrays.compareUnsigned(physicalKey, end) < 0);
  }

  /** Whether two ranges have a key in common. */
  public boolean overlaps(Shard other) {
    return Ring.isBefore(start, other.end) && Ring.isBefore(other.start, end);
  }

  /** Whether it is known to be of a later time than another description of a key's shard. */
  boolean isNewerThan(Shard other) {
    return epoch != other.epoch
        ? epoch > other.epoch
        : id == other.id && confIndex > other.confIndex;
  }

  boolean hasRangeOf(Shard other) {
    return Arrays.equals(start, other.start) && Arrays.equals(end, other.end);
  }

  /** Ring position of the first key, as an unsigned number. */
  public long startToken() {
    return PhysicalKey.token(start);
  }

  public Shard withLeader(@Nullable String nodeId) {
    return new Shard(id, epoch, start, end, replicas, joining, nodeId, confIndex);
  }

  Shard withRange(byte[] newStart, byte[] newEnd) {
    return new Shard(id, epoch, newStart, newEnd, replicas, joining, leader, confIndex);
  }

  /** From the wire. Joining nodes are not on the wire. */
  public static Shard of(ShardDescriptor descriptor) {
    return new Shard(
        descriptor.getShardId(),
        descriptor.getEpoch(),
        descriptor.getStart().toByteArray(),
        descriptor.getEnd().toByteArray(),
        descriptor.getReplicasList().stream().map(Replica::getNodeId).toList(),
        List.of(),
        descriptor.getLeaderNodeId().isEmpty() ? null : descriptor.getLeaderNodeId(),
        descriptor.getConfIndex());
  }

  /** For the wire. */
  public ShardDescriptor toDescriptor() {
    ShardDescriptor.Builder descriptor =
        ShardDescriptor.newBuilder()
            .setShardId(id)
            .setEpoch(epoch)
            .setStart(ByteString.copyFrom(start))
            .setEnd(ByteString.copyFrom(end))
            .setConfIndex(confIndex);
    for (String node : replicas) {
      descriptor.addReplicas(Replica.newBuilder().setNodeId(node));
    }
    if (leader != null) {
      descriptor.setLeaderNodeId(leader);
    }
    return descriptor.build();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Shard that
        && id == that.id
        && epoch == that.epoch
        && Arrays.equals(start, that.start)
        && Arrays.equals(end, that.end)
        && replicas.equals(that.replicas)
        && joining.equals(that.joining)
        && Objects.equals(leader, that.leader)
        && confIndex == that.confIndex;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(id) * 31 + Long.hashCode(epoch);
  }

  /** For people: {@code shard 3@7 [4000000000000000, end) on [a, b]}. */
  @Override
  public String toString() {
    return "shard " + id + "@" + epoch + " " + Ring.rangeText(start, end) + " on " + replicas;
  }
}
