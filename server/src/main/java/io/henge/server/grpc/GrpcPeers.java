package io.henge.server.grpc;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import io.henge.api.Limits;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.ChangeMembersRequest;
import io.henge.api.internal.v1.ChangeMembersResponse;
import io.henge.api.internal.v1.CopyLagsRequest;
import io.henge.api.internal.v1.CopyLagsResponse;
import io.henge.api.internal.v1.FollowCopiesRequest;
import io.henge.api.internal.v1.FollowCopiesResponse;
import io.henge.api.internal.v1.JoinRequest;
import io.henge.api.internal.v1.JoinResponse;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.internal.v1.MetaUpdate;
import io.henge.api.internal.v1.NodeGrpc;
import io.henge.api.internal.v1.NodeReport;
import io.henge.api.internal.v1.PingRequest;
import io.henge.api.internal.v1.PingResponse;
import io.henge.api.internal.v1.ReadIndexRequest;
import io.henge.api.internal.v1.ReadIndexResponse;
import io.henge.api.internal.v1.ReadSourcesRequest;
import io.henge.api.internal.v1.ReadSourcesResponse;
import io.henge.api.internal.v1.ReportAnswer;
import io.henge.api.internal.v1.TransferLeadershipRequest;
import io.henge.api.internal.v1.TransferLeadershipResponse;
import io.henge.api.internal.v1.WatchMetaRequest;
import io.henge.api.v1.HengeGrpc;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.StatusRequest;
import io.henge.api.v1.StatusResponse;
import io.henge.replication.NetworkFilter;
import io.henge.server.node.Address;
import io.henge.server.node.MetaLeader;
import io.henge.server.node.Peers;
import io.henge.server.node.ShardReshaper;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Calls to other nodes over gRPC: one connection to each, opened when first needed, opened anew
 * when the node's address changes.
 */
public final class GrpcPeers implements Peers, PeerStreams, AutoCloseable {
  private static final Duration CALL = Duration.ofSeconds(2);

  /** A change of members waits until a newcomer has caught up. */
  private static final Duration LONG_CALL = Duration.ofSeconds(90);

  private final String self;
  private final Supplier<String> clusterId;
  private final Function<String, @Nullable NodeRecord> nodes;
  private final Limits limits;
  private final NetworkFilter filter;
  private final Map<String, Link> links = new ConcurrentHashMap<>();
  private volatile boolean closed;

  /**
   * Calls on behalf of a node.
   *
   * @param clusterId empty until it is known
   * @param nodes what is known of a node, or null
   * @param filter which messages get through
   */
  public GrpcPeers(
      String self,
      Supplier<String> clusterId,
      Function<String, @Nullable NodeRecord> nodes,
      Limits limits,
      NetworkFilter filter) {
    this.self = self;
    this.clusterId = clusterId;
    this.nodes = nodes;
    this.limits = limits;
    this.filter = filter;
  }

  /** A connection to one node at one address. */
  private final class Link {
    final String address;
    final ManagedChannel connection;
    final Channel channel;
    final PeerStream stream;

    Link(String address, @Nullable String target) {
      this.address = address;
      this.connection = connect(address);
      this.channel =
          ClientInterceptors.intercept(
              connection, ClusterHeaders.client(self, clusterId, target, filter));
      this.stream =
          new PeerStream(
              observer ->
                  ClientCalls.asyncBidiStreamingCall(
                      channel.newCall(HengeGrpc.getStreamMethod(), CallOptions.DEFAULT), observer),
              System::nanoTime);
    }

    void close() {
      stream.close();
      connection.shutdownNow();
    }
  }

  private ManagedChannel connect(String text) {
    Address address = Address.parse("address", text);
    return NettyChannelBuilder.forAddress(address.host(), address.port())
        .usePlaintext()
        .directExecutor()
        .maxInboundMessageSize(GrpcEndpoint.messageBytesMax(limits))
        // A stopped process never resets its connections: find out by asking.
        .keepAliveTime(5, TimeUnit.SECONDS)
        .keepAliveTimeout(2, TimeUnit.SECONDS)
        .keepAliveWithoutCalls(true)
        .disableRetry()
        .build();
  }

  private @Nullable Link link(String nodeId) {
    NodeRecord node = nodes.apply(nodeId);
    if (node == null || closed) {
      return null;
    }
    String address = node.getClientAddress();
    Link known = links.get(nodeId);
    if (known != null && known.address.equals(address)) {
      return known;
    }
    return links.compute(
        nodeId,
        (id, old) -> {
          if (old != null && old.address.equals(address)) {
            return old;
          }
          if (old != null) {
            old.close();
          }
          return new Link(address, nodeId);
        });
  }

  @Override
  public @Nullable PeerStream stream(String nodeId) {
    Link link = link(nodeId);
    return link == null ? null : link.stream;
  }

  @Override
  public List<Exchange> takeBack(BiPredicate<String, Long> isMoved) {
    List<Exchange> taken = new ArrayList<>();
    links.forEach(
        (node, link) -> taken.addAll(link.stream.takeBack(shard -> isMoved.test(node, shard))));
    return taken;
  }

  /** Fails passed-on requests whose time is over; to be called now and then. */
  public void expire() {
    links.values().forEach(link -> link.stream.expire());
  }

  /** Lets connections that wait to try again do so now: a node that was away is back. */
  public void hurry(String nodeId) {
    Link link = links.get(nodeId);
    if (link != null) {
      link.connection.resetConnectBackoff();
    }
  }

  /** A channel to a node, with the headers; null if its address is not known. */
  @Nullable Channel channel(String nodeId) {
    Link link = link(nodeId);
    return link == null ? null : link.channel;
  }

  <Q, A> CompletableFuture<A> call(
      String nodeId, MethodDescriptor<Q, A> method, Q request, Duration timeout) {
    Link link = link(nodeId);
    if (link == null) {
      return CompletableFuture.failedFuture(
          new HengeException(
              ErrorCode.UNAVAILABLE, "the address of node " + nodeId + " is unknown"));
    }
    return call(link.channel, method, request, timeout);
  }

  private static <Q, A> CompletableFuture<A> call(
      Channel channel, MethodDescriptor<Q, A> method, Q request, Duration timeout) {
    ClientCall<Q, A> call =
        channel.newCall(
            method,
            CallOptions.DEFAULT.withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS));
    CompletableFuture<A> future = new CompletableFuture<>();
    ClientCalls.asyncUnaryCall(
        call,
        request,
        new StreamObserver<A>() {
          @Override
          public void onNext(A answer) {
            future.complete(answer);
          }

          @Override
          public void onError(Throwable failure) {
            future.completeExceptionally(Answers.known(failure));
          }

          @Override
          public void onCompleted() {}
        });
    return future;
  }

  /** A call to whoever listens at an address; the connection lives as long as the call. */
  private <Q, A> CompletableFuture<A> callOnce(
      String address, MethodDescriptor<Q, A> method, Q request, Duration timeout) {
    ManagedChannel connection = connect(address);
    Channel channel =
        ClientInterceptors.intercept(
            connection, ClusterHeaders.client(self, clusterId, null, filter));
    CompletableFuture<A> future = call(channel, method, request, timeout);
    future.whenComplete((answer, failure) -> connection.shutdown());
    return future;
  }

  @Override
  public CompletableFuture<JoinResponse> join(String clientAddress, JoinRequest request) {
    return callOnce(clientAddress, NodeGrpc.getJoinMethod(), request, CALL.multipliedBy(2));
  }

  @Override
  public CompletableFuture<PingResponse> ping(String clientAddress, Duration timeout) {
    return callOnce(
        clientAddress, NodeGrpc.getPingMethod(), PingRequest.getDefaultInstance(), timeout);
  }

  @Override
  public CompletableFuture<PingResponse> pulse(
      String nodeId, PingRequest request, Duration timeout) {
    return call(nodeId, NodeGrpc.getPingMethod(), request, timeout);
  }

  @Override
  public CompletableFuture<ReportAnswer> report(String nodeId, NodeReport report) {
    return call(nodeId, NodeGrpc.getReportMethod(), report, CALL);
  }

  @Override
  public CompletableFuture<StatusResponse> status(String nodeId) {
    return call(
        nodeId, NodeGrpc.getClusterStatusMethod(), StatusRequest.getDefaultInstance(), CALL);
  }

  @Override
  public CompletableFuture<MetaResult> proposeMeta(String nodeId, MetaCommand command) {
    return call(nodeId, NodeGrpc.getProposeMetaMethod(), command, CALL);
  }

  @Override
  public CompletableFuture<ReadIndexResponse> readIndex(String nodeId, ReadIndexRequest request) {
    return call(nodeId, NodeGrpc.getReadIndexMethod(), request, CALL);
  }

  @Override
  public CompletableFuture<ChangeMembersResponse> changeMembers(
      String nodeId, ChangeMembersRequest request) {
    return call(nodeId, NodeGrpc.getChangeMembersMethod(), request, LONG_CALL);
  }

  @Override
  public CompletableFuture<TransferLeadershipResponse> transferLeadership(
      String nodeId, TransferLeadershipRequest request) {
    return call(nodeId, NodeGrpc.getTransferLeadershipMethod(), request, CALL.multipliedBy(5));
  }

  @Override
  public CompletableFuture<FollowCopiesResponse> followCopies(
      String nodeId, FollowCopiesRequest request) {
    return call(nodeId, NodeGrpc.getFollowCopiesMethod(), request, CALL);
  }

  @Override
  public CompletableFuture<ReadSourcesResponse> readSources(
      String nodeId, ReadSourcesRequest request) {
    return call(nodeId, NodeGrpc.getReadSourcesMethod(), request, CALL);
  }

  @Override
  public CompletableFuture<CopyLagsResponse> copyLags(String nodeId, CopyLagsRequest request) {
    return call(nodeId, NodeGrpc.getCopyLagsMethod(), request, CALL);
  }

  @Override
  public MetaLeader metaLeader(String nodeId) {
    return new RemoteMetaLeader(this, nodeId);
  }

  @Override
  public ShardReshaper reshaper(String nodeId) {
    return new RemoteReshaper(this, nodeId);
  }

  @Override
  public Runnable watchMeta(
      String nodeId, Consumer<MetaUpdate> onUpdate, Consumer<@Nullable Throwable> onEnd) {
    Link link = link(nodeId);
    if (link == null) {
      onEnd.accept(
          new HengeException(
              ErrorCode.UNAVAILABLE, "the address of node " + nodeId + " is unknown"));
      return () -> {};
    }
    MetaWatch watch = new MetaWatch(onUpdate, onEnd);
    ClientCalls.asyncServerStreamingCall(
        link.channel.newCall(NodeGrpc.getWatchMetaMethod(), CallOptions.DEFAULT),
        WatchMetaRequest.getDefaultInstance(),
        watch);
    return watch::cancel;
  }

  private static final class MetaWatch
      implements ClientResponseObserver<WatchMetaRequest, MetaUpdate> {
    private final Consumer<MetaUpdate> onUpdate;
    private final Consumer<@Nullable Throwable> onEnd;
    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile @Nullable ClientCallStreamObserver<WatchMetaRequest> call;

    MetaWatch(Consumer<MetaUpdate> onUpdate, Consumer<@Nullable Throwable> onEnd) {
      this.onUpdate = onUpdate;
      this.onEnd = onEnd;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<WatchMetaRequest> started) {
      call = started;
    }

    @Override
    public void onNext(MetaUpdate update) {
      onUpdate.accept(update);
    }

    @Override
    public void onError(Throwable failure) {
      end(failure);
    }

    @Override
    public void onCompleted() {
      end(null);
    }

    private void end(@Nullable Throwable reason) {
      if (ended.compareAndSet(false, true)) {
        onEnd.accept(reason);
      }
    }

    void cancel() {
      ended.set(true);
      ClientCallStreamObserver<WatchMetaRequest> started = call;
      if (started != null) {
        started.cancel("no longer needed", null);
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    links.values().forEach(Link::close);
    links.clear();
  }
}
