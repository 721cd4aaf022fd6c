package io.henge.server.copies;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.FollowCopiesRequest;
import io.henge.api.internal.v1.FollowCopiesResponse;
import io.henge.api.internal.v1.ReadSourcesRequest;
import io.henge.api.internal.v1.ReadSourcesResponse;
import io.henge.replication.shard.Completion;
import io.henge.replication.shard.ShardReplica;
import io.henge.replication.statemachine.CopySource;
import io.henge.replication.statemachine.CopyWork;
import io.henge.replication.statemachine.FollowCommand;
import io.henge.replication.statemachine.FollowOutcome;
import io.henge.replication.statemachine.RingRange;
import io.henge.replication.statemachine.SourceAudit;
import io.henge.replication.statemachine.SourceKey;
import io.henge.router.Shard;
import io.henge.router.ShardMap;
import io.henge.server.node.LocalShard;
import io.henge.server.node.LocalShards;
import io.henge.server.node.MetaView;
import io.henge.server.node.Peers;
import io.henge.server.node.Replicas;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a node does for declared copies of documents on other shards: a worker for each
 * shard that it leads, what other nodes' workers ask of those shards, and sources for writes.
 * Thread-safe; nothing blocks but what runs through {@link CopyClock#execute}.
 */
public final class Copies implements SourceFinder, CopyVerification, AutoCloseable {
  /** Documents or sources of one look at copies, about. */
  private static final int PAGE_DOCUMENTS = 500;

  /** Of those a second, until something else is set. */
  private static final int VERIFIED_DEFAULT = 50;

  /**
   * The same if each of them may have to be mended: a source that is wrong may have many holders.
   */
  private static final int PAGE_MENDED = 50;

  private final String self;
  private final Replicas replicas;
  private final LocalShards local;
  private final Supplier<MetaView> view;
  private final Peers peers;
  private final CopyClock clock;
  private final CopyMeter meter;
  private final CopyPace pace;
  private final CopyTransport transport = new Network();
  private final SourceReader reader;
  private final SourceAuditor auditor;
  private final SourceSearch search;
  private final CopyLags lags;
  private final CopyReports reports;
  private final Map<Long, Led> led = new ConcurrentHashMap<>();
  private volatile int verified = VERIFIED_DEFAULT;
  private volatile boolean closed;

  /** A shard that is led here, while it is. */
  private record Led(
      LedShard shard,
      ShardCopies worker,
      CopyGate gate,
      CopyHistory history,
      CopyChecks checks,
      CopyWalk walk) {}

  /**
   * @param perSecond holders that this node's workers change
   */
  public Copies(
      String self,
      Replicas replicas,
      LocalShards local,
      Supplier<MetaView> view,
      Peers peers,
      CopyClock clock,
      CopyMeter meter,
      long perSecond) {
    this.self = self;
    this.replicas = replicas;
    this.local = local;
    this.view = view;
    this.peers = peers;
    this.clock = clock;
    this.meter = meter;
    this.pace = new CopyPace(clock::nanoTime, perSecond);
    this.reader = new SourceReader(clock);
    this.auditor = new SourceAuditor(clock);
    this.search = new SourceSearch(transport::shardOf, this::read, clock);
    this.lags = new CopyLags(self, replicas, this::watched, view, peers, clock, meter);
    this.reports = new CopyReports(lags::everywhere, clock);
  }

  /** How many holders a second this node's workers change, from now on. */
  public void limitTo(long perSecond) {
    pace.limitTo(perSecond);
  }

  /** How many documents or sources a second of each shard are verified all the time; 0 = none. */
  public void verifyPerSecond(int documents) {
    verified = documents;
  }

  /** To be called every few milliseconds: workers follow leaderships, and go on. */
  public void tick() {
    if (closed) {
      return;
    }
    search.tick();
    led.values().removeIf(this::isOver);
    for (ShardReplica replica : replicas.serving()) {
      if (replica.group().isLeader() && CopyWork.isFollowing(replica.state())) {
        Led here = led(replica.description().shardId());
        if (here != null) {
          here.worker().tick();
          here.walk().tick();
        }
      }
    }
  }

  private boolean isOver(Led one) {
    if (one.shard().isLeading() && local.find(one.shard().id()) != null) {
      return false;
    }
    one.worker().close();
    return true;
  }

  private @Nullable Led led(long shardId) {
    return led.compute(
        shardId,
        (id, before) -> {
          if (before != null && before.shard().isLeading()) {
            return before;
          }
          if (before != null) {
            before.worker().close();
          }
          LocalShard found = local.find(id);
          if (closed || found == null || !found.replica().group().isLeader()) {
            return null;
          }
          LedShard shard = new LedShard(found);
          CopyHistory history = new CopyHistory(meter, clock::nanoTime);
          CopyChecks checks =
              new CopyChecks(shard, shard::confirmed, transport, this::audit, clock, meter);
          return new Led(
              shard,
              new ShardCopies(shard, transport, pace, clock, history),
              new CopyGate(shard),
              history,
              checks,
              new CopyWalk(shard, checks, clock, () -> verified));
        });
  }

  /** The shard that holds a position, if it is led here. */
  private @Nullable Led ledAt(byte[] position) {
    for (ShardReplica replica : replicas.serving()) {
      if (replica.group().isLeader()
          && replica.description().contains(position)
          && !replica.state().reshaping().isSealed()) {
        return led(replica.description().shardId());
      }
    }
    return null;
  }

  // ---- What others ask ----

  /** Has commands of another shard's worker applied by a shard that is led here. */
  public CompletableFuture<FollowCopiesResponse> followHere(FollowCopiesRequest request) {
    try {
      byte[] position = request.getPosition().toByteArray();
      Led here = ledAt(position);
      return here == null
          ? CompletableFuture.failedFuture(notLed())
          : follow(here, CopyMessages.commands(request)).thenApply(CopyMessages::response);
    } catch (HengeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private CompletableFuture<List<FollowOutcome>> follow(Led here, List<FollowCommand> commands) {
    return here.gate()
        .offer(commands)
        .thenCompose(
            outcomes ->
                isStale(outcomes)
                    ? replicas
                        .installCatalogue(here.shard().replica())
                        .thenCompose(done -> here.gate().offer(commands))
                    : CompletableFuture.completedFuture(outcomes));
  }

  private static boolean isStale(List<FollowOutcome> outcomes) {
    return outcomes.stream().anyMatch(one -> one.code() == ErrorCode.STALE_CATALOGUE);
  }

  /** The states of sources in a shard that is led here. */
  public CompletableFuture<ReadSourcesResponse> readHere(ReadSourcesRequest request) {
    List<SourceKey> sources = CopyMessages.sources(request);
    if (sources.isEmpty()) {
      return CompletableFuture.completedFuture(ReadSourcesResponse.getDefaultInstance());
    }
    return request.getAudit()
        ? locally(sources, auditor::audit).thenApply(CopyMessages::audits)
        : locally(sources, reader::read).thenApply(CopyMessages::states);
  }

  @Override
  public CompletableFuture<CopyFindings> verify(
      byte[] from, byte[] stage, int collectionId, boolean repair) {
    Led here = ledAt(from);
    if (here == null) {
      return CompletableFuture.failedFuture(notLed());
    }
    try {
      int max = repair ? PAGE_MENDED : PAGE_DOCUMENTS;
      return here.checks().page(from, stage, collectionId, repair, max);
    } catch (HengeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Where a verification of copies begins. */
  public static byte[] firstStage() {
    return VerifyStage.FIRST.encode();
  }

  private <T> CompletableFuture<List<T>> locally(
      List<SourceKey> sources,
      BiFunction<LedShard, List<SourceKey>, CompletableFuture<List<T>>> reads) {
    Led here = ledAt(sources.get(0).key());
    if (here == null) {
      return CompletableFuture.failedFuture(notLed());
    }
    CompletableFuture<List<T>> states = reads.apply(here.shard(), sources);
    states.whenComplete(
        (done, failure) -> {
          if (failure instanceof HengeException e && e.code() == ErrorCode.STALE_CATALOGUE) {
            // Whoever asked tries again.
            replicas.installCatalogue(here.shard().replica());
          }
        });
    return states;
  }

  private static HengeException notLed() {
    return new HengeException(
        ErrorCode.NOT_LEADER, "the shard that has the document is not led by this node");
  }

  /** How copies of documents keep up with their sources, here and elsewhere. */
  public CopyLags lags() {
    return lags;
  }

  /** The same, for those who read copies. */
  public CopyReporter reports() {
    return reports;
  }

  /** What is led here now, with something to follow. */
  private List<CopyLags.Watched> watched() {
    List<CopyLags.Watched> watched = new ArrayList<>();
    for (Led one : led.values()) {
      if (one.shard().isLeading()) {
        watched.add(new CopyLags.Watched(one.shard(), one.worker(), one.history()));
      }
    }
    return watched;
  }

  // ---- What is asked of others ----

  @Override
  public void find(Wish wish, Completion<Found> completion) {
    if (wish.again()) {
      meter.missing();
    } else {
      meter.foreseen();
    }
    search.find(wish, completion);
  }

  @Override
  public void flush() {
    search.flush();
  }

  private CompletableFuture<List<CopySource>> read(List<SourceKey> sources) {
    byte[] position = sources.get(0).key();
    String node = leaderOf(position);
    if (node == null) {
      return CompletableFuture.failedFuture(unknown());
    }
    return node.equals(self)
        ? locally(sources, reader::read)
        : peers
            .readSources(node, CopyMessages.request(sources))
            .thenApply(response -> CopyMessages.sources(response, sources));
  }

  private CompletableFuture<List<SourceAudit>> audit(List<SourceKey> sources) {
    String node = leaderOf(sources.get(0).key());
    if (node == null) {
      return CompletableFuture.failedFuture(unknown());
    }
    return node.equals(self)
        ? locally(sources, auditor::audit)
        : peers
            .readSources(node, CopyMessages.auditRequest(sources))
            .thenApply(response -> CopyMessages.audits(response, sources));
  }

  /** Who leads the shard that holds a position, as far as is known here. */
  private @Nullable String leaderOf(byte[] position) {
    for (ShardReplica replica : replicas.serving()) {
      if (replica.description().contains(position)
          && replicas.isMember(replica)
          && !replica.state().reshaping().isSealed()) {
        String leader = replica.group().leader();
        if (leader != null) {
          return leader;
        }
      }
    }
    Shard shard = view.get().map().shardFor(position);
    return shard == null ? null : shard.leader();
  }

  private static HengeException unknown() {
    return new HengeException(
        ErrorCode.UNAVAILABLE, "nobody is known to lead the shard that has the document");
  }

  private final class Network implements CopyTransport {
    @Override
    public CompletableFuture<List<FollowOutcome>> send(
        byte[] position, List<FollowCommand> commands) {
      String node = leaderOf(position);
      if (node == null) {
        return CompletableFuture.failedFuture(unknown());
      }
      if (node.equals(self)) {
        Led here = ledAt(position);
        return here == null ? CompletableFuture.failedFuture(notLed()) : follow(here, commands);
      }
      return peers
          .followCopies(node, CopyMessages.request(position, commands))
          .thenApply(response -> CopyMessages.outcomes(response, commands.size()));
    }

    @Override
    public long shardOf(byte[] position) {
      Shard shard = view.get().map().shardFor(position);
      return shard == null ? 0 : shard.id();
    }

    @Override
    public List<RingRange> divide(RingRange range) {
      ShardMap map = view.get().map();
      List<RingRange> parts = new ArrayList<>();
      byte[] next = range.start();
      for (Shard shard : map.shardsIn(range.start(), range.end())) {
        RingRange part = range.common(new RingRange(shard.start(), shard.end()));
        // Only if the map is whole there: what it leaves out must not be left out here.
        if (part == null || !java.util.Arrays.equals(part.start(), next)) {
          return List.of(range);
        }
        parts.add(part);
        next = part.end();
      }
      return !parts.isEmpty() && java.util.Arrays.equals(next, range.end())
          ? parts
          : List.of(range);
    }
  }

  @Override
  public void close() {
    closed = true;
    led.values().forEach(one -> one.worker().close());
    led.clear();
  }
}
