package io.henge.client.internal.grpc;

import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioSocketChannel;
import io.grpc.stub.ClientCalls;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.v1.ClusterGrpc;
import io.henge.api.v1.CreateCollectionRequest;
import io.henge.api.v1.CreateCollectionResponse;
import io.henge.api.v1.DropCollectionRequest;
import io.henge.api.v1.DropCollectionResponse;
import io.henge.api.v1.GetMapRequest;
import io.henge.api.v1.HengeGrpc;
import io.henge.api.v1.MapUpdate;
import io.henge.api.v1.StatusRequest;
import io.henge.api.v1.StatusResponse;
import io.henge.api.v1.TransferLeaderRequest;
import io.henge.api.v1.TransferLeaderResponse;
import io.henge.api.v1.WatchMapRequest;
import io.henge.client.internal.batch.Loop;
import io.henge.client.internal.batch.NodeTransport;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * gRPC over netty with one thread. One channel to each address carries the request stream, the map
 * watch and unary calls. A channel that failed to connect is thrown away, since gRPC would wait
 * longer and longer before it tries again: pauses are decided by those who use the transport.
 */
public final class GrpcTransport implements NodeTransport {
  private static final int CONNECT_MILLIS = 2_000;

  /** Pages and batches of answers are larger than gRPC's default of 4 MiB allows. */
  private static final int MESSAGE_BYTES_MAX = 64 << 20;

  /** How much may pile up in a stream before it says that it is not ready. */
  private static final int ON_READY_BYTES = 256 << 10;

  /** How an idle or silent connection is found to be dead. The node must permit such pings. */
  private static final long KEEPALIVE_SECONDS = 20;

  private static final long KEEPALIVE_TIMEOUT_SECONDS = 5;
  private static final long CLOSE_SECONDS = 2;

  private final EventLoopGroup group;
  private final NettyLoop loop;
  private final Map<String, ManagedChannel> channels = new HashMap<>();
  private final Traffic traffic = new Traffic();

  /**
   * A transport with its thread.
   *
   * @param name of the thread
   */
  public GrpcTransport(String name) {
    ThreadFactory threads =
        task -> {
          Thread thread = new Thread(task, name);
          thread.setDaemon(true);
          return thread;
        };
    this.group = new MultiThreadIoEventLoopGroup(1, threads, NioIoHandler.newFactory());
    this.loop = new NettyLoop(group);
  }

  public Loop loop() {
    return loop;
  }

  @Override
  public RequestStream open(String address, Listener listener) {
    ManagedChannel channel = channel(address);
    CallOptions options = CallOptions.DEFAULT.withOnReadyThreshold(ON_READY_BYTES);
    GrpcStream stream =
        new GrpcStream(loop, address, listener, () -> discardIfBroken(address, channel));
    ClientCalls.asyncBidiStreamingCall(
        channel.newCall(HengeGrpc.getStreamMethod(), options), stream);
    stream.opened();
    return stream;
  }

  @Override
  public Subscription watchMap(String address, WatchMapRequest request, MapListener listener) {
    ManagedChannel channel = channel(address);
    GrpcMapWatch watch =
        new GrpcMapWatch(loop, address, listener, () -> discardIfBroken(address, channel));
    ClientCalls.asyncServerStreamingCall(
        channel.newCall(ClusterGrpc.getWatchMapMethod(), CallOptions.DEFAULT), request, watch);
    watch.opened();
    return watch;
  }

  @Override
  public CompletableFuture<MapUpdate> getMap(
      String address, GetMapRequest request, long timeoutMillis) {
    return unary(address, ClusterGrpc.getGetMapMethod(), request, timeoutMillis);
  }

  @Override
  public CompletableFuture<CreateCollectionResponse> createCollection(
      String address, CreateCollectionRequest request, long timeoutMillis) {
    return unary(address, ClusterGrpc.getCreateCollectionMethod(), request, timeoutMillis);
  }

  @Override
  public CompletableFuture<DropCollectionResponse> dropCollection(
      String address, DropCollectionRequest request, long timeoutMillis) {
    return unary(address, ClusterGrpc.getDropCollectionMethod(), request, timeoutMillis);
  }

  @Override
  public CompletableFuture<StatusResponse> status(
      String address, StatusRequest request, long timeoutMillis) {
    return unary(address, ClusterGrpc.getStatusMethod(), request, timeoutMillis);
  }

  @Override
  public CompletableFuture<TransferLeaderResponse> transferLeader(
      String address, TransferLeaderRequest request, long timeoutMillis) {
    return unary(address, ClusterGrpc.getTransferLeaderMethod(), request, timeoutMillis);
  }

  @Override
  public <A extends Message> CompletableFuture<A> cluster(
      String address, String method, Message request, Class<A> answer, long timeoutMillis) {
    return unary(address, clusterMethod(method), request, timeoutMillis).thenApply(answer::cast);
  }

  /** The generated descriptor; its marshallers see to it that requests have the right class. */
  @SuppressWarnings("unchecked")
  private static MethodDescriptor<Message, Message> clusterMethod(String name) {
    return ClusterGrpc.getServiceDescriptor().getMethods().stream()
        .filter(method -> name.equals(method.getBareMethodName()))
        .map(method -> (MethodDescriptor<Message, Message>) method)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("there is no method " + name));
  }

  private <Q, A> CompletableFuture<A> unary(
      String address, MethodDescriptor<Q, A> method, Q request, long timeoutMillis) {
    ManagedChannel channel = channel(address);
    CallOptions options =
        CallOptions.DEFAULT.withDeadlineAfter(timeoutMillis, TimeUnit.MILLISECONDS);
    ClientCall<Q, A> call = channel.newCall(method, options);
    GrpcUnary<A> answer = new GrpcUnary<>(loop, address, () -> discardIfBroken(address, channel));
    ClientCalls.asyncUnaryCall(call, request, answer);
    return answer.future();
  }

  @Override
  public long bytesSent() {
    return traffic.bytesSent();
  }

  @Override
  public long bytesReceived() {
    return traffic.bytesReceived();
  }

  private ManagedChannel channel(String address) {
    return channels.computeIfAbsent(address, this::connect);
  }

  private ManagedChannel connect(String address) {
    return builder(address)
        .eventLoopGroup(group)
        .channelType(NioSocketChannel.class)
        .directExecutor()
        .intercept(traffic)
        .usePlaintext()
        .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS)
        .maxInboundMessageSize(MESSAGE_BYTES_MAX)
        .keepAliveTime(KEEPALIVE_SECONDS, TimeUnit.SECONDS)
        .keepAliveTimeout(KEEPALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
        // Retries are ours; a proxy for the web is not for a database.
        .disableRetry()
        .disableServiceConfigLookUp()
        .proxyDetector(target -> null)
        .userAgent("henge-java")
        .build();
  }

  private static NettyChannelBuilder builder(String address) {
    int colon = address.lastIndexOf(':');
    String host = address.substring(0, colon);
    if (host.startsWith("[") || host.chars().allMatch(c -> c == '.' || (c >= '0' && c <= '9'))) {
      try {
        int port = Integer.parseInt(address.substring(colon + 1));
        return NettyChannelBuilder.forAddress(
            new InetSocketAddress(InetAddress.getByName(host), port));
      } catch (UnknownHostException e) {
        throw new HengeException(
            ErrorCode.INVALID_ARGUMENT, "address: not an IP address: " + host, e);
      }
    }
    return NettyChannelBuilder.forTarget("dns:///" + address);
  }

  /** The next use of the address connects anew, at once. */
  private void discardIfBroken(String address, ManagedChannel channel) {
    ConnectivityState state = channel.getState(false);
    if (state == ConnectivityState.TRANSIENT_FAILURE || state == ConnectivityState.SHUTDOWN) {
      channels.remove(address, channel);
      channel.shutdownNow();
    }
  }

  @Override
  public void close() {
    if (loop.inLoop()) {
      shutdown();
    } else {
      loop.execute(this::shutdown);
      group.terminationFuture().awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
    }
  }

  private void shutdown() {
    channels.values().forEach(ManagedChannel::shutdownNow);
    channels.clear();
    group.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS);
  }
}
