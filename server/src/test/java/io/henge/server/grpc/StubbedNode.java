package io.henge.server.grpc;

import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.henge.api.v1.ClusterGrpc;
import io.henge.api.v1.HengeGrpc;
import io.henge.server.Henge;
import java.util.concurrent.TimeUnit;

/** A node as any client in any language sees it: by the generated stubs alone. */
final class StubbedNode implements AutoCloseable {
  private final Henge henge;
  private final ManagedChannel channel;

  /** Of a cluster that is closed with it: its first node. */
  StubbedNode(Henge henge) {
    this.henge = henge;
    this.channel =
        ManagedChannelBuilder.forTarget(henge.nodes().get(0).clientAddress())
            .usePlaintext()
            .build();
  }

  ManagedChannel channel() {
    return channel;
  }

  Henge henge() {
    return henge;
  }

  HengeGrpc.HengeBlockingStub items() {
    return HengeGrpc.newBlockingStub(channel);
  }

  ClusterGrpc.ClusterBlockingStub cluster() {
    return ClusterGrpc.newBlockingStub(channel);
  }

  @Override
  public void close() {
    channel.shutdownNow();
    try {
      channel.awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    henge.close();
  }
}
