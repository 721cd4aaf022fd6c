package io.henge.replication.ratis;

import io.henge.replication.AddressBook;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import org.apache.ratis.thirdparty.io.grpc.Attributes;
import org.apache.ratis.thirdparty.io.grpc.EquivalentAddressGroup;
import org.apache.ratis.thirdparty.io.grpc.NameResolver;
import org.apache.ratis.thirdparty.io.grpc.NameResolverProvider;
import org.apache.ratis.thirdparty.io.grpc.NameResolverRegistry;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.apache.ratis.thirdparty.io.grpc.StatusOr;
import org.jspecify.annotations.Nullable;

/**
 * Finds nodes by id whenever Ratis connects. Ratis keeps the address of a member in the log and
 * ignores a change of it; so what is kept there is {@code henge:///node-id}, and this resolves it.
 *
 * <p>gRPC looks resolvers up by scheme in the whole JVM, and an address in the log cannot say which
 * local node is asking; so all local address books are asked, and every answer is tried. What
 * answers at a wrong address is refused there: see {@link PeerTraffic}.
 */
final class PeerAddresses extends NameResolverProvider {
  private static final String SCHEME = "henge";
  private static final PeerAddresses INSTANCE = new PeerAddresses();

  private final List<AddressBook> books = new CopyOnWriteArrayList<>();

  /** How often a connection to a node was lost or not got. */
  private final Map<String, Long> failures = new ConcurrentHashMap<>();

  private boolean registered;

  private PeerAddresses() {}

  static String target(String nodeId) {
    return SCHEME + ":///" + nodeId;
  }

  /** Adds a local node's book. */
  static synchronized void add(AddressBook book) {
    if (!INSTANCE.registered) {
      NameResolverRegistry.getDefaultRegistry().register(INSTANCE);
      INSTANCE.registered = true;
    }
    INSTANCE.books.add(book);
  }

  static void remove(AddressBook book) {
    INSTANCE.books.remove(book);
  }

  /** How often connections to each node have failed, from any local node. */
  static Map<String, Long> failures() {
    return INSTANCE.failures;
  }

  @Override
  protected boolean isAvailable() {
    return true;
  }

  /** Below that of DNS, which must stay the scheme of addresses without one. */
  @Override
  protected int priority() {
    return 4;
  }

  @Override
  public String getDefaultScheme() {
    return SCHEME;
  }

  @Override
  public @Nullable NameResolver newNameResolver(URI target, NameResolver.Args args) {
    if (!SCHEME.equals(target.getScheme())) {
      return null;
    }
    String path = target.getPath();
    return new Resolver(path.startsWith("/") ? path.substring(1) : path, args);
  }

  private Set<String> find(String nodeId) {
    Set<String> found = new LinkedHashSet<>();
    for (AddressBook book : books) {
      String address = book.raftAddress(nodeId);
      if (address != null && !address.isEmpty()) {
        found.add(address);
      }
    }
    return found;
  }

  /** Resolves anew whenever gRPC has lost or not got a connection. */
  private final class Resolver extends NameResolver {
    private final String nodeId;
    private final @Nullable Executor executor;
    private final Executor synchronization;
    private @Nullable Listener2 listener;

    Resolver(String nodeId, Args args) {
      this.nodeId = nodeId;
      this.executor = args.getOffloadExecutor();
      this.synchronization = args.getSynchronizationContext();
    }

    @Override
    public String getServiceAuthority() {
      return nodeId;
    }

    @Override
    public void start(Listener2 given) {
      listener = given;
      look();
    }

    @Override
    public void refresh() {
      // gRPC asks again when a connection failed.
      failures.merge(nodeId, 1L, Long::sum);
      look();
    }

    private void look() {
      Listener2 told = listener;
      if (told == null) {
        return;
      }
      // Looking a host name up blocks.
      Runnable work = () -> resolve(told);
      if (executor != null) {
        executor.execute(work);
      } else {
        Thread thread = new Thread(work, "henge-resolve");
        thread.setDaemon(true);
        thread.start();
      }
    }

    private void resolve(Listener2 told) {
      ResolutionResult result;
      try {
        result = ResolutionResult.newBuilder().setAddressesOrError(lookUp()).build();
      } catch (RuntimeException e) {
        result =
            ResolutionResult.newBuilder()
                .setAddressesOrError(StatusOr.fromStatus(Status.UNAVAILABLE.withCause(e)))
                .build();
      }
      ResolutionResult found = result;
      synchronization.execute(() -> told.onResult2(found));
    }

    private StatusOr<List<EquivalentAddressGroup>> lookUp() {
      List<EquivalentAddressGroup> groups = new ArrayList<>();
      String problem = "the address of node " + nodeId + " is not known";
      for (String address : find(nodeId)) {
        try {
          groups.add(new EquivalentAddressGroup(sockets(address), Attributes.EMPTY));
        } catch (UnknownHostException | IllegalArgumentException e) {
          problem = "address " + address + " of node " + nodeId + " cannot be resolved: " + e;
        }
      }
      return groups.isEmpty()
          ? StatusOr.fromStatus(Status.UNAVAILABLE.withDescription(problem))
          : StatusOr.fromValue(groups);
    }

    @Override
    public void shutdown() {}
  }

  static InetSocketAddress parse(String address) {
    int colon = address.lastIndexOf(':');
    if (colon <= 0) {
      throw new IllegalArgumentException("an address is host:port; found \"" + address + "\"");
    }
    String host = address.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    return InetSocketAddress.createUnresolved(host, Integer.parseInt(address.substring(colon + 1)));
  }

  private static List<SocketAddress> sockets(String address) throws UnknownHostException {
    InetSocketAddress parsed = parse(address);
    List<SocketAddress> sockets = new ArrayList<>();
    for (InetAddress host : InetAddress.getAllByName(parsed.getHostString())) {
      sockets.add(new InetSocketAddress(host, parsed.getPort()));
    }
    return sockets;
  }
}
