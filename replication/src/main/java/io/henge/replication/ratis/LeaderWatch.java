package io.henge.replication.ratis;

import io.henge.replication.Heirs;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.DivisionInfo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shortens a failover. When the process of a leader dies, its kernel closes its connections at
 * once; an election timeout must be long enough for a busy machine. So when a leader's connection
 * ends, this asks its port: if nobody listens there any more, the process is dead, and a follower
 * stands for election without waiting. If anything else comes back, or nothing, the timeout decides
 * as ever.
 *
 * <p>It is a hint only. A wrong one costs an election; safety is Raft's, and a new leader waits out
 * its predecessor's lease anyway.
 */
final class LeaderWatch {
  private static final Logger LOG = LoggerFactory.getLogger(LeaderWatch.class);
  private static final int PROBE_MILLIS = 250;

  private final RatisConsensus consensus;

  LeaderWatch(RatisConsensus consensus) {
    this.consensus = consensus;
  }

  /** A connection from this node has ended. May be called from an event loop. */
  void connectionLost(String nodeId) {
    consensus.block(
        () -> {
          List<RatisGroup> led =
              consensus.running().stream().filter(group -> isLedBy(group, nodeId)).toList();
          if (!led.isEmpty() && nobodyListens(nodeId)) {
            led.forEach(group -> prepare(group, nodeId));
          }
        });
  }

  private static boolean isLedBy(RatisGroup group, String nodeId) {
    DivisionInfo info = group.division().getInfo();
    RaftPeerId leader = info.getLeaderId();
    return info.isFollower() && leader != null && leader.toString().equals(nodeId);
  }

  private boolean nobodyListens(String nodeId) {
    String address = consensus.addressOf(nodeId);
    if (address.isEmpty()) {
      return false;
    }
    InetSocketAddress parsed = PeerAddresses.parse(address);
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(parsed.getHostString(), parsed.getPort()), PROBE_MILLIS);
      return false;
    } catch (ConnectException e) {
      // Refused, by a kernel that is alive: the process is not.
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private void prepare(RatisGroup group, String dead) {
    long delay =
        Heirs.succeed(
            group,
            dead,
            consensus.nodeId(),
            () -> true,
            (millis, task) -> consensus.schedule(task, millis));
    LOG.info(
        "node {}, which leads {}, is dead; node {} stands in {} ms",
        dead,
        group.id(),
        consensus.nodeId(),
        delay);
  }
}
