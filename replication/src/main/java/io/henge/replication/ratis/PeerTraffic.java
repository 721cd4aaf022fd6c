package io.henge.replication.ratis;

import io.henge.replication.NetworkFilter;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.ReadIndexRequestProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.proto.grpc.RaftServerProtocolServiceGrpc;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * Looks at every message that reaches the replication port. Only members talk to it: Ratis'
 * services for clients and administrators are on the same port and are refused. What is meant for
 * another node (a stale address, a port that was given to somebody else) is refused. And the {@link
 * NetworkFilter} drops what tests want dropped: a stream that lost a message stays dumb, as on a
 * network that swallows packets, until both directions are open again; then it is reset.
 */
final class PeerTraffic implements ServerInterceptor {
  private final String self;
  private final NetworkFilter filter;

  PeerTraffic(String self, NetworkFilter filter) {
    this.self = self;
    this.filter = filter;
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
    return new Requests<>(next.startCall(replies, headers), replies);
  }

  /** Requests of one call, in the order of arrival, on its transport's thread. */
  private final class Requests<Q, R> extends SimpleForwardingServerCallListener<Q> {
    private final Replies<Q, R> replies;

    Requests(ServerCall.Listener<Q> delegate, Replies<Q, R> replies) {
      super(delegate);
      this.replies = replies;
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
        super.onMessage(message);
      } else if (filter.allows(from, self) && filter.allows(self, from)) {
        replies.reset("the network was cut");
      } else {
        // The handler asks for the next message after each one that it gets.
        replies.request(1);
      }
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
