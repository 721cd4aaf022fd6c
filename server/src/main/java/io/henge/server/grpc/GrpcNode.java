package io.henge.server.grpc;

import io.henge.api.Limits;
import io.henge.replication.GroupId;
import io.henge.replication.snapshot.SnapshotHost;
import io.henge.server.copies.Copies;
import io.henge.server.node.Address;
import io.henge.server.node.NodeControl;
import io.henge.server.node.Replicas;
import io.henge.server.node.RequestObserver;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.function.LongFunction;

/**
 * What the gRPC port of a node is put together from.
 *
 * @param groups the group of a shard of this cluster
 * @param heavy for what takes too long for an event loop; refuses what is too much
 * @param snapshotOpened told of each snapshot that another node opens
 */
public record GrpcNode(
    Limits limits,
    NodeControl control,
    Replicas replicas,
    GrpcPeers peers,
    SnapshotHost snapshots,
    LongFunction<GroupId> groups,
    ScheduledExecutorService timer,
    Executor blocking,
    Executor heavy,
    RequestObserver observer,
    Runnable snapshotOpened,
    Copies copies) {

  /** Threads for {@code heavy}, to be ended by the caller. */
  public static ThreadPoolExecutor heavyThreads(String node) {
    return Heavy.threads(node);
  }

  /**
   * Opens the port.
   *
   * @throws io.henge.api.error.HengeException UNAVAILABLE if the port cannot be had
   */
  public GrpcEndpoint start(Address listen) {
    String self = control.self().getNodeId();
    RequestReader reader = new RequestReader(limits);
    WriteIdentities identities = new WriteIdentities(control::clockMillis);
    RequestHandler handler =
        new RequestHandler(
            self,
            reader,
            replicas,
            control,
            peers,
            identities,
            observer,
            heavy,
            copies,
            copies.reports(),
            copies);
    // Not where leaders are noted: that thread has more urgent work.
    replicas.onLeaders(() -> blocking.execute(handler::leadersChanged));
    HengeService data =
        new HengeService(
            handler,
            new UnaryCalls(handler, reader, identities, timer, heavy),
            new WatchCalls(limits, handler, control, timer),
            heavy,
            limits.keyBytesMax());
    ClusterService cluster = new ClusterService(control, copies);
    NodeService node =
        new NodeService(
            control,
            replicas,
            new SnapshotService(snapshots, groups, blocking, snapshotOpened),
            copies);
    return GrpcEndpoint.start(
        listen,
        limits,
        ClusterHeaders.server(self, control::clusterId),
        List.of(data, cluster, node),
        List.of(data::shutDown, cluster::shutDown, node::shutDown));
  }
}
