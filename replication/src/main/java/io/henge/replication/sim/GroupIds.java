package io.henge.replication.sim;

import io.henge.replication.GroupId;
import java.util.Comparator;

/** An order of groups, so that a seed gives the same run every time. */
final class GroupIds {
  static final Comparator<GroupId> ORDER =
      Comparator.comparingLong(GroupId::cluster).thenComparingLong(GroupId::shard);

  private GroupIds() {}
}
