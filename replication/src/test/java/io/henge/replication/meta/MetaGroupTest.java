package io.henge.replication.meta;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.UnknownFieldSet;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.testing.Seed;
import io.henge.api.v1.CollectionRecord;
import io.henge.engine.StorageEngine;
import io.henge.engine.StoreSlot;
import io.henge.engine.memory.InMemoryStorageEngine;
import io.henge.replication.Consensus.Start;
import io.henge.replication.GroupId;
import io.henge.replication.Member;
import io.henge.replication.sim.SimulatedCluster;
import io.henge.replication.sim.SimulatedNode;
import io.henge.replication.sim.SimulationSettings;
import io.henge.replication.sim.VirtualTime;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetaGroupTest {
  private static final GroupId META = new GroupId(7, GroupId.META);
  private static final List<String> NODES =
      List.of("000000000000000a", "000000000000000b", "000000000000000c");
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path directory;

  private final Map<String, MetaGroup> groups = new HashMap<>();

  /**
   * Lost messages, lost answers, crashes and partitions; each command is asked for again under its
   * id until it is answered. Each takes effect once: collection ids have no gap.
   */
  @Test
  void shouldTakeEachCommandOnceWhateverHappens() {
    long first = Seed.next("MetaGroupTest");
    int retries = 0;
    for (int round = 0; round < 5; round++) {
      long seed = first + round;
      VirtualTime time = new VirtualTime(seed);
      SimulatedCluster cluster = start(time, "round" + round);
      settle(time, MetaCommands.form(MetaCommands.id(1)), cluster, "round" + round);
      cluster.settings(SimulationSettings.ROUGH);
      for (int i = 0; i < 40; i++) {
        MetaCommand command = MetaCommands.collection(MetaCommands.id(100 + i), "c" + i);
        disturb(cluster, time, "round" + round);
        retries += settle(time, command, cluster, "round" + round);
      }
      calm(cluster, "round" + round);
      assertThat(time.runUntil(this::allEqual, LONG)).as("seed %s", seed).isTrue();
      assertThat(leader(cluster).state().collections())
          .as("seed %s", seed)
          .extracting(CollectionRecord::getId)
          .hasSize(40)
          .doesNotHaveDuplicates()
          .allMatch(id -> id <= 40);
    }
    assertThat(retries).isGreaterThan(50);
  }

  @Test
  void shouldRefuseWhatItCannotPropose() {
    VirtualTime time = new VirtualTime(1);
    SimulatedCluster cluster = start(time, "refuse");
    MetaGroup leader = leader(cluster);
    MetaGroup follower =
        groups.values().stream().filter(group -> group != leader).findFirst().orElseThrow();
    assertThat(code(follower.propose(MetaCommands.form(MetaCommands.id(1)))))
        .isEqualTo(ErrorCode.NOT_LEADER);
    UnknownFieldSet unknown =
        UnknownFieldSet.newBuilder()
            .addField(99, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
            .build();
    MetaCommand newer =
        MetaCommands.form(MetaCommands.id(1)).toBuilder().setUnknownFields(unknown).build();
    assertThat(code(leader.propose(newer))).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    // A node of a newer version enters with what is known of it.
    MetaCommand.Builder form = MetaCommands.form(MetaCommands.id(2)).toBuilder();
    form.getFormClusterBuilder().getFirstNodeBuilder().setUnknownFields(unknown);
    CompletableFuture<MetaResult> formed = leader.propose(form.build());
    assertThat(time.runUntil(formed::isDone, LONG)).isTrue();
    assertThat(formed.join().getCode()).isZero();
    // Nodes of an older version would stop on it.
    MetaCommand documents = MetaCommands.documents(MetaCommands.id(3), "orders");
    assertThat(code(leader.propose(documents))).isEqualTo(ErrorCode.CONDITION_FAILED);
    assertThat(leader.nextRequestId()).isNotEqualTo(leader.nextRequestId());
    assertThat(follower.leader()).isEqualTo(leader.leader());
  }

  /** Asks until it is answered; returns how often it had to ask again. */
  private int settle(VirtualTime time, MetaCommand command, SimulatedCluster cluster, String name) {
    for (int retries = 0; retries < 500; retries++) {
      List<CompletableFuture<MetaResult>> answers = new ArrayList<>();
      for (SimulatedNode node : cluster.nodes()) {
        if (node.isUp() && !node.isPaused()) {
          answers.add(group(node.id()).propose(command));
        }
      }
      time.runFor(Duration.ofMillis(300));
      for (CompletableFuture<MetaResult> answer : answers) {
        if (answer.isDone() && !answer.isCompletedExceptionally()) {
          assertThat(answer.join().getMessage()).isEmpty();
          return retries;
        }
      }
      if (retries % 10 == 9) {
        revive(cluster, name);
      }
    }
    throw new AssertionError("never answered: " + command);
  }

  private void disturb(SimulatedCluster cluster, VirtualTime time, String name) {
    SimulatedNode node = cluster.nodes().get(time.random().nextInt(3));
    switch (time.random().nextInt(6)) {
      case 0 -> cluster.partition(List.of(node.id()), others(node.id()));
      case 1 -> cluster.heal();
      case 2 -> node.pause();
      case 3 -> node.resume();
      case 4 -> {
        if (node.isUp()) {
          group(node.id()).machine().flush();
          node.crash();
        }
      }
      default -> {
        for (SimulatedNode each : cluster.nodes()) {
          if (!each.isUp()) {
            each.restart();
            start(each, Start.RESTART, name);
          }
        }
      }
    }
  }

  private void calm(SimulatedCluster cluster, String name) {
    cluster.settings(SimulationSettings.CALM);
    revive(cluster, name);
  }

  private void revive(SimulatedCluster cluster, String name) {
    cluster.heal();
    for (SimulatedNode node : cluster.nodes()) {
      node.resume();
      if (!node.isUp()) {
        node.restart();
        start(node, Start.RESTART, name);
      }
    }
  }

  private boolean allEqual() {
    MetaGroup one = group(NODES.get(0));
    return groups.values().stream().anyMatch(MetaGroup::isLeader)
        && groups.values().stream()
            .allMatch(
                group ->
                    group.state().equals(one.state())
                        && group.machine().applied().equals(one.machine().applied())
                        && group.consensus().committedIndex() == one.machine().applied().index());
  }

  private SimulatedCluster start(VirtualTime time, String name) {
    groups.clear();
    SimulatedCluster cluster = new SimulatedCluster(time, SimulationSettings.CALM, null);
    for (String node : NODES) {
      start(cluster.node(node), Start.CREATE, name);
    }
    assertThat(time.runUntil(() -> groups.values().stream().anyMatch(MetaGroup::isLeader), LONG))
        .isTrue();
    return cluster;
  }

  /** Each life has an engine of its own, as a new process would. */
  private void start(SimulatedNode node, Start how, String name) {
    StorageEngine engine = new InMemoryStorageEngine();
    StoreSlot slot = StoreSlot.open(engine, directory.resolve(name).resolve(node.id()));
    MetaStateMachine machine = new MetaStateMachine(engine, slot, slot::swap);
    List<Member> members = NODES.stream().map(id -> new Member(id, "")).toList();
    groups.put(
        node.id(),
        new MetaGroup(
            node.consensus().start(META, how, members, machine).join(),
            machine,
            node.id(),
            node.nanoTime(),
            node::wallMillis));
  }

  private MetaGroup leader(SimulatedCluster cluster) {
    return cluster.nodes().stream()
        .map(node -> group(node.id()))
        .filter(MetaGroup::isLeader)
        .findFirst()
        .orElseThrow();
  }

  private MetaGroup group(String id) {
    return Objects.requireNonNull(groups.get(id));
  }

  private static List<String> others(String id) {
    return NODES.stream().filter(other -> !other.equals(id)).toList();
  }

  private static ErrorCode code(CompletableFuture<MetaResult> future) {
    assertThat(future).isCompletedExceptionally();
    return future
        .handle((result, failure) -> ((HengeException) Objects.requireNonNull(failure)).code())
        .join();
  }
}
