package io.henge.replication.ratis;

import static io.henge.replication.ratis.RatisCluster.PATIENCE;
import static io.henge.replication.ratis.RatisCluster.join;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.henge.replication.Consensus.Start;
import io.henge.replication.LogPosition;
import io.henge.replication.Member;
import io.henge.replication.Membership;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That a group may be born with state and without a log: what a split relies on. */
final class GroupSeedTest {
  private static final List<String> INHERITED = List.of("p1", "p2", "p3");

  @TempDir Path directory;
  private RatisCluster<ListMachine> cluster;

  @BeforeEach
  void open() {
    cluster =
        new RatisCluster<>(
            directory,
            RatisSettings.small().withLogKept(10, 100).withSegmentBytes(64 << 10),
            (id, machineDirectory) -> new ListMachine(machineDirectory));
  }

  @AfterEach
  void close() {
    cluster.shutdown();
  }

  private void seed(String... ids) throws IOException {
    for (String id : ids) {
      cluster.node(id).open();
    }
    for (String id : ids) {
      ListMachine.seed(cluster.node(id).machineDirectory(), GroupSeed.POSITION, INHERITED);
      GroupSeed.write(
          cluster.node(id).raftDirectory(),
          cluster.groupId,
          cluster.members(ids),
          GroupSeed.POSITION);
    }
  }

  private void awaitSame(List<String> expected, String... ids) {
    for (String id : ids) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> assertThat(cluster.node(id).machine().entries()).isEqualTo(expected));
    }
  }

  @Test
  void shouldLiveThroughRestartsAtEachStep() throws IOException {
    seed("a", "b", "c");
    // Each is restarted before it has heard of another: the members must come from its disk.
    for (String id : List.of("a", "b", "c")) {
      cluster.node(id).start(Start.RESTART, List.of());
      cluster.node(id).kill();
    }
    cluster.node("a").restart();
    cluster.node("b").restart();
    List<String> expected = new ArrayList<>(INHERITED);
    expected.addAll(cluster.writeMany("x", 3));
    // The third one has only its seed: the others' log begins right behind it.
    cluster.node("c").restart();
    awaitSame(expected, "a", "b", "c");
    assertThat(cluster.node("c").machine().installs).hasValue(0);
    for (String id : List.of("a", "b", "c")) {
      cluster.node(id).kill();
      expected.addAll(cluster.writeMany("while-" + id + "-is-away", 2));
      cluster.node(id).restart();
      awaitSame(expected, "a", "b", "c");
    }
    cluster.close();
    for (String id : List.of("a", "b", "c")) {
      cluster.node(id).restart();
    }
    expected.addAll(cluster.writeMany("y", 3));
    awaitSame(expected, "a", "b", "c");
  }

  @Test
  void shouldTakeInAnEmptyMemberLater() throws IOException {
    seed("a", "b", "c");
    for (String id : List.of("a", "b", "c")) {
      cluster.node(id).start(Start.RESTART, List.of());
    }
    List<String> expected = new ArrayList<>(INHERITED);
    expected.addAll(cluster.writeMany("x", 3));
    cluster.node("d").open().start(Start.JOIN, List.of());
    Membership four =
        join(
            cluster
                .leader()
                .group()
                .changeMembers(cluster.members("a", "b", "c", "d"), Duration.ofSeconds(20)));
    assertThat(four.members()).extracting(Member::nodeId).containsExactly("a", "b", "c", "d");
    // The state before the log can only come by a snapshot.
    assertThat(cluster.node("d").machine().installs).hasPositiveValue();
    expected.addAll(cluster.writeMany("y", 3));
    awaitSame(expected, "a", "b", "c", "d");
    cluster.node("d").kill();
    cluster.node("d").restart();
    expected.addAll(cluster.writeMany("z", 3));
    awaitSame(expected, "a", "b", "c", "d");
  }

  @Test
  void shouldCatchUpAMemberThatIsStillAtItsSeedWhenTheOthersHavePurged() throws IOException {
    seed("a", "b", "c");
    cluster.node("a").start(Start.RESTART, List.of());
    cluster.node("b").start(Start.RESTART, List.of());
    List<String> expected = new ArrayList<>(INHERITED);
    expected.addAll(cluster.writeMany("x".repeat(1000), 300));
    for (String id : List.of("a", "b")) {
      awaitSame(expected, id);
      cluster.node(id).machine().flush();
      join(cluster.node(id).group().purgeLog());
    }
    cluster.node("c").start(Start.RESTART, List.of());
    expected.addAll(cluster.writeMany("y", 3));
    awaitSame(expected, "a", "b", "c");
    assertThat(cluster.node("c").machine().faults).isEmpty();
  }

  @Test
  void shouldElectTheOneThatIsToldToStandAtOnce() throws IOException {
    cluster.shutdown();
    // Nobody would stand by itself before the test is over.
    cluster =
        new RatisCluster<>(
            directory,
            RatisSettings.small().withFirstElection(Duration.ofMinutes(2), Duration.ofMinutes(3)),
            (id, machineDirectory) -> new ListMachine(machineDirectory));
    seed("a", "b", "c");
    for (String id : List.of("a", "b", "c")) {
      cluster.node(id).start(Start.RESTART, List.of());
    }
    cluster.node("b").group().standForElection();
    await().atMost(PATIENCE).until(() -> cluster.node("b").group().isLeader());
    assertThat(cluster.leader().id).isEqualTo("b");
  }

  @Test
  void shouldRefuseAnUnsafeSeedAndNeverReplaceAReplica() throws IOException {
    Path raft = directory.resolve("raft");
    List<Member> members = List.of(new Member("a", "127.0.0.1:1"));
    for (LogPosition unsafe :
        List.of(new LogPosition(0, 10), new LogPosition(1, 0), new LogPosition(0, 0))) {
      assertThatThrownBy(() -> GroupSeed.write(raft, cluster.groupId, members, unsafe))
          .isInstanceOf(IllegalArgumentException.class);
    }
    GroupSeed.write(raft, cluster.groupId, members, GroupSeed.POSITION);
    assertThatThrownBy(() -> GroupSeed.write(raft, cluster.groupId, members, GroupSeed.POSITION))
        .isInstanceOf(FileAlreadyExistsException.class);
    // A draft that a crash left behind is no replica and in nobody's way.
    Path other = directory.resolve("other");
    Files.createDirectories(other.resolve("draft-" + cluster.groupId.uuid()).resolve("current"));
    GroupSeed.write(other, cluster.groupId, members, GroupSeed.POSITION);
    assertThat(other.resolve(cluster.groupId.uuid().toString())).isDirectory();
  }
}
