package io.henge.router.plan;

import io.henge.api.internal.v1.ShardReport;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a replicated group by the reports of nodes; may be old.
 *
 * @param id number of the shard; {@link #META} = the meta shard
 * @param leader node id of the leader that reported; null = none has, lately
 * @param members committed members as that leader reports them
 * @param confIndex log index of the change that made them so
 * @param stable whether no change of members is under way, as far as the leader and the caller know
 * @param hosts nodes that have reported a replica of the group, joining ones included
 * @param near members that lag so little behind the leader that they could take over at once
 * @param settled whether the leader has been the same for a while; of the while the caller takes
 *     care (some tens of seconds after an election, so that leadership does not wander)
 */
public record GroupView(
    long id,
    @Nullable String leader,
    List<String> members,
    long confIndex,
    boolean stable,
    Set<String> hosts,
    Set<String> near,
    boolean settled,
    @Nullable ShardReport report,
    Since since) {
  public static final long META = 0;

  /**
   * For how long something has been so, as the caller has seen it: what it does not remember counts
   * from when it began to look.
   *
   * @param rangeMillis the epoch has been the same
   * @param busyMillis the shard has been {@linkplain RangePlanner#isBusy too busy} on end; 0 = it
   *     is not
   * @param lostMillis by node id: a member whose node is up has had no replica of the group
   * @param justNear of the members that are near, those that were not some seconds ago: they have
   *     just come back, perhaps, and are offered nothing that is not necessary
   */
  public record Since(
      long rangeMillis, long busyMillis, Map<String, Long> lostMillis, Set<String> justNear) {
    /** Nothing is known to have lasted. */
    public static final Since NOW = new Since(0, 0, Map.of());

    public Since {
      lostMillis = Map.copyOf(lostMillis);
      justNear = Set.copyOf(justNear);
    }

    /** Whoever is near has been so for a while. */
    public Since(long rangeMillis, long busyMillis, Map<String, Long> lostMillis) {
      this(rangeMillis, busyMillis, lostMillis, Set.of());
    }
  }

  public GroupView {
    members = List.copyOf(members);
    hosts = Set.copyOf(hosts);
    near = Set.copyOf(near);
  }

  /** A group of which only the membership is known. */
  public GroupView(
      long id,
      @Nullable String leader,
      List<String> members,
      long confIndex,
      boolean stable,
      Set<String> hosts,
      Set<String> near,
      boolean settled) {
    this(id, leader, members, confIndex, stable, hosts, near, settled, null, Since.NOW);
  }

  /** A group of which nobody has reported. */
  public static GroupView unknown(long id) {
    return new GroupView(id, null, List.of(), -1, true, Set.of(), Set.of(), false);
  }
}
