package io.henge.server;

import io.henge.api.error.HengeException;
import io.henge.api.v1.NodeRecord;
import io.henge.server.node.Address;
import io.henge.server.node.NodeDirectory;
import io.henge.server.node.NodeIdentity;
import io.henge.server.node.Ports;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who a node is, from its settings and from what its directory says. Nothing is changed on the way.
 *
 * @param fresh whether the directory belonged to nobody
 * @param ports for clients, for replication, for HTTP
 * @param record the node as it announces itself
 */
record NodeSelf(boolean fresh, NodeIdentity identity, List<Address> ports, NodeRecord record) {
  /**
   * Decides it.
   *
   * @param featureLevel what it reads
   * @throws HengeException if the settings do not go with the directory, or with this machine
   */
  static NodeSelf of(NodeConfig config, NodeDirectory directory, int featureLevel) {
    NodeIdentity stored = directory.identity();
    requireOwn(config, stored);
    directory.requireReadableStores();
    List<Address> ports = ports(config, stored);
    NodeIdentity known =
        stored != null
            ? stored
            : NodeIdentity.create(
                config.name(),
                !config.join().isEmpty(),
                config.shards(),
                config.replicationTarget());
    if (known.phase() == NodeIdentity.Phase.JOINING) {
      requireOthers(config, ports.get(0));
    }
    NodeIdentity identity =
        known.withPorts(ports.get(0).port(), ports.get(1).port(), ports.get(2).port());
    return new NodeSelf(
        stored == null, identity, ports, record(config, identity, ports, featureLevel));
  }

  /** A list of all nodes may hold this one; but somebody else must be there to let it in. */
  private static void requireOthers(NodeConfig config, Address client) {
    for (String address : config.join()) {
      if (!isSame(Address.parse("join", address), client)) {
        return;
      }
    }
    throw HengeException.invalid(
        "join: "
            + String.join(", ", config.join())
            + " is this node's own address, that of a node of the cluster to enter expected;"
            + " leave it out to make a new cluster");
  }

  /** Whether whoever connects to an address reaches what listens on another one. */
  private static boolean isSame(Address address, Address listened) {
    if (address.port() != listened.port()) {
      return false;
    }
    try {
      InetAddress here = InetAddress.getByName(listened.host());
      for (InetAddress each : InetAddress.getAllByName(address.host())) {
        if (reaches(each, here)) {
          return true;
        }
      }
      return false;
    } catch (UnknownHostException | SocketException e) {
      // Not known here now, perhaps later: it is tried like any other.
      return false;
    }
  }

  private static boolean reaches(InetAddress address, InetAddress listened) throws SocketException {
    if (address.equals(listened)) {
      return true;
    }
    if (listened.isAnyLocalAddress()) {
      return address.isLoopbackAddress() || NetworkInterface.getByInetAddress(address) != null;
    }
    // To connect to "any address" is to connect to this machine.
    return listened.isLoopbackAddress() && address.isAnyLocalAddress();
  }

  private static void requireOwn(NodeConfig config, @Nullable NodeIdentity stored) {
    if (stored == null) {
      return;
    }
    if (!stored.name().equals(config.name())) {
      throw HengeException.invalid(
          "directory: "
              + config.directory()
              + " belongs to node '"
              + stored.name()
              + "', not to '"
              + config.name()
              + "'; start it under its own name, or give another directory");
    }
    if (stored.phase() == NodeIdentity.Phase.JOINING && config.join().isEmpty()) {
      throw HengeException.invalid(
          "join: node '"
              + stored.name()
              + "' was to enter a cluster and has not been let in yet;"
              + " give the addresses again, or an empty directory to make a new cluster");
    }
  }

  private static List<Address> ports(NodeConfig config, @Nullable NodeIdentity stored) {
    Address listen = Address.parse("listen", config.listen());
    Address any = listen.withPort(0);
    Address raft =
        config.raftListen().isEmpty() ? any : Address.parse("raftListen", config.raftListen());
    Address http =
        config.httpListen().isEmpty() ? any : Address.parse("httpListen", config.httpListen());
    return Ports.choose(
        List.of(
            new Ports.Wish("listen", listen, stored == null ? 0 : stored.clientPort()),
            new Ports.Wish("raftListen", raft, stored == null ? 0 : stored.raftPort()),
            new Ports.Wish("httpListen", http, stored == null ? 0 : stored.httpPort())));
  }

  private static NodeRecord record(
      NodeConfig config, NodeIdentity identity, List<Address> ports, int featureLevel) {
    return NodeRecord.newBuilder()
        .setNodeId(identity.incarnation())
        .setName(identity.name())
        .setClientAddress(announced(ports.get(0)))
        .setRaftAddress(announced(ports.get(1)))
        .setHttpAddress(announced(ports.get(2)))
        .setZone(config.zone())
        .setWeight(100)
        .setFeatureLevel(featureLevel)
        .build();
  }

  /** Others cannot connect to "any address": tell them this machine's own. */
  private static String announced(Address address) {
    try {
      InetAddress host = InetAddress.getByName(address.host());
      return host.isAnyLocalAddress()
          ? new Address(InetAddress.getLocalHost().getHostAddress(), address.port()).toString()
          : address.toString();
    } catch (UnknownHostException e) {
      return address.toString();
    }
  }
}
