package io.henge.server.grpc;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerInterceptor;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.henge.api.Limits;
import io.henge.api.error.HengeException;
import io.henge.api.v1.ClusterGrpc;
import io.henge.api.v1.HengeGrpc;
import io.henge.server.node.Address;
import io.henge.server.node.Ports;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The gRPC port: services, health and reflection, so that standard tools work. */
public final class GrpcEndpoint implements AutoCloseable {
  /** What is being answered may finish; connections that idle are not waited for. */
  private static final long STOP_MILLIS = 100;

  private final Server server;
  private final HealthStatusManager health;
  private final List<Runnable> shutDownStreams;

  private GrpcEndpoint(Server server, HealthStatusManager health, List<Runnable> shutDownStreams) {
    this.server = server;
    this.health = health;
    this.shutDownStreams = shutDownStreams;
  }

  /**
   * Largest message that a node takes: a full batch or page, several small requests, and frames.
   */
  static int messageBytesMax(Limits limits) {
    return limits.batchBytesMax() + limits.pageBytesMax() + limits.valueBytesMax() + (1 << 20);
  }

  /**
   * Opens the port.
   *
   * @param shutDownStreams ends what would never end by itself
   * @throws HengeException UNAVAILABLE if the port cannot be had
   */
  static GrpcEndpoint start(
      Address listen,
      Limits limits,
      ServerInterceptor interceptor,
      List<BindableService> services,
      List<Runnable> shutDownStreams) {
    HealthStatusManager health = new HealthStatusManager();
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(listen.resolve())
            .directExecutor()
            .maxInboundMessageSize(messageBytesMax(limits))
            .permitKeepAliveTime(1, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true)
            .keepAliveTime(10, TimeUnit.SECONDS)
            .keepAliveTimeout(5, TimeUnit.SECONDS)
            .intercept(interceptor)
            .addService(health.getHealthService())
            .addService(ProtoReflectionServiceV1.newInstance())
            .addService(olderReflection());
    services.forEach(builder::addService);
    GrpcEndpoint endpoint;
    try {
      endpoint = new GrpcEndpoint(builder.build().start(), health, List.copyOf(shutDownStreams));
    } catch (IOException e) {
      throw new Ports.Taken("listen", listen, e);
    }
    endpoint.serving(false);
    return endpoint;
  }

  /** Many tools still ask in the version before the first. */
  @SuppressWarnings("deprecation")
  private static BindableService olderReflection() {
    return io.grpc.protobuf.services.ProtoReflectionService.newInstance();
  }

  /** Tells health checkers. */
  public void serving(boolean serving) {
    ServingStatus status = serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
    health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, status);
    health.setStatus(HengeGrpc.SERVICE_NAME, status);
    health.setStatus(ClusterGrpc.SERVICE_NAME, status);
  }

  public int port() {
    return server.getPort();
  }

  /** Stops taking requests, ends what runs, closes the port. */
  @Override
  public void close() {
    health.enterTerminalState();
    server.shutdown();
    shutDownStreams.forEach(Runnable::run);
    try {
      if (!server.awaitTermination(STOP_MILLIS, TimeUnit.MILLISECONDS)) {
        kill();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      server.shutdownNow();
    }
  }

  /** Closes the port and all connections at once. */
  public void kill() {
    server.shutdownNow();
    try {
      server.awaitTermination(2, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
