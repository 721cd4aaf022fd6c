package io.henge.replication.ratis;

import io.henge.replication.NetworkFilter;
import java.util.concurrent.RejectedExecutionException;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.ReadIndexRequestProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.proto.grpc.RaftServerProtocolServiceGrpc;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.io.grpc.Attributes;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.apache.ratis.thirdparty.io.grpc.ServerTransportFilter;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyServerBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Looks at every message that reaches the replication port. Only members talk to it: Ratis'
 * services for clients and administrators are on the same port and are refused. What is meant for
 * another node (a stale address, a port that was given to somebody else) is refused. And the {@link
 * NetworkFilter} drops what tests want dropped: a stream that lost a message stays dumb, as on a
 * network that swallows packets, until both directions are open again; then it is reset. What gets
 * through to a replica, {@link ReplicaGate} decides. Entries and heartbeats of a leader that is
 * followed are handled on event loops, everything else by {@link SlowCalls}. Ratis' exceptions stay
 * here: with their traces they are longer than the headers that a channel takes, and the other side
 * would see nothing but that.
 */
final class PeerTraffic implements ServerInterceptor {
  private static final Attributes.Key<Connection> CONNECTION =
      Attributes.Key.create("henge-connection");
  private static final Metadata.Key<byte[]> EXCEPTION =
      Metadata.Key.of("exception-object-bin", Metadata.BINARY_BYTE_MARSHALLER);

  /** Is told of nodes' connections that end; on event loops, must not block. */
  @FunctionalInterface
  interface Listener {
    void disconnected(String nodeId);
  }

  /** Who is at the other end; known with the first message. */
  private static final class Connection {
    volatile @Nullable String peer;
  }

  private final String self;
  private final NetworkFilter filter;
  private final ReplicaGate gate;
  private final SlowCalls slow;
  private final Listener listener;

  PeerTraffic(
      String self, NetworkFilter filter, ReplicaGate gate, SlowCalls slow, Listener listener) {
    this.self = self;
    this.filter = filter;
    this.gate = gate;
    this.slow = slow;
    this.listener = listener;
  }

  NettyServerBuilder addTo(NettyServerBuilder builder) {
    return builder.intercept(this).addTransportFilter(new Transports());
  }

  private final class Transports extends ServerTransportFilter {
    @Override
    public Attributes transportReady(Attributes attributes) {
      return attributes.toBuilder().set(CONNECTION, new Connection()).build();
    }

    @Override
    public void transportTerminated(@Nullable Attributes attributes) {
      Connection connection = attributes == null ? null : attributes.get(CONNECTION);
      String peer = connection == null ? null : connection.peer;
      if (peer != null && filter.allows(peer, self)) {
        listener.disconnected(peer);
      }
    }
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    String service = call.getMethodDescriptor().getServiceName();
    if (!RaftServerProtocolServiceGrpc.SERVICE_NAME.equals(service)) {
      call.close(
          Status.PERMISSION_DENIED.withDescription("the replication port serves members only"),
          new Metadata());
      return new ServerCall.Listener<>() {};
    }
    Replies<Q, R> replies = new Replies<>(call);
    Connection connection = call.getAttributes().get(CONNECTION);
    return new Requests<>(
        new Handed<>(next.startCall(replies, headers), replies),
        replies,
        connection == null ? new Connection() : connection);
  }

  /** Requests of one call, in the order of arrival, on its transport's thread. */
  private final class Requests<Q, R> extends SimpleForwardingServerCallListener<Q> {
    private final Replies<Q, R> replies;
    private final Connection connection;

    Requests(ServerCall.Listener<Q> delegate, Replies<Q, R> replies, Connection connection) {
      super(delegate);
      this.replies = replies;
      this.connection = connection;
    }

    @Override
    public void onMessage(Q message) {
      RaftRpcRequestProto header = header(message);
      if (header == null) {
        super.onMessage(message);
        return;
      }
      if (!self.equals(header.getReplyId().toStringUtf8())) {
        replies.reset("this is node " + self + ", not " + header.getReplyId().toStringUtf8());
        return;
      }
      String from = header.getRequestorId().toStringUtf8();
      replies.peer = from;
      if (!filter.allows(from, self)) {
        replies.deaf = true;
      }
      if (!replies.deaf) {
        connection.peer = from;
        String refusal = gate.refusal(header, message);
        if (refusal == null) {
          super.onMessage(message);
        } else {
          replies.close(Status.UNAVAILABLE.withDescription(refusal), new Metadata());
        }
      } else if (filter.allows(from, self) && filter.allows(self, from)) {
        replies.reset("the network was cut");
      } else {
        // The handler asks for the next message after each one that it gets.
        replies.request(1);
      }
    }
  }

  /** Hands what arrives for one call and may take time over to other threads, in its order. */
  private final class Handed<Q, R> extends SimpleForwardingServerCallListener<Q> {
    private final SlowCalls.Serial serial = slow.serial();
    private final Replies<Q, R> replies;

    /** Whose request for a vote this is. */
    private @Nullable RaftRpcRequestProto candidate;

    Handed(ServerCall.Listener<Q> delegate, Replies<Q, R> replies) {
      super(delegate);
      this.replies = replies;
    }

    private void hand(Runnable work) {
      try {
        serial.execute(work);
      } catch (RejectedExecutionException e) {
        replies.reset("too much is being asked of this node at once, or it is stopping");
      }
    }

    @Override
    public void onMessage(Q message) {
      if (message instanceof AppendEntriesRequestProto entries
          && serial.isIdle()
          && gate.follows(entries)) {
        super.onMessage(message);
        return;
      }
      if (message instanceof RequestVoteRequestProto vote) {
        RaftRpcRequestProto header = vote.getServerRequest();
        slow.asked(group(header), header.getRequestorId().toStringUtf8(), this);
        hand(() -> candidate = header);
      }
      hand(() -> super.onMessage(message));
    }

    @Override
    public void onHalfClose() {
      hand(this::answer);
    }

    /** A request that is all there. */
    private void answer() {
      RaftRpcRequestProto asked = candidate;
      if (asked == null
          || slow.isLatest(group(asked), asked.getRequestorId().toStringUtf8(), this)) {
        super.onHalfClose();
      } else {
        replies.reset("the candidate has asked again since");
      }
    }

    private static ByteString group(RaftRpcRequestProto header) {
      return header.getRaftGroupId().getId();
    }

    @Override
    public void onCancel() {
      hand(super::onCancel);
    }

    @Override
    public void onComplete() {
      hand(super::onComplete);
    }
  }

  private final class Replies<Q, R> extends SimpleForwardingServerCall<Q, R> {
    volatile @Nullable String peer;
    volatile boolean deaf;
    private boolean closed;

    Replies(ServerCall<Q, R> delegate) {
      super(delegate);
    }

    @Override
    public void sendMessage(R message) {
      String to = peer;
      if (to != null && !filter.allows(self, to)) {
        deaf = true;
      }
      synchronized (this) {
        if (!deaf && !closed) {
          super.sendMessage(message);
        }
      }
    }

    @Override
    public void close(Status status, Metadata trailers) {
      String to = peer;
      if (to != null && !filter.allows(self, to)) {
        deaf = true;
      }
      synchronized (this) {
        if (!deaf && !closed) {
          closed = true;
          trailers.discardAll(EXCEPTION);
          super.close(status, trailers);
        }
      }
    }

    synchronized void reset(String why) {
      if (!closed) {
        closed = true;
        super.close(Status.UNAVAILABLE.withDescription(why), new Metadata());
      }
    }
  }

  private static @Nullable RaftRpcRequestProto header(Object message) {
    if (message instanceof AppendEntriesRequestProto append) {
      return append.getServerRequest();
    }
    if (message instanceof RequestVoteRequestProto vote) {
      return vote.getServerRequest();
    }
    if (message instanceof InstallSnapshotRequestProto install) {
      return install.getServerRequest();
    }
    if (message instanceof StartLeaderElectionRequestProto start) {
      return start.getServerRequest();
    }
    if (message instanceof ReadIndexRequestProto read) {
      return read.getServerRequest();
    }
    return null;
  }
}
