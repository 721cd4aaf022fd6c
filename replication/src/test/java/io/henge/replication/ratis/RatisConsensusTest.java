package io.henge.replication.ratis;

import static io.henge.replication.ratis.RatisCluster.PATIENCE;
import static io.henge.replication.ratis.RatisCluster.join;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.replication.Consensus.Start;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.Member;
import io.henge.replication.Membership;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real Ratis, several servers in this process. */
final class RatisConsensusTest {
  @TempDir Path directory;
  private RatisCluster<ListMachine> cluster;
  private volatile Consumer<String> installed = id -> {};
  private volatile Consumer<String> asked = id -> {};

  @BeforeEach
  void open() {
    cluster =
        new RatisCluster<>(
            directory,
            RatisSettings.small().withLogKept(10, 100).withSegmentBytes(64 << 10),
            (id, machineDirectory) -> {
              ListMachine machine = new ListMachine(machineDirectory, () -> installed.accept(id));
              machine.asked = () -> asked.accept(id);
              return machine;
            });
  }

  @AfterEach
  void close() {
    cluster.shutdown();
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
  void shouldReplicateAndAnswerWithWhatApplyReturned() {
    cluster.create("a", "b", "c");
    RatisCluster<ListMachine>.Node leader = cluster.leader();
    Object answer = join(leader.group().propose("one".getBytes(UTF_8), "context"));
    assertThat(answer).isEqualTo("one/context");
    awaitSame(List.of("one"), "a", "b", "c");
    assertThat(cluster.followers())
        .allSatisfy(node -> assertThat(node.machine().foreign).hasPositiveValue());
    assertThat(leader.machine().foreign).hasValue(0);
    await().atMost(PATIENCE).until(leader.machine()::isLeader);
    assertThat(leader.group().leader()).isEqualTo(leader.id);
    assertThat(leader.group().membership().stable()).isTrue();
    assertThat(leader.group().membership().members())
        .extracting(Member::nodeId)
        .containsExactly("a", "b", "c");
  }

  @Test
  void shouldAnswerInLogOrder() {
    cluster.create("a");
    RatisCluster<ListMachine>.Node leader = cluster.leader();
    List<CompletableFuture<?>> answers = new CopyOnWriteArrayList<>();
    List<CompletableFuture<?>> checks = new ArrayList<>();
    List<String> sent = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      sent.add("e" + i);
      CompletableFuture<?> answer = leader.group().propose(("e" + i).getBytes(UTF_8), null);
      List<CompletableFuture<?>> earlier = List.copyOf(answers);
      answers.add(answer);
      checks.add(
          answer.thenAccept(done -> assertThat(earlier).allMatch(CompletableFuture::isDone)));
    }
    join(CompletableFuture.allOf(checks.toArray(CompletableFuture[]::new)));
    assertThat(leader.machine().entries()).isEqualTo(sent);
  }

  @Test
  void shouldRefuseProposalsOnFollowersWithoutEffect() {
    cluster.create("a", "b", "c");
    RatisCluster<ListMachine>.Node follower = cluster.followers().get(0);
    assertThatThrownBy(() -> join(follower.group().propose("no".getBytes(UTF_8), null)))
        .isInstanceOfSatisfying(
            HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_LEADER));
    cluster.write("yes");
    awaitSame(List.of("yes"), "a", "b", "c");
  }

  @Test
  void shouldRefuseEntriesThatAreTooLargeAndTakeTheLargest() {
    cluster.create("a");
    RatisCluster<ListMachine>.Node leader = cluster.leader();
    int max = leader.group().entryBytesMax();
    assertThatThrownBy(() -> join(leader.group().propose(new byte[max + 1], null)))
        .isInstanceOfSatisfying(
            HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
    byte[] largest = new byte[max];
    java.util.Arrays.fill(largest, (byte) 'x');
    join(leader.group().propose(largest, null));
    assertThat(leader.machine().entries()).hasSize(1);
  }

  @Test
  void shouldElectAnotherLeaderWhenOneDiesAndTakeItBack() {
    cluster.create("a", "b", "c");
    List<String> expected = new ArrayList<>(cluster.writeMany("x", 5));
    RatisCluster<ListMachine>.Node dead = cluster.leader();
    dead.kill();
    expected.addAll(cluster.writeMany("y", 5));
    assertThat(cluster.leader().id).isNotEqualTo(dead.id);
    dead.restart();
    expected.addAll(cluster.writeMany("z", 5));
    awaitSame(expected, "a", "b", "c");
  }

  @Test
  void shouldNotWaitForATimeoutWhenTheLeadersProcessIsGone() {
    cluster.shutdown();
    // Far longer than the test has patience with a dead leader.
    cluster =
        new RatisCluster<>(
            directory,
            RatisSettings.small().withElection(Duration.ofSeconds(10), Duration.ofSeconds(12)),
            (id, machineDirectory) -> new ListMachine(machineDirectory));
    cluster.create("a", "b", "c");
    List<String> expected = new ArrayList<>(cluster.writeMany("x", 3));
    awaitSame(expected, "a", "b", "c");
    RatisCluster<ListMachine>.Node dead = cluster.leader();
    dead.close();
    long before = System.nanoTime();
    // Only the closed connection can make them stand.
    expected.addAll(cluster.writeMany("y", 3));
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(9));
    dead.restart();
    awaitSame(expected, "a", "b", "c");
  }

  @Test
  void shouldComeBackWhenAllNodesRestart() {
    cluster.create("a", "b", "c");
    List<String> expected = new ArrayList<>(cluster.writeMany("x", 5));
    awaitSame(expected, "a", "b", "c");
    cluster.node("b").machine().flush();
    cluster.close();
    for (String id : List.of("a", "b", "c")) {
      cluster.node(id).open();
      assertThat(cluster.node(id).consensus().stored()).containsExactly(cluster.groupId);
      cluster.node(id).start(Start.RESTART, List.of());
    }
    expected.addAll(cluster.writeMany("y", 5));
    awaitSame(expected, "a", "b", "c");
  }

  @Test
  void shouldFindNodesThatHaveMoved() {
    cluster.create("a", "b", "c");
    List<String> expected = new ArrayList<>(cluster.writeMany("x", 3));
    RatisCluster<ListMachine>.Node moved = cluster.followers().get(0);
    moved.close();
    moved.forgetPort();
    moved.restart();
    expected.addAll(cluster.writeMany("y", 3));
    awaitSame(expected, "a", "b", "c");
  }

  /** Stops a follower, and lets the others write on and purge what it would need. */
  private RatisCluster<ListMachine>.Node leaveBehind(List<String> expected) {
    expected.addAll(cluster.writeMany("x", 5));
    RatisCluster<ListMachine>.Node lagging = cluster.followers().get(0);
    awaitSame(expected, lagging.id);
    lagging.machine().flush();
    lagging.kill();
    expected.addAll(cluster.writeMany("y".repeat(1000), 300));
    for (RatisCluster<ListMachine>.Node node : cluster.nodes.values()) {
      if (node.running()) {
        awaitSame(expected, node.id);
        node.machine().flush();
        join(node.group().purgeLog());
      }
    }
    RatisCluster<ListMachine>.Node leader = cluster.leader();
    await().atMost(PATIENCE).until(() -> leader.group().logStartIndex() > 100);
    return lagging;
  }

  @Test
  void shouldLiveThroughACrashBetweenTheInstallAndRatisHearingOfIt() {
    cluster.create("a", "b", "c");
    List<String> expected = new ArrayList<>();
    RatisCluster<ListMachine>.Node lagging = leaveBehind(expected);
    killRightBehindTheInstall(lagging);
    // The log on its disk ends far before the state it now has.
    lagging.restart();
    assertThat(lagging.machine().entries()).isEqualTo(expected);
    expected.addAll(cluster.writeMany("z", 5));
    awaitSame(expected, "a", "b", "c");
    assertThat(lagging.machine().installs).hasValue(0);
  }

  @Test
  void shouldStartAReplicaThatIsToldToInstallASnapshotWhileItStarts() {
    cluster.create("a", "b", "c");
    List<String> expected = new ArrayList<>();
    RatisCluster<ListMachine>.Node lagging = leaveBehind(expected);
    killRightBehindTheInstall(lagging);
    // So the leader goes on asking for an install until somebody answers.
    String leader = cluster.leader().id;
    AtomicInteger times = new AtomicInteger();
    asked =
        id -> {
          // The first time, Ratis does not know of the replica yet.
          if (id.equals(lagging.id) && times.incrementAndGet() == 2) {
            // It asks and sends a heartbeat, in turns: of two answers one is to the former.
            long before = cluster.messages(id, leader);
            await()
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .atMost(PATIENCE)
                .until(() -> cluster.messages(id, leader) >= before + 2);
          }
        };
    lagging.restart();
    assertThat(times).hasValueGreaterThan(1);
    expected.addAll(cluster.writeMany("z", 5));
    awaitSame(expected, "a", "b", "c");
    assertThat(lagging.machine().faults).isEmpty();
  }

  /** It is asked again and again, but gets no entries, and is found when it has started. */
  @Test
  void shouldNotFloodAReplicaThatStarts() {
    cluster.create("a", "b", "c");
    List<String> expected = new ArrayList<>(cluster.writeMany("x", 5));
    RatisCluster<ListMachine>.Node away = cluster.followers().get(0);
    away.kill();
    expected.addAll(cluster.writeMany("y", 5));
    String leader = cluster.leader().id;
    AtomicInteger times = new AtomicInteger();
    List<Long> perSecond = new CopyOnWriteArrayList<>();
    asked =
        id -> {
          // The first time, Ratis does not know of the replica yet.
          if (id.equals(away.id) && times.incrementAndGet() == 2) {
            long before = cluster.messages(leader, id);
            long began = System.nanoTime();
            // More than what it takes before the leader knows that this one is silent.
            await()
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .atMost(PATIENCE)
                .until(() -> cluster.messages(leader, id) >= before + 30);
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
            perSecond.add((cluster.messages(leader, id) - before) * 1_000 / millis);
          }
        };
    away.restart();
    assertThat(perSecond)
        .singleElement(org.assertj.core.api.InstanceOfAssertFactories.LONG)
        .isLessThan(50);
    expected.addAll(cluster.writeMany("z", 5));
    awaitSame(expected, "a", "b", "c");
    assertThat(away.machine().faults).isEmpty();
  }

  private void killRightBehindTheInstall(RatisCluster<ListMachine>.Node lagging) {
    CountDownLatch isInstalled = new CountDownLatch(1);
    installed =
        id -> {
          cluster.cutOff(id);
          isInstalled.countDown();
        };
    lagging.restart();
    await().atMost(PATIENCE).until(() -> isInstalled.getCount() == 0);
    installed = id -> {};
    lagging.kill();
  }

  @Test
  void shouldInstallASnapshotOnAReplicaThatLagsBehindThePurgedLog() {
    cluster.create("a", "b", "c");
    List<String> expected = new ArrayList<>();
    RatisCluster<ListMachine>.Node lagging = leaveBehind(expected);
    lagging.restart();
    expected.addAll(cluster.writeMany("z", 5));
    awaitSame(expected, "a", "b", "c");
    assertThat(lagging.machine().installs).hasPositiveValue();
    assertThat(lagging.machine().faults).isEmpty();
    // And the state it got survives a restart, and goes on from there.
    lagging.kill();
    expected.addAll(cluster.writeMany("w", 5));
    lagging.restart();
    awaitSame(expected, "a", "b", "c");
  }

  @Test
  void shouldGrowFromOneToThreeAndReplaceOneWhileProposing() {
    cluster.create("a");
    cluster.leader();
    AtomicBoolean stop = new AtomicBoolean();
    CompletableFuture<List<String>> writer =
        CompletableFuture.supplyAsync(
            () -> {
              List<String> written = new ArrayList<>();
              for (int i = 0; !stop.get(); i++) {
                join(cluster.node("a").group().propose(("w" + i).getBytes(UTF_8), null));
                written.add("w" + i);
              }
              return written;
            });
    for (String id : List.of("b", "c", "d")) {
      cluster.node(id).open().start(Start.JOIN, List.of());
    }
    Membership three =
        join(
            cluster
                .node("a")
                .group()
                .changeMembers(cluster.members("a", "b", "c"), Duration.ofSeconds(20)));
    assertThat(three.members()).extracting(Member::nodeId).containsExactly("a", "b", "c");
    assertThat(three.stable()).isTrue();
    Membership replaced =
        join(
            cluster
                .node("a")
                .group()
                .changeMembers(cluster.members("a", "b", "d"), Duration.ofSeconds(20)));
    assertThat(replaced.members()).extracting(Member::nodeId).containsExactly("a", "b", "d");
    stop.set(true);
    List<String> expected = join(writer);
    awaitSame(expected, "a", "b", "d");
    join(cluster.node("c").group().stop(true));
    assertThat(cluster.node("c").consensus().stored()).isEmpty();
    await().atMost(PATIENCE).until(() -> !cluster.node("d").machine().memberships.isEmpty());
    // The newcomers count: without a, they still have two of three.
    cluster.node("c").close();
    cluster.node("a").kill();
    cluster.write("after");
    assertThat(cluster.leader().id).isIn("b", "d");
  }

  @Test
  void shouldRefuseThatALeaderRemovesItself() {
    cluster.create("a", "b", "c");
    RatisCluster<ListMachine>.Node leader = cluster.leader();
    List<Member> others =
        leader.group().membership().members().stream()
            .filter(member -> !member.nodeId().equals(leader.id))
            .toList();
    assertThatThrownBy(() -> join(leader.group().changeMembers(others, Duration.ofSeconds(5))))
        .isInstanceOfSatisfying(
            HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
  }

  @Test
  void shouldTransferLeadership() {
    cluster.create("a", "b", "c");
    cluster.write("one");
    RatisCluster<ListMachine>.Node old = cluster.leader();
    String target = cluster.followers().get(0).id;
    join(old.group().transferLeadership(target, Duration.ofSeconds(10)));
    await().atMost(PATIENCE).until(() -> cluster.node(target).group().isLeader());
    cluster.write("two");
    await().atMost(PATIENCE).until(() -> !old.machine().isLeader());
    awaitSame(List.of("one", "two"), "a", "b", "c");
  }

  @Test
  void shouldTellWhichMembersAnswer() {
    cluster.create("a", "b", "c");
    cluster.write("one");
    RatisCluster<ListMachine>.Node leader = cluster.leader();
    List<RatisCluster<ListMachine>.Node> followers = cluster.followers();
    ConsensusGroup group = leader.group();
    assertThat(followers.get(0).group().silentMillis(leader.id)).isEqualTo(Long.MAX_VALUE);
    assertThat(group.silentMillis("nobody")).isEqualTo(Long.MAX_VALUE);
    assertThat(group.reachedIndex("nobody")).isNegative();
    assertThat(followers.get(0).group().reachedIndex(leader.id)).isNegative();
    String gone = followers.get(0).id;
    followers.get(0).kill();
    long since = System.nanoTime();
    // One that is there answers after that, one that is not never does.
    String there = followers.get(1).id;
    await()
        .atMost(PATIENCE)
        .until(() -> group.silentMillis(there) < (System.nanoTime() - since) / 1_000_000);
    long before = group.committedIndex();
    cluster.write("two");
    await().atMost(PATIENCE).until(() -> group.reachedIndex(there) > before);
    await().atMost(PATIENCE).until(() -> group.silentMillis(gone) > 2_000);
    assertThat(group.reachedIndex(gone)).isLessThanOrEqualTo(before);
  }

  @Test
  void shouldBecomeLeaderWhenToldToStand() {
    cluster.create("a", "b", "c");
    cluster.write("one");
    RatisCluster<ListMachine>.Node follower = cluster.followers().get(0);
    awaitSame(List.of("one"), "a", "b", "c");
    follower.group().standForElection();
    await().atMost(PATIENCE).until(() -> follower.group().isLeader());
  }

  @Test
  void shouldNotClaimTheOutcomeOfEntriesThatACutOffLeaderTook() {
    cluster.create("a", "b", "c");
    cluster.write("one");
    RatisCluster<ListMachine>.Node old = cluster.leader();
    cluster.cutOff(old.id);
    CompletableFuture<?> lost = old.group().propose("lost".getBytes(UTF_8), null);
    cluster.write("two");
    cluster.healAll();
    assertThatThrownBy(() -> join(lost))
        .isInstanceOfSatisfying(
            HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
    cluster.write("three");
    awaitSame(List.of("one", "two", "three"), "a", "b", "c");
  }

  @Test
  void shouldCommitAnEntryWhoseConfirmationWasLostWithItsStream() throws Exception {
    cluster.create("a", "b", "c");
    cluster.write("one");
    RatisCluster<ListMachine>.Node leader = cluster.leader();
    List<RatisCluster<ListMachine>.Node> others =
        Stream.of("a", "b", "c").filter(id -> !id.equals(leader.id)).map(cluster::node).toList();
    others.get(1).kill();
    String follower = others.get(0).id;
    cluster.cut(follower, leader.id);
    long sent = cluster.messages(leader.id, follower);
    CompletableFuture<?> two = leader.group().propose("two".getBytes(UTF_8), null);
    await().atMost(PATIENCE).until(() -> cluster.messages(leader.id, follower) >= sent + 2);
    cluster.healAll();
    // The follower has it, and nothing comes after it: heartbeats alone never say so.
    two.get(10, TimeUnit.SECONDS);
    assertThat(cluster.leader().id).isEqualTo(leader.id);
    awaitSame(List.of("one", "two"), leader.id, follower);
  }

  @Test
  void shouldStopAReplicaWhoseStateMachineFails() {
    cluster.create("a");
    RatisCluster<ListMachine>.Node node = cluster.leader();
    ListMachine machine = node.machine();
    assertThatThrownBy(() -> join(node.group().propose("poison".getBytes(UTF_8), null)))
        .isInstanceOfSatisfying(
            HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE));
    await().atMost(PATIENCE).until(() -> machine.closes.get() == 1);
    assertThat(machine.faults).singleElement().satisfies(e -> assertThat(e).hasMessage("poison"));
    assertThatThrownBy(() -> join(node.group().propose("more".getBytes(UTF_8), null)))
        .isInstanceOfSatisfying(
            HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_LEADER));
  }

  @Test
  void shouldCloseThoughAnEntryFailsMeanwhile() {
    cluster.create("a");
    cluster.write("one");
    RatisCluster<ListMachine>.Node node = cluster.leader();
    ListMachine machine = node.machine();
    CountDownLatch applying = new CountDownLatch(1);
    machine.poisoned =
        () -> {
          applying.countDown();
          await().atMost(PATIENCE).until(RatisConsensusTest::isSomebodyWaitingForTheRest);
        };
    CompletableFuture<?> poison = node.group().propose("poison".getBytes(UTF_8), null);
    await().atMost(PATIENCE).until(() -> applying.getCount() == 0);
    join(CompletableFuture.runAsync(node::close));
    assertThatThrownBy(() -> join(poison)).isInstanceOf(HengeException.class);
    assertThat(machine.closes).hasValue(1);
    assertThat(machine.entries()).containsExactly("one");
  }

  /** Ratis closes a replica: somebody waits until everything committed is applied. */
  private static boolean isSomebodyWaitingForTheRest() {
    return Thread.getAllStackTraces().values().stream()
        .flatMap(Stream::of)
        .anyMatch(frame -> frame.getMethodName().equals("stopAndJoin"));
  }
}
