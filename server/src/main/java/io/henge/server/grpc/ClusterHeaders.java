package io.henge.server.grpc;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.henge.api.internal.v1.NodeGrpc;
import io.henge.replication.NetworkFilter;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Nodes say in every call which cluster they belong to, who they are, and whom they expect: a node
 * of another cluster, or another incarnation on an old address, is told so and changes nothing.
 */
final class ClusterHeaders {
  private static final Metadata.Key<String> CLUSTER = key("henge-cluster-id");
  private static final Metadata.Key<String> FROM = key("henge-node-id");
  private static final Metadata.Key<String> TO = key("henge-target-node-id");

  /** Asked before one knows the other. */
  private static final Set<MethodDescriptor<?, ?>> OPEN =
      Set.of(NodeGrpc.getJoinMethod(), NodeGrpc.getPingMethod());

  private static final Context.Key<Boolean> FROM_NODE = Context.key("henge-from-node");

  private ClusterHeaders() {}

  /** Whether the call that is being handled on this thread is from another node. */
  static boolean isFromNode() {
    return Boolean.TRUE.equals(FROM_NODE.get());
  }

  private static Metadata.Key<String> key(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }

  /**
   * Puts the headers on calls.
   *
   * @param target node id that the calls are meant for; null = whoever answers
   * @param filter which messages get through, there and back
   */
  static ClientInterceptor client(
      String self, Supplier<String> clusterId, @Nullable String target, NetworkFilter filter) {
    return new ClientInterceptor() {
      @Override
      public <Q, A> ClientCall<Q, A> interceptCall(
          MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
          private boolean lost;

          @Override
          public void start(Listener<A> listener, Metadata headers) {
            String cluster = clusterId.get();
            if (!cluster.isEmpty()) {
              headers.put(CLUSTER, cluster);
            }
            headers.put(FROM, self);
            if (target != null) {
              headers.put(TO, target);
            }
            super.start(
                new SimpleForwardingClientCallListener<A>(listener) {
                  @Override
                  public void onMessage(A message) {
                    if (target == null || filter.allows(target, self)) {
                      super.onMessage(message);
                    }
                  }
                },
                headers);
          }

          @Override
          public void sendMessage(Q message) {
            if (target == null || filter.allows(self, target)) {
              super.sendMessage(message);
            } else {
              lost = true;
            }
          }

          @Override
          public void halfClose() {
            // The other side must not take a lost message for a broken call: it hears nothing.
            if (!lost) {
              super.halfClose();
            }
          }
        };
      }
    };
  }

  /** Checks the headers of calls. */
  static ServerInterceptor server(String self, Supplier<String> clusterId) {
    return new ServerInterceptor() {
      @Override
      public <Q, A> ServerCall.Listener<Q> interceptCall(
          ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        String problem = problem(call.getMethodDescriptor(), headers, self, clusterId.get());
        if (problem != null) {
          call.close(Status.PERMISSION_DENIED.withDescription(problem), new Metadata());
          return new ServerCall.Listener<>() {};
        }
        return headers.containsKey(FROM)
            ? Contexts.interceptCall(
                Context.current().withValue(FROM_NODE, true), call, headers, next)
            : next.startCall(call, headers);
      }
    };
  }

  private static @Nullable String problem(
      MethodDescriptor<?, ?> method, Metadata headers, String self, String mine) {
    String cluster = headers.get(CLUSTER);
    String target = headers.get(TO);
    boolean internal = NodeGrpc.SERVICE_NAME.equals(method.getServiceName());
    if (cluster != null && !mine.isEmpty() && !cluster.equals(mine)) {
      return OPEN.contains(method)
          ? null
          : "this node belongs to cluster " + mine + ", the caller to cluster " + cluster;
    }
    if (target != null && !target.equals(self)) {
      return "node "
          + target
          + " was expected at this address, found node "
          + self
          + "; it will be known as soon as it has been announced";
    }
    if (internal && cluster == null && !OPEN.contains(method)) {
      return "calls between nodes carry the cluster's id in the header henge-cluster-id";
    }
    return null;
  }
}
