package io.henge.server.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.internal.v1.PingRequest;
import io.henge.api.internal.v1.PingResponse;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.GroupId;
import io.henge.replication.Heirs;
import io.henge.replication.Member;
import io.henge.replication.Membership;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Three nodes a, b, c; a leads; time moves by hand. */
class PeerPulseTest {
  private record Task(long millis, long order, Runnable run) {}

  private final PriorityQueue<Task> tasks =
      new PriorityQueue<>(Comparator.comparingLong(Task::millis).thenComparingLong(Task::order));
  private final Set<String> silent = new HashSet<>();
  private final Set<String> deafTo = new HashSet<>();
  private final List<String> stood = new ArrayList<>();
  private @Nullable String leader = "a";
  private long nowMillis;
  private long order;
  private final PeerPulse b = node("b");
  private final PeerPulse c = node("c");
  private long stoppedUntil;

  private PeerPulse node(String self) {
    PeerPulse pulse =
        new PeerPulse(
            self,
            () -> List.of(group(self)),
            peers(self),
            this::after,
            () -> nowMillis * 1_000_000);
    everyPeriod(self, pulse);
    return pulse;
  }

  private void everyPeriod(String self, PeerPulse pulse) {
    after(
        PeerPulse.PERIOD_MILLIS,
        () -> {
          if (!(self.equals("b") && nowMillis < stoppedUntil)) {
            pulse.tick();
          }
          everyPeriod(self, pulse);
        });
  }

  private void after(long millis, Runnable task) {
    tasks.add(new Task(nowMillis + millis, order++, task));
  }

  private void advance(long millis) {
    long until = nowMillis + millis;
    while (tasks.element().millis() <= until) {
      Task next = tasks.remove();
      nowMillis = Math.max(nowMillis, next.millis());
      next.run().run();
    }
    nowMillis = until;
  }

  private ConsensusGroup group(String self) {
    Membership members =
        new Membership(
            List.of(new Member("a", ""), new Member("b", ""), new Member("c", "")), 1, true);
    return proxy(
        ConsensusGroup.class,
        (name, arguments) ->
            switch (name) {
              case "id" -> new GroupId(1, 1);
              case "leader" -> leader;
              case "membership" -> members;
              case "term" -> 1L;
              case "standForElection" -> {
                stood.add(self);
                yield null;
              }
              default -> throw new UnsupportedOperationException(name);
            });
  }

  /** Answers come at once, or never. */
  private Peers peers(String self) {
    return proxy(
        Peers.class,
        (name, arguments) -> {
          String to = (String) arguments[0];
          PingRequest request = (PingRequest) arguments[1];
          if (silent.contains(to) || deafTo.contains(self + to)) {
            return new CompletableFuture<PingResponse>();
          }
          PeerPulse asked = to.equals("b") ? b : c;
          String missed = request.getMissedNodeId();
          return CompletableFuture.completedFuture(
              PingResponse.newBuilder()
                  .setMissed(!missed.isEmpty() && asked.misses(missed))
                  .build());
        });
  }

  private interface Answers {
    @Nullable Object of(String name, Object[] arguments);
  }

  private static <T> T proxy(Class<T> type, Answers answers) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "hashCode" -> 1;
                  case "equals" -> proxy == arguments[0];
                  default -> answers.of(method.getName(), arguments);
                }));
  }

  @Test
  void shouldLeaveALeaderThatAnswersAlone() {
    advance(60_000);
    assertThat(stood).isEmpty();
  }

  @Test
  void shouldStandWithinAPeriodAfterTheSilenceOneAfterAnother() {
    advance(1_000);
    silent.add("a");
    advance(PeerPulse.SILENCE_MILLIS + PeerPulse.PERIOD_MILLIS);
    assertThat(stood).hasSize(1);
    advance(Heirs.STAGGER_MILLIS);
    assertThat(stood).containsExactlyInAnyOrder("b", "c");
  }

  @Test
  void shouldLetTheSecondBeWhenTheFirstLeads() {
    advance(1_000);
    silent.add("a");
    advance(PeerPulse.SILENCE_MILLIS + PeerPulse.PERIOD_MILLIS);
    assertThat(stood).hasSize(1);
    leader = stood.get(0);
    advance(10_000);
    assertThat(stood).hasSize(1);
  }

  @Test
  void shouldNotUnseatALeaderThatOnlyOneFollowerDoesNotHear() {
    advance(1_000);
    deafTo.add("ba");
    advance(60_000);
    assertThat(stood).isEmpty();
    assertThat(b.misses("a")).isTrue();
    assertThat(c.misses("a")).isFalse();
  }

  @Test
  void shouldNotTakeItsOwnPauseForTheLeaders() {
    advance(1_000);
    silent.add("a");
    stoppedUntil = nowMillis + 2_000;
    advance(1_900);
    // The other one misses the leader, but has no majority.
    assertThat(stood).isEmpty();
    silent.remove("a");
    advance(10_000);
    assertThat(stood).isEmpty();
  }

  @Test
  void shouldGoBackOnItsDecisionWhenTheLeaderSpeaksAgain() {
    advance(1_000);
    silent.add("a");
    advance(PeerPulse.SILENCE_MILLIS);
    assertThat(stood).hasSize(1);
    silent.remove("a");
    advance(10_000);
    assertThat(stood).hasSize(1);
  }

  @Test
  void shouldStandAgainWhenAnElectionCameToNothing() {
    advance(1_000);
    silent.add("a");
    advance(PeerPulse.SILENCE_MILLIS + PeerPulse.PERIOD_MILLIS);
    leader = null;
    advance(5_000);
    assertThat(stood).contains("b", "c").hasSizeGreaterThan(2);
  }
}
