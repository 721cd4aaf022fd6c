package io.henge.server.copies;

import com.google.protobuf.ByteString;
import io.henge.api.internal.v1.CopyLag;
import io.henge.api.internal.v1.CopyLagsRequest;
import io.henge.api.internal.v1.CopyLagsResponse;
import io.henge.api.internal.v1.LedShard;
import io.henge.api.v1.NodeRecord;
import io.henge.replication.shard.ShardReplica;
import io.henge.replication.statemachine.CopyRule;
import io.henge.replication.statemachine.CopyWork;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.ShardState;
import io.henge.server.node.MetaView;
import io.henge.server.node.Peers;
import io.henge.server.node.Replicas;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far copies of documents lag behind their sources: in the shards that are led here, and, by
 * asking all nodes, in the cluster. Thread-safe.
 */
public final class CopyLags {
  private static final Logger LOG = LoggerFactory.getLogger(CopyLags.class);

  /** Rows that are looked at to tell the lag of a shard. */
  private static final int ROWS_MAX = 10_000;

  /** Rows that are counted to tell how many copies a shard has. */
  private static final int HOLDERS_MAX = 1_000_000;

  private static final long CONFIRM_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final String self;
  private final Replicas replicas;
  private final Supplier<List<Watched>> watched;
  private final Supplier<MetaView> view;
  private final Peers peers;
  private final CopyClock clock;
  private final CopyMeter meter;
  private final AtomicBoolean sampling = new AtomicBoolean();

  /** A shard that is led here and has something to follow. */
  record Watched(FollowedShard shard, ShardCopies worker, CopyHistory history) {}

  /**
   * What a node has told.
   *
   * @param lags null = it did not answer
   */
  public record Told(String nodeId, @Nullable CopyLagsResponse lags) {}

  CopyLags(
      String self,
      Replicas replicas,
      Supplier<List<Watched>> watched,
      Supplier<MetaView> view,
      Peers peers,
      CopyClock clock,
      CopyMeter meter) {
    this.self = self;
    this.replicas = replicas;
    this.watched = watched;
    this.view = view;
    this.peers = peers;
    this.clock = clock;
    this.meter = meter;
  }

  /** Of the shards that are led here. */
  public CompletableFuture<CopyLagsResponse> here(CopyLagsRequest request) {
    Set<Long> ids = ConcurrentHashMap.newKeySet();
    List<CompletableFuture<?>> confirmed = new ArrayList<>();
    for (ShardReplica replica : replicas.serving()) {
      if (replica.group().isLeader()) {
        long id = replica.description().shardId();
        confirmed.add(
            (request.getConfirmed()
                    ? replica.readIndex(System.nanoTime() + CONFIRM_NANOS)
                    : CompletableFuture.completedFuture(0L))
                .handle((index, failure) -> failure == null && ids.add(id)));
      }
    }
    return CompletableFuture.allOf(confirmed.toArray(CompletableFuture<?>[]::new))
        .thenApplyAsync(done -> response(request, ids), clock::execute);
  }

  private CopyLagsResponse response(CopyLagsRequest request, Set<Long> led) {
    CopyLagsResponse.Builder lags = CopyLagsResponse.newBuilder();
    Set<Long> looked = new TreeSet<>();
    for (Watched one : watched.get()) {
      looked.add(one.shard().id());
      lags.addAllLags(of(one, request.getHolders()));
    }
    for (ShardReplica replica : replicas.serving()) {
      long id = replica.description().shardId();
      // One that has become leader just now may have rows that were not looked at.
      if (led.contains(id) && (looked.contains(id) || !CopyWork.isFollowing(replica.state()))) {
        // After looking: if it was split meanwhile, what has left it was not told of.
        ShardDescription range = replica.description();
        lags.addLed(
            LedShard.newBuilder()
                .setShardId(id)
                .setStart(ByteString.copyFrom(range.start()))
                .setEnd(ByteString.copyFrom(range.end())));
      }
    }
    return lags.build();
  }

  private List<CopyLag> of(Watched one, boolean counted) {
    FollowedShard shard = one.shard();
    ShardState state = shard.state();
    Map<Integer, CopyWork.Waiting> waiting = waiting(one);
    Map<Integer, CopyHistory.Figures> history = one.history().figures();
    Map<Integer, CopyWork.Count> holders =
        counted ? shard.read(rows -> CopyWork.holders(rows, state, HOLDERS_MAX)) : Map.of();
    Set<Integer> rules = new TreeSet<>(waiting.keySet());
    rules.addAll(history.keySet());
    rules.addAll(holders.keySet());
    List<CopyLag> lags = new ArrayList<>();
    for (Integer rule : rules) {
      CopyLag.Builder lag = CopyLag.newBuilder().setRuleId(rule).setShardId(shard.id());
      CopyWork.Waiting rows = waiting.get(rule);
      if (rows != null) {
        lag.setOutgoing(rows.outgoing())
            .setChanges(rows.changes())
            .setLagMillis(Math.max(0, clock.millis() - rows.sinceMillis()))
            .setOldest(ByteString.copyFrom(rows.oldest()));
      }
      CopyHistory.Figures figures = history.getOrDefault(rule, CopyHistory.Figures.NONE);
      lag.setWorstMillis(Math.max(lag.getLagMillis(), figures.worstMillis()))
          .setHoldersChanged(figures.holders());
      CopyWork.Count count = holders.get(rule);
      if (count != null) {
        lag.setHolders(count.rows()).setMoreHolders(count.more());
      }
      lags.add(lag.build());
    }
    return lags;
  }

  private static Map<Integer, CopyWork.Waiting> waiting(Watched one) {
    ShardState state = one.shard().state();
    return one.worker().isIdle()
        ? Map.of()
        : one.shard().read(rows -> CopyWork.waiting(rows, state, ROWS_MAX));
  }

  /**
   * To be called every second: notes what waits in the shards that are led here. Does not block.
   */
  public void tick() {
    if (sampling.compareAndSet(false, true)) {
      clock.execute(this::sample);
    }
  }

  private void sample() {
    try {
      note();
    } catch (RuntimeException e) {
      LOG.debug("what waits of copies could not be noted this time", e);
    } finally {
      sampling.set(false);
    }
  }

  private void note() {
    long now = clock.millis();
    Map<Long, CopyMeter.Rows> shards = new HashMap<>();
    Map<Integer, CopyMeter.Wait> rules = new HashMap<>();
    for (Watched one : watched.get()) {
      ShardState state = one.shard().state();
      long outgoing = 0;
      long changes = 0;
      for (Map.Entry<Integer, CopyWork.Waiting> each : waiting(one).entrySet()) {
        CopyWork.Waiting rows = each.getValue();
        outgoing += rows.outgoing();
        changes += rows.changes();
        long millis = Math.max(0, now - rows.sinceMillis());
        one.history().waited(each.getKey(), millis);
        CopyRule rule = CopyWork.rule(state, each.getKey());
        if (rule != null) {
          rules.merge(
              each.getKey(),
              new CopyMeter.Wait(millis, rule.boundMillis()),
              (some, other) -> some.millis() >= other.millis() ? some : other);
        }
      }
      shards.put(one.shard().id(), new CopyMeter.Rows(outgoing, changes));
      for (CopyRule rule : CopyWork.following(state)) {
        rules.putIfAbsent(rule.id(), new CopyMeter.Wait(0, rule.boundMillis()));
      }
    }
    meter.waiting(shards, rules);
  }

  /** Of all nodes. What is told of nodes that do not answer is null; it never fails. */
  public CompletableFuture<List<Told>> everywhere(CopyLagsRequest request) {
    CompletableFuture<List<Told>> all = CompletableFuture.completedFuture(new ArrayList<>());
    for (NodeRecord node : view.get().map().nodes()) {
      CompletableFuture<Told> told = ask(node.getNodeId(), request);
      all =
          all.thenCombine(
              told,
              (before, one) -> {
                List<Told> joined = new ArrayList<>(before);
                joined.add(one);
                return joined;
              });
    }
    return all;
  }

  private CompletableFuture<Told> ask(String nodeId, CopyLagsRequest request) {
    CompletableFuture<CopyLagsResponse> told;
    if (nodeId.equals(self)) {
      told = here(request);
    } else {
      told = peers.copyLags(nodeId, request);
    }
    // A replica of this node may be closing just now.
    return told.handle((lags, failure) -> new Told(nodeId, failure == null ? lags : null));
  }

  /** What waits, by rule: the oldest of each, and how many there are. */
  public static Map<Integer, CopyLag> byRule(List<Told> all) {
    Map<Integer, CopyLag> joined = new TreeMap<>(Integer::compareUnsigned);
    for (Told told : all) {
      CopyLagsResponse lags = told.lags();
      if (lags != null) {
        lags.getLagsList().forEach(lag -> joined.merge(lag.getRuleId(), lag, CopyLags::join));
      }
    }
    return joined;
  }

  private static CopyLag join(CopyLag one, CopyLag two) {
    CopyLag older = one.getLagMillis() >= two.getLagMillis() ? one : two;
    return older.toBuilder()
        .clearShardId()
        .setOutgoing(one.getOutgoing() + two.getOutgoing())
        .setChanges(one.getChanges() + two.getChanges())
        .setWorstMillis(Math.max(one.getWorstMillis(), two.getWorstMillis()))
        .setHoldersChanged(one.getHoldersChanged() + two.getHoldersChanged())
        .setHolders(one.getHolders() + two.getHolders())
        .setMoreHolders(one.getMoreHolders() || two.getMoreHolders())
        .build();
  }
}
