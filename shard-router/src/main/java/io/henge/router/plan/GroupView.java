package io.henge.router.plan;

import java.util.List;
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
    boolean settled) {
  public static final long META = 0;

  public GroupView {
    members = List.copyOf(members);
    hosts = Set.copyOf(hosts);
    near = Set.copyOf(near);
  }

  /** A group of which nobody has reported. */
  public static GroupView unknown(long id) {
    return new GroupView(id, null, List.of(), -1, true, Set.of(), Set.of(), false);
  }
}
