package io.henge.router.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A cluster in arrays: what {@link MovePlanner} and {@link RangePlanner} look at. A million shards
 * take some 60 MB, and one look at all of them some milliseconds. Nodes and shards are numbered
 * from 0; shards stand in the order of the ring. Filled once, then only read; not safe for threads
 * that fill it.
 */
public final class Model {
  /** What can be done with a node. */
  public enum Standing {
    /** Can be given replicas and leadership. */
    USABLE,
    /** Silent, but not for so long yet that it counts as dead; or drained by a paused operation. */
    AWAY,
    /** In service, and everything is to be moved away from it. */
    DRAINING,
    /** Its replicas are lost. */
    DEAD
  }

  /** Nothing may be begun with the shard: something is under way, or its reports are unsettled. */
  static final byte BUSY = 1;

  /** Its range is not to be changed: rows out of range are there, or a change has failed lately. */
  static final byte RANGE_FIXED = 2;

  /** The leader knows where a cut would halve the load. */
  static final byte HAS_MIDDLE = 4;

  /** A replica on its way. */
  private record Flight(int shard, int from, int to) {}

  private final int stride;
  private final long[] ids;
  private final int[] members;
  private final int[] leaders;
  private final long[] bytes;
  private final float[] operations;
  private final float[] cpu;
  private final float[] hottest;
  private final int[] sameSeconds;
  private final int[] busySeconds;
  private final byte[] flags;
  private final List<String> nodeNames = new ArrayList<>();
  private final List<String> zoneNames = new ArrayList<>();
  private final List<Flight> flights = new ArrayList<>();
  private int nodes;
  private int[] zones = new int[16];
  private double[] weights = new double[16];
  private Standing[] standings = new Standing[16];

  /**
   * A model without nodes, whose shards have no members yet.
   *
   * @param stride the most members that a shard has
   */
  public Model(int shards, int stride) {
    this.stride = Math.max(1, stride);
    this.ids = new long[shards];
    this.members = new int[Math.multiplyExact(shards, this.stride)];
    Arrays.fill(members, -1);
    this.leaders = new int[shards];
    Arrays.fill(leaders, -1);
    this.bytes = new long[shards];
    this.operations = new float[shards];
    this.cpu = new float[shards];
    this.hottest = new float[shards];
    this.sameSeconds = new int[shards];
    this.busySeconds = new int[shards];
    this.flags = new byte[shards];
  }

  /** Adds a node and gives its number. */
  public int addNode(String name, String zone, double weight, Standing standing) {
    if (nodes == zones.length) {
      zones = Arrays.copyOf(zones, nodes * 2);
      weights = Arrays.copyOf(weights, nodes * 2);
      standings = Arrays.copyOf(standings, nodes * 2);
    }
    int zoneNumber = zoneNames.indexOf(zone);
    if (zoneNumber < 0) {
      zoneNumber = zoneNames.size();
      zoneNames.add(zone);
    }
    nodeNames.add(name);
    zones[nodes] = zoneNumber;
    weights[nodes] = Math.max(1e-6, weight);
    standings[nodes] = standing;
    return nodes++;
  }

  public void setStanding(int node, Standing standing) {
    standings[node] = standing;
  }

  /**
   * Says who holds a shard.
   *
   * @param leader -1 = not known
   */
  public void setShard(int shard, long id, int[] nodesOfIt, int leader, long bytesOfIt) {
    if (nodesOfIt.length > stride) {
      throw new IllegalArgumentException(
          "a shard of this model has at most " + stride + " members, not " + nodesOfIt.length);
    }
    ids[shard] = id;
    Arrays.fill(members, shard * stride, (shard + 1) * stride, -1);
    System.arraycopy(nodesOfIt, 0, members, shard * stride, nodesOfIt.length);
    leaders[shard] = leader;
    bytes[shard] = bytesOfIt;
  }

  /**
   * Says how much a shard has to do.
   *
   * @param perSecond reads and writes
   * @param cores processors that it keeps busy on its leader's node
   * @param hottestShare part of it that its hottest sharding key makes
   * @param unchanged seconds since its range was changed
   * @param tooBusy seconds for which it has been too busy on end
   */
  void setLoad(
      int shard,
      double perSecond,
      double cores,
      double hottestShare,
      long unchanged,
      long tooBusy) {
    operations[shard] = (float) perSecond;
    cpu[shard] = (float) cores;
    hottest[shard] = (float) hottestShare;
    sameSeconds[shard] = (int) Math.min(Integer.MAX_VALUE, unchanged);
    busySeconds[shard] = (int) Math.min(Integer.MAX_VALUE, tooBusy);
  }

  void flag(int shard, byte flag) {
    flags[shard] |= flag;
  }

  boolean has(int shard, byte flag) {
    return (flags[shard] & flag) != 0;
  }

  /** Says that a replica is on its way; nothing else is begun with that shard. */
  public void addFlight(int shard, int from, int to) {
    flights.add(new Flight(shard, from, to));
    flag(shard, BUSY);
  }

  /** Says that a replica has arrived: it is a member now, and the other one is none. */
  public void land(int shard, int from, int to) {
    flights.remove(new Flight(shard, from, to));
    flags[shard] &= ~BUSY;
    for (int i = shard * stride; i < (shard + 1) * stride; i++) {
      if (members[i] == from) {
        members[i] = to;
      }
    }
  }

  public void setLeader(int shard, int node) {
    leaders[shard] = node;
  }

  interface FlightVisitor {
    void visit(int shard, int from, int to);
  }

  void eachFlight(FlightVisitor visitor) {
    for (Flight flight : flights) {
      visitor.visit(flight.shard(), flight.from(), flight.to());
    }
  }

  public int flights() {
    return flights.size();
  }

  public int nodes() {
    return nodes;
  }

  public int zones() {
    return zoneNames.size();
  }

  public int shards() {
    return ids.length;
  }

  public String nodeName(int node) {
    return nodeNames.get(node);
  }

  public String zoneName(int node) {
    return zoneNames.get(zones[node]);
  }

  public int zone(int node) {
    return zones[node];
  }

  public double weight(int node) {
    return weights[node];
  }

  public Standing standing(int node) {
    return standings[node];
  }

  public long id(int shard) {
    return ids[shard];
  }

  public int leader(int shard) {
    return leaders[shard];
  }

  public long bytes(int shard) {
    return bytes[shard];
  }

  float operations(int shard) {
    return operations[shard];
  }

  float cpu(int shard) {
    return cpu[shard];
  }

  float hottest(int shard) {
    return hottest[shard];
  }

  int sameSeconds(int shard) {
    return sameSeconds[shard];
  }

  int busySeconds(int shard) {
    return busySeconds[shard];
  }

  /** The most members that a shard has. */
  public int stride() {
    return stride;
  }

  /** A member of a shard; -1 = there are no more. */
  public int member(int shard, int place) {
    return members[shard * stride + place];
  }

  public boolean isMember(int shard, int node) {
    for (int i = shard * stride; i < (shard + 1) * stride; i++) {
      if (members[i] == node) {
        return true;
      }
    }
    return false;
  }

  public int memberCount(int shard) {
    int count = 0;
    for (int i = shard * stride; i < (shard + 1) * stride && members[i] >= 0; i++) {
      count++;
    }
    return count;
  }
}
