package io.henge.server.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.replication.Member;
import io.henge.replication.Membership;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Whether a replica that has stopped itself is still wanted. */
class StoppedNewcomerTest {
  private static Membership own(long index, String... nodeIds) {
    return new Membership(
        Stream.of(nodeIds).map(nodeId -> new Member(nodeId, "")).toList(), index, true);
  }

  private static ReplicaRemoval.Wanted wanted(
      List<String> members, List<String> joining, long confIndex) {
    return new ReplicaRemoval.Wanted(false, members, joining, confIndex);
  }

  private static boolean isOne(ReplicaRemoval.Wanted wanted, Membership own) {
    return StoppedNewcomer.isOne("n3", wanted, own);
  }

  @Test
  void shouldGoOnWhileItIsToBeTakenIn() {
    assertThat(isOne(wanted(List.of("n1", "n2"), List.of("n3"), 5), own(5, "n1", "n2"))).isTrue();
    assertThat(isOne(wanted(List.of("n1", "n2"), List.of("n3"), 5), own(-1))).isTrue();
  }

  /** Its vote is needed, and it does not know. */
  @Test
  void shouldGoOnWhenItHasBeenTakenInMeanwhile() {
    assertThat(isOne(wanted(List.of("n1", "n2", "n3"), List.of(), 9), own(5, "n1", "n2"))).isTrue();
    assertThat(isOne(wanted(List.of("n1", "n2", "n3"), List.of(), 9), own(-1))).isTrue();
  }

  /** Meta may be behind the group's log. */
  @Test
  void shouldStayAwayWhenItHasBeenRemoved() {
    assertThat(isOne(wanted(List.of("n1", "n2", "n3"), List.of(), 5), own(9, "n1", "n2")))
        .isFalse();
    assertThat(isOne(wanted(List.of("n1", "n2"), List.of(), 9), own(5, "n1", "n2"))).isFalse();
  }

  @Test
  void shouldNotBeOneWhileItKnowsItselfAsAMember() {
    assertThat(isOne(wanted(List.of("n1", "n2"), List.of("n3"), 9), own(5, "n1", "n2", "n3")))
        .isFalse();
  }

  @Test
  void shouldStayAwayFromAShardThatIsNoMore() {
    assertThat(
            isOne(
                new ReplicaRemoval.Wanted(true, List.of("n3"), List.of("n3"), 9),
                own(5, "n1", "n2")))
        .isFalse();
  }
}
