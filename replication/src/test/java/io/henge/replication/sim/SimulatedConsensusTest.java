package io.henge.replication.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.testing.Seed;
import io.henge.replication.Consensus.Start;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.GroupId;
import io.henge.replication.GroupStateMachine;
import io.henge.replication.LogPosition;
import io.henge.replication.Member;
import io.henge.replication.Membership;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SimulatedConsensusTest {
  private static final GroupId GROUP = new GroupId(7, 1);
  private static final Duration LONG = Duration.ofSeconds(20);

  @TempDir Path scratch;

  private int acknowledgedInAll;

  private final Map<String, Disk> disks = new HashMap<>();
  private final Map<String, Journal> journals = new HashMap<>();
  private final Map<String, ConsensusGroup> groups = new HashMap<>();

  /** What of a state machine is on a node's disk. */
  private static final class Disk {
    List<String> lines = List.of();
    LogPosition position = LogPosition.NONE;
  }

  /** Writes down what is applied. */
  private static final class Journal implements GroupStateMachine {
    final Disk disk;
    List<String> lines;
    LogPosition applied;
    int foreign;
    boolean leading;
    @Nullable Throwable fault;

    Journal(Disk disk) {
      this.disk = disk;
      this.lines = new ArrayList<>(disk.lines);
      this.applied = disk.position;
    }

    @Override
    public LogPosition applied() {
      return applied;
    }

    @Override
    public LogPosition durable() {
      return disk.position;
    }

    @Override
    public @Nullable Object apply(LogPosition position, byte[] entry, @Nullable Object context) {
      assertThat(position.index()).isEqualTo(applied.index() + 1);
      applied = position;
      lines.add(new String(entry, StandardCharsets.UTF_8));
      return lines.size();
    }

    @Override
    public void advance(LogPosition position) {
      assertThat(position.index()).isEqualTo(applied.index() + 1);
      applied = position;
    }

    @Override
    public void foreignEntryAppended(byte[] entry) {
      foreign++;
    }

    @Override
    public void leadershipChanged(boolean isLeader, long term, @Nullable String leader) {
      leading = isLeader;
    }

    @Override
    public void membersChanged(Membership members) {}

    @Override
    public LogPosition flush() {
      disk.lines = List.copyOf(lines);
      disk.position = applied;
      return applied;
    }

    @Override
    public LogPosition checkpoint(Path directory) {
      try {
        Files.createDirectory(directory);
        Files.write(directory.resolve("lines"), lines);
        Files.writeString(directory.resolve("position"), applied.term() + " " + applied.index());
        return applied;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void install(Path directory) {
      try {
        lines = new ArrayList<>(Files.readAllLines(directory.resolve("lines")));
        String[] position = Files.readString(directory.resolve("position")).split(" ", 2);
        applied = new LogPosition(Long.parseLong(position[0]), Long.parseLong(position[1]));
        flush();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void stopped(@Nullable Throwable fault) {
      this.fault = fault;
    }

    @Override
    public void close() {}
  }

  @Test
  void shouldAgreeAndLoseNothingWhateverHappens() {
    long first = Seed.next("SimulatedConsensusTest");
    for (int round = 0; round < 40; round++) {
      run(first + round);
    }
    assertThat(acknowledgedInAll).isGreaterThan(40 * 20);
  }

  private void run(long seed) {
    VirtualTime time = new VirtualTime(seed);
    SimulatedCluster cluster = startThree(time, SimulationSettings.ROUGH, seed);
    Random random = time.random();
    List<String> acknowledged = new ArrayList<>();
    List<String> refused = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      String line = "line" + i;
      for (SimulatedNode node : cluster.nodes()) {
        if (node.isUp() && !node.isPaused() && group(node.id()).isLeader()) {
          propose(node.id(), line)
              .whenComplete((size, failure) -> sort(line, failure, acknowledged, refused));
          break;
        }
      }
      disturb(cluster, random);
      time.runFor(Duration.ofMillis(1 + random.nextInt(60)));
    }
    calm(cluster);
    assertThat(time.runUntil(() -> settled(cluster), LONG)).as("seed %s settles", seed).isTrue();
    List<String> agreed = journal("n1").lines;
    assertThat(agreed).as("seed %s", seed).doesNotHaveDuplicates().containsAll(acknowledged);
    assertThat(agreed).as("seed %s", seed).noneMatch(refused::contains);
    acknowledgedInAll += acknowledged.size();
    assertThat(journal("n2").lines).as("seed %s", seed).isEqualTo(agreed);
    assertThat(journal("n3").lines).as("seed %s", seed).isEqualTo(agreed);
    assertThat(journals.values()).allMatch(journal -> journal.fault == null);
  }

  private static void sort(
      String line, @Nullable Throwable failure, List<String> acknowledged, List<String> refused) {
    if (failure == null) {
      acknowledged.add(line);
    } else if (((HengeException) failure).code() == ErrorCode.NOT_LEADER) {
      refused.add(line);
    }
  }

  private void disturb(SimulatedCluster cluster, Random random) {
    SimulatedNode node = cluster.nodes().get(random.nextInt(3));
    switch (random.nextInt(24)) {
      case 0 -> cluster.partition(List.of(node.id()), others(node.id()));
      case 1 -> cluster.block(node.id(), others(node.id()).get(random.nextInt(2)));
      case 2, 3 -> cluster.heal();
      case 4 -> node.pause();
      case 5, 6 -> node.resume();
      case 7 -> node.crash();
      case 8, 9 -> {
        if (!node.isUp()) {
          restart(node);
        }
      }
      case 10, 11 -> {
        if (node.isUp()) {
          journal(node.id()).flush();
        }
      }
      case 12 -> {
        if (node.isUp()) {
          group(node.id()).purgeLog();
        }
      }
      case 13 -> {
        if (node.isUp() && group(node.id()).isLeader()) {
          group(node.id())
              .transferLeadership(others(node.id()).get(random.nextInt(2)), Duration.ofSeconds(1));
        }
      }
      default -> {}
    }
  }

  private void calm(SimulatedCluster cluster) {
    cluster.heal();
    cluster.settings(SimulationSettings.CALM);
    for (SimulatedNode node : cluster.nodes()) {
      node.resume();
      if (!node.isUp()) {
        restart(node);
      }
    }
  }

  private boolean settled(SimulatedCluster cluster) {
    long leaders = cluster.nodes().stream().filter(node -> group(node.id()).isLeader()).count();
    // A leader knows what is committed only once an entry of its own term is.
    return leaders == 1
        && journal("n1").applied.term() == group(leader(cluster)).term()
        && journal("n1").applied.equals(journal("n2").applied)
        && journal("n2").applied.equals(journal("n3").applied)
        && cluster.nodes().stream()
            .allMatch(
                node -> group(node.id()).committedIndex() == journal(node.id()).applied.index());
  }

  @Test
  void shouldLeaveACutOffLeaderInItsBelief() {
    VirtualTime time = new VirtualTime(3);
    SimulatedCluster cluster = startThree(time, SimulationSettings.CALM, 3);
    String old = leader(cluster);
    CompletableFuture<@Nullable Object> done = propose(old, "before");
    assertThat(time.runUntil(done::isDone, LONG)).isTrue();
    cluster.partition(List.of(old), others(old));
    CompletableFuture<@Nullable Object> lost = propose(old, "lost");
    assertThat(
            time.runUntil(
                () -> others(old).stream().anyMatch(id -> group(id).isLeader()),
                Duration.ofSeconds(2)))
        .isTrue();
    assertThat(group(old).isLeader()).isTrue();
    assertThat(lost).isNotDone();
    cluster.heal();
    assertThat(time.runUntil(lost::isCompletedExceptionally, LONG)).isTrue();
    assertThat(time.runUntil(() -> settled(cluster), LONG)).isTrue();
    assertThat(journal(old).lines).containsExactly("before");
  }

  @Test
  void shouldChangeMembersAndTransferLeadership() {
    VirtualTime time = new VirtualTime(5);
    SimulatedCluster cluster = startThree(time, SimulationSettings.CALM, 5);
    String leader = leader(cluster);
    propose(leader, "early");
    time.runFor(Duration.ofSeconds(1));
    assertThat(journal(leader).foreign).isZero();
    others(leader).forEach(id -> assertThat(journal(id).foreign).isEqualTo(1));
    journals.values().forEach(Journal::flush);
    group(leader).purgeLog();
    Journal joined = new Journal(new Disk());
    cluster.node("n4").consensus().start(GROUP, Start.JOIN, List.of(), joined);
    List<Member> members =
        List.of(
            new Member(leader, ""), new Member(others(leader).get(0), ""), new Member("n4", ""));
    CompletableFuture<Membership> changed = group(leader).changeMembers(members, LONG);
    assertThat(time.runUntil(changed::isDone, LONG)).isTrue();
    assertThat(changed.join().contains("n4")).isTrue();
    assertThat(changed.join().members()).hasSize(3);
    assertThat(time.runUntil(() -> joined.lines.contains("early"), LONG)).isTrue();
    CompletableFuture<Void> transferred = group(leader).transferLeadership("n4", LONG);
    assertThat(time.runUntil(transferred::isDone, LONG)).isTrue();
    assertThat(transferred).isCompleted();
    assertThat(time.runUntil(() -> joined.leading, LONG)).isTrue();
  }

  private SimulatedCluster startThree(VirtualTime time, SimulationSettings settings, long seed) {
    SimulatedCluster cluster = new SimulatedCluster(time, settings, makeScratch("seed" + seed));
    disks.clear();
    List<Member> members =
        List.of(new Member("n1", ""), new Member("n2", ""), new Member("n3", ""));
    for (Member member : members) {
      start(cluster.node(member.nodeId()), Start.CREATE, members);
    }
    assertThat(
            time.runUntil(
                () -> cluster.nodes().stream().anyMatch(node -> group(node.id()).isLeader()), LONG))
        .isTrue();
    return cluster;
  }

  private Path makeScratch(String name) {
    try {
      return Files.createDirectory(scratch.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void restart(SimulatedNode node) {
    node.restart();
    start(node, Start.RESTART, List.of());
  }

  private void start(SimulatedNode node, Start how, List<Member> members) {
    Journal journal = new Journal(disks.computeIfAbsent(node.id(), id -> new Disk()));
    journals.put(node.id(), journal);
    groups.put(node.id(), node.consensus().start(GROUP, how, members, journal).join());
  }

  private String leader(SimulatedCluster cluster) {
    return cluster.nodes().stream()
        .map(SimulatedNode::id)
        .filter(id -> group(id).isLeader())
        .findFirst()
        .orElseThrow();
  }

  private CompletableFuture<@Nullable Object> propose(String node, String line) {
    return group(node).propose(line.getBytes(StandardCharsets.UTF_8), null);
  }

  private ConsensusGroup group(String node) {
    return Objects.requireNonNull(groups.get(node));
  }

  private Journal journal(String node) {
    return Objects.requireNonNull(journals.get(node));
  }

  private static List<String> others(String node) {
    return List.of("n1", "n2", "n3").stream().filter(id -> !id.equals(node)).toList();
  }
}
