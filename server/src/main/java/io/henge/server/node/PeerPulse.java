package io.henge.server.node;

import io.henge.api.internal.v1.PingRequest;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.Heirs;
import io.henge.replication.Member;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices that a node which leads groups has fallen silent: stopped, hung or cut off, so that
 * nothing resets its connections. Consensus would notice, too, but its election timeout is long,
 * since it must not lose leaders on busy machines, and may pass twice.
 *
 * <p>Every {@link #PERIOD_MILLIS} this node pings the leaders of its groups. When one has not
 * answered for {@link #SILENCE_MILLIS}, the other members are asked whether they miss it, too; if a
 * majority of a group does, they stand for election, one after another. So a link that is cut, or a
 * follower that hears nothing because it stands still itself, unseats nobody. A wrong verdict costs
 * an election; safety is the consensus' and the lease's.
 *
 * <p>Runs on the timer thread; {@link #misses} may be called on any.
 */
final class PeerPulse {
  private static final Logger LOG = LoggerFactory.getLogger(PeerPulse.class);

  static final long PERIOD_MILLIS = 150;

  /** A leader that has not answered for so long is missed. */
  static final long SILENCE_MILLIS = 450;

  /** Whoever is asked may have sent its own ping a little later. */
  private static final long AGREED_MILLIS = SILENCE_MILLIS - PERIOD_MILLIS;

  /** After standing once, consensus gets this time before it is tried again. */
  private static final long AGAIN_MILLIS = 1_500;

  /** So many ticks between pings of members that do not lead. */
  private static final int FELLOWS_EVERY = 16;

  private static final int UNANSWERED_MAX = 8;
  private static final Duration TIMEOUT = Duration.ofSeconds(2);
  private static final long NANOS_PER_MILLI = 1_000_000;

  private final String self;
  private final Supplier<? extends Collection<ConsensusGroup>> groups;
  private final Peers peers;
  private final Heirs.Timer later;
  private final LongSupplier nanoTime;
  private final Map<String, Pulse> pulses = new ConcurrentHashMap<>();
  private final Map<Object, Long> stoodNanos = new HashMap<>();
  private volatile long tickedNanos;
  private long ticks;

  private static final class Pulse {
    volatile long heardNanos;
    volatile int unanswered;

    Pulse(long now) {
      heardNanos = now;
    }
  }

  /**
   * Watches the leaders of groups.
   *
   * @param groups those that have a replica on this node
   * @param later runs tasks on the timer thread
   */
  PeerPulse(
      String self,
      Supplier<? extends Collection<ConsensusGroup>> groups,
      Peers peers,
      Heirs.Timer later,
      LongSupplier nanoTime) {
    this.self = self;
    this.groups = groups;
    this.peers = peers;
    this.later = later;
    this.nanoTime = nanoTime;
    this.tickedNanos = nanoTime.getAsLong();
  }

  /** Whether this node follows that one and has not heard of it for a while. */
  boolean misses(String nodeId) {
    Pulse pulse = pulses.get(nodeId);
    return pulse != null && silentMillis(pulse) >= AGREED_MILLIS && !isLate(nanoTime.getAsLong());
  }

  /** Whether this process has just stood still: then it has no right to miss anybody. */
  private boolean isLate(long now) {
    return now - tickedNanos > 2 * PERIOD_MILLIS * NANOS_PER_MILLI;
  }

  private long silentMillis(Pulse pulse) {
    return (nanoTime.getAsLong() - pulse.heardNanos) / NANOS_PER_MILLI;
  }

  /** To be called every {@link #PERIOD_MILLIS}. */
  void tick() {
    long now = nanoTime.getAsLong();
    boolean late = isLate(now);
    tickedNanos = now;
    Map<String, Set<ConsensusGroup>> led = led();
    pulses.keySet().retainAll(led.keySet());
    led.forEach(
        (node, following) -> {
          Pulse pulse = pulses.computeIfAbsent(node, id -> new Pulse(now));
          if (late) {
            // This process stood still: what it has not heard nobody may have failed to say.
            pulse.heardNanos = now;
          }
          if (silentMillis(pulse) >= SILENCE_MILLIS) {
            ask(node, following);
          }
          ping(node, pulse);
        });
    if (ticks++ % FELLOWS_EVERY == 0) {
      fellows(led.keySet());
    }
  }

  /** Keeps the connections open over which other members will be asked. */
  private void fellows(Set<String> leaders) {
    Set<String> fellows = new HashSet<>();
    for (ConsensusGroup group : groups.get()) {
      group.membership().members().stream().map(Member::nodeId).forEach(fellows::add);
    }
    fellows.removeAll(leaders);
    fellows.remove(self);
    for (String fellow : fellows) {
      peers.pulse(fellow, PingRequest.getDefaultInstance(), TIMEOUT);
    }
  }

  /** By node, the groups which that node leads and this one follows. */
  private Map<String, Set<ConsensusGroup>> led() {
    Map<String, Set<ConsensusGroup>> led = new HashMap<>();
    for (ConsensusGroup group : groups.get()) {
      String leader = group.leader();
      if (leader != null && !leader.equals(self) && group.membership().contains(self)) {
        led.computeIfAbsent(leader, id -> new HashSet<>()).add(group);
      }
    }
    return led;
  }

  private void ping(String node, Pulse pulse) {
    if (pulse.unanswered >= UNANSWERED_MAX) {
      return;
    }
    count(pulse, 1);
    peers
        .pulse(node, PingRequest.getDefaultInstance(), TIMEOUT)
        .whenComplete(
            (answer, failure) -> {
              count(pulse, -1);
              if (failure == null) {
                pulse.heardNanos = nanoTime.getAsLong();
              }
            });
  }

  private static void count(Pulse pulse, int change) {
    synchronized (pulse) {
      pulse.unanswered += change;
    }
  }

  /** Asks the other members of the groups whether they miss the node, too. */
  private void ask(String node, Set<ConsensusGroup> following) {
    Set<String> others = new HashSet<>();
    following.forEach(
        group -> group.membership().members().stream().map(Member::nodeId).forEach(others::add));
    others.remove(self);
    others.remove(node);
    Set<String> agreeing = ConcurrentHashMap.newKeySet();
    agreeing.add(self);
    PingRequest question = PingRequest.newBuilder().setMissedNodeId(node).build();
    for (String other : others) {
      peers
          .pulse(other, question, TIMEOUT)
          .whenComplete(
              (answer, failure) -> {
                if (failure == null && answer.getMissed()) {
                  agreeing.add(other);
                  later.after(0, () -> following.forEach(group -> succeed(group, node, agreeing)));
                }
              });
    }
  }

  private void succeed(ConsensusGroup group, String node, Set<String> agreeing) {
    List<Member> members = group.membership().members();
    long missing = members.stream().filter(member -> agreeing.contains(member.nodeId())).count();
    long now = nanoTime.getAsLong();
    Long stood = stoodNanos.get(group.id());
    boolean again = stood != null && now - stood < AGAIN_MILLIS * NANOS_PER_MILLI;
    if (2 * missing <= members.size() || again || !isMissed(group, node)) {
      return;
    }
    stoodNanos.put(group.id(), now);
    long delay = Heirs.succeed(group, node, self, () -> !isBack(node), later);
    LOG.info(
        "node {}, which leads {}, is silent; node {} stands in {} ms",
        node,
        group.id(),
        self,
        delay);
  }

  /** It has answered since. One that leads nothing any more is not asked, and not back. */
  private boolean isBack(String node) {
    Pulse pulse = pulses.get(node);
    return pulse != null && silentMillis(pulse) < AGREED_MILLIS;
  }

  private boolean isMissed(ConsensusGroup group, String node) {
    return node.equals(group.leader()) && misses(node);
  }
}
