package io.henge.replication.ratis;

import static io.henge.replication.ratis.RatisCluster.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.henge.replication.Consensus.Start;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.LeftGroupException;
import io.henge.replication.Member;
import io.henge.replication.Membership;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nodes that die while a group of one takes in its second member. */
final class NewcomerTest {
  @TempDir private Path directory;
  private RatisCluster<ListMachine> cluster;
  private final List<String> expected = new ArrayList<>();

  @BeforeEach
  void open() {
    cluster =
        new RatisCluster<>(
            directory,
            RatisSettings.small(),
            (id, machineDirectory) -> new ListMachine(machineDirectory));
  }

  @AfterEach
  void close() {
    cluster.shutdown();
  }

  /** Member a has logged that there are two, b has a's log up to there and does not know. */
  private void takeInHalfway() {
    cluster.create("a");
    expected.addAll(cluster.writeMany("x", 3));
    cluster.node("b").open().start(Start.JOIN, List.of());
    ConsensusGroup a = cluster.node("a").group();
    ConsensusGroup b = cluster.node("b").group();
    cluster.lose((from, to) -> from.equals("a") && b.committedIndex() >= 3);
    a.changeMembers(cluster.members("a", "b"), PATIENCE);
    await().atMost(PATIENCE).until(() -> !a.membership().stable());
    assertThat(b.membership().contains("b")).isFalse();
    // It has heard of a, but would never hear of another one.
    assertThat(b.leader()).isNull();
  }

  private void assertTheyGoOn() {
    expected.addAll(cluster.writeMany("y", 3));
    for (String id : List.of("a", "b")) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> assertThat(cluster.node(id).machine().entries()).isEqualTo(expected));
    }
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(cluster.node("b").group().membership().members())
                    .extracting(Member::nodeId)
                    .containsExactly("a", "b"));
  }

  @Test
  void shouldGoOnWhenBothDie() {
    takeInHalfway();
    cluster.close();
    cluster.healAll();
    cluster.node("a").restart();
    cluster.node("b").restart();
    assertTheyGoOn();
  }

  @Test
  void shouldGoOnWhenTheOldMemberDies() {
    takeInHalfway();
    cluster.node("a").kill();
    cluster.healAll();
    cluster.node("a").restart();
    assertTheyGoOn();
  }

  @Test
  void shouldGoOnWhenTheNewcomerIsAwayForLonger() {
    takeInHalfway();
    cluster.node("b").kill();
    // A leader that does not hear from a majority steps down.
    await().atMost(PATIENCE).until(() -> !cluster.node("a").group().isLeader());
    cluster.healAll();
    cluster.node("b").restart();
    assertTheyGoOn();
  }

  /** The one knows both of the two members, the other that there was a change from one to two. */
  @Test
  void shouldGoOnWhenBothDieWithTheChangeHalfLogged() {
    cluster.create("a");
    expected.addAll(cluster.writeMany("x", 3));
    cluster.node("b").open().start(Start.JOIN, List.of());
    ConsensusGroup a = cluster.node("a").group();
    ConsensusGroup b = cluster.node("b").group();
    // It has the first of the two entries, and says so.
    cluster.lose((from, to) -> from.equals("a") && b.membership().contains("b"));
    a.changeMembers(cluster.members("a", "b"), PATIENCE);
    await()
        .atMost(PATIENCE)
        .until(
            () -> b.membership().contains("b") && a.membership().index() > b.membership().index());
    cluster.close();
    cluster.healAll();
    cluster.node("a").restart();
    cluster.node("b").restart();
    assertTheyGoOn();
  }

  /** It was led as a member before it had the entry that makes it one, and stands. */
  @Test
  void shouldGoOnWhenTheNewcomerHasGivenItselfUp() throws Exception {
    takeInHalfway();
    cluster.node("a").kill();
    RatisCluster<ListMachine>.Node b = cluster.node("b");
    ListMachine before = b.machine();
    b.standAsIfLedAsAMember();
    await().atMost(PATIENCE).until(() -> !before.faults.isEmpty());
    assertThat(before.faults).singleElement().isInstanceOf(LeftGroupException.class);
    RatisCluster.join(b.group().stop(false));
    b.start(Start.RESTART, List.of());
    cluster.healAll();
    cluster.node("a").restart();
    assertTheyGoOn();
  }

  /** It refuses what it has, and there is nothing else that it could confirm. */
  @Test
  void shouldTakeInANewcomerThatHasEverythingFromAnEarlierTry() {
    cluster.create("a");
    expected.addAll(cluster.writeMany("x", 3));
    RatisCluster<ListMachine>.Node b = cluster.node("b").open().start(Start.JOIN, List.of());
    ConsensusGroup joining = b.group();
    ConsensusGroup a = cluster.node("a").group();
    cluster.lose((from, to) -> from.equals("b") && joining.committedIndex() >= 3);
    CompletableFuture<Membership> first =
        a.changeMembers(cluster.members("a", "b"), Duration.ofSeconds(5));
    await()
        .atMost(PATIENCE)
        .until(
            () -> b.machine().applied().index() == cluster.node("a").machine().applied().index());
    b.machine().flush();
    b.kill();
    await().atMost(PATIENCE).until(first::isCompletedExceptionally);
    cluster.healAll();
    b.restart();
    Membership two = RatisCluster.join(a.changeMembers(cluster.members("a", "b"), PATIENCE));
    assertThat(two.contains("b")).isTrue();
    assertTheyGoOn();
  }
}
