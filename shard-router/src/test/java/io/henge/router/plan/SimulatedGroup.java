package io.henge.router.plan;

import com.google.protobuf.ByteString;
import io.henge.api.internal.v1.ChildReport;
import io.henge.api.internal.v1.ShardReport;
import io.henge.api.internal.v1.SplitShardRequest;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.NullUnmarked;

/** What is really so in a group, whatever meta says. */
@NullUnmarked
final class SimulatedGroup {
  List<String> members;
  String leader;
  long confIndex = 1;
  int sinceElection = 100;
  final Set<String> hosts = new HashSet<>();
  long epoch = 1;
  ByteString start = ByteString.EMPTY;
  ByteString end = ByteString.EMPTY;
  long bytes;
  double perSecond;
  double hottest;
  long rangeSince;
  long busySince = -1;
  final Map<Long, ChildReport> children = new TreeMap<>();
  boolean untrimmed;
  long last;
  long frozenBy;
  long absorbingBy;
  final Map<String, Long> lostSince = new HashMap<>();

  /** Members that cannot make a replica from that of the parent. */
  final Set<String> seedless = new HashSet<>();

  /** Whether a member has lost its replica; {@code down} are those that cannot say so. */
  boolean isLost(String node, Set<String> down) {
    return members.contains(node) && !down.contains(node) && !hosts.contains(node);
  }

  /** How many of them are up and have a replica. */
  long alive(List<String> nodes, Set<String> down) {
    return nodes.stream().filter(node -> !down.contains(node) && hosts.contains(node)).count();
  }

  /** As its leader reports it. */
  ShardReport report(long id) {
    return ShardReport.newBuilder()
        .setShardId(id)
        .addAllMemberNodeIds(members)
        .setConfIndex(confIndex)
        .setEpoch(epoch)
        .setStart(start)
        .setEnd(end)
        .addAllChildren(children.values())
        .setFrozenBy(frozenBy)
        .setAbsorbingBy(absorbingBy)
        .setLastOperation(last)
        .setUntrimmed(untrimmed)
        .setLiveBytes(bytes)
        .setReadsPerSecond(perSecond)
        .setLoadMiddle(perSecond > 0 ? middle() : ByteString.EMPTY)
        .setHottestKeyShare(hottest)
        .build();
  }

  /** Half way through its range. */
  ByteString middle() {
    BigInteger low = new BigInteger(1, padded(start));
    BigInteger high =
        end.isEmpty() ? BigInteger.ONE.shiftLeft(128) : new BigInteger(1, padded(end));
    byte[] middle = low.add(high).shiftRight(1).toByteArray();
    byte[] key = new byte[16];
    int skip = Math.max(0, middle.length - 16);
    System.arraycopy(middle, skip, key, 16 - (middle.length - skip), middle.length - skip);
    return ByteString.copyFrom(key);
  }

  private static byte[] padded(ByteString key) {
    byte[] bytes = new byte[16];
    key.copyTo(bytes, 0);
    return bytes;
  }

  /** Gives away half of what it has; who is down makes its replica when it is back. */
  SimulatedGroup split(SplitShardRequest request, Set<String> down, long clock) {
    ByteString at = request.getAt().isEmpty() ? middle() : request.getAt();
    SimulatedGroup child = new SimulatedGroup();
    child.members = members;
    child.hosts.addAll(hosts);
    child.hosts.retainAll(members);
    child.hosts.removeAll(down);
    child.leader = leader;
    child.sinceElection = 0;
    child.start = at;
    child.end = end;
    child.untrimmed = true;
    untrimmed = true;
    end = at;
    child.bytes = bytes / 2;
    bytes -= child.bytes;
    child.perSecond = perSecond / 2;
    perSecond -= child.perSecond;
    epoch++;
    child.epoch = epoch;
    rangeSince = clock;
    child.rangeSince = clock;
    last = request.getOperationId();
    children.put(
        request.getChildId(),
        ChildReport.newBuilder()
            .setShardId(request.getChildId())
            .setOperationId(request.getOperationId())
            .setStart(at)
            .setEnd(child.end)
            .setEpoch(child.epoch)
            .addAllNodeIds(child.members)
            .build());
    return child;
  }

  /** Has taken in its right neighbour. */
  void absorbed(SimulatedGroup right, long clock) {
    end = right.end;
    epoch = Math.max(epoch, right.epoch) + 1;
    bytes += right.bytes;
    rangeSince = clock;
  }
}
