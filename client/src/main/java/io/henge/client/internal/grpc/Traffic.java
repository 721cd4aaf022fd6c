package io.henge.client.internal.grpc;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.util.concurrent.atomic.LongAdder;

/** Counts the bytes of all messages that go through a channel, as they are on the wire. */
final class Traffic extends ClientStreamTracer.Factory implements ClientInterceptor {
  private final LongAdder sent = new LongAdder();
  private final LongAdder received = new LongAdder();

  private final ClientStreamTracer tracer =
      new ClientStreamTracer() {
        @Override
        public void outboundWireSize(long bytes) {
          sent.add(bytes);
        }

        @Override
        public void inboundWireSize(long bytes) {
          received.add(bytes);
        }
      };

  long bytesSent() {
    return sent.sum();
  }

  long bytesReceived() {
    return received.sum();
  }

  @Override
  public ClientStreamTracer newClientStreamTracer(
      ClientStreamTracer.StreamInfo info, Metadata headers) {
    return tracer;
  }

  @Override
  public <Q, A> ClientCall<Q, A> interceptCall(
      MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
    return next.newCall(method, options.withStreamTracerFactory(this));
  }
}
