package io.henge.replication.ratis;

import static org.awaitility.Awaitility.await;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.replication.AddressBook;
import io.henge.replication.Consensus;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.GroupId;
import io.henge.replication.GroupStateMachine;
import io.henge.replication.Member;
import io.henge.replication.NetworkFilter;
import io.henge.replication.snapshot.FaultyTransport;
import io.henge.replication.snapshot.SnapshotFetcher;
import io.henge.replication.snapshot.SnapshotHost;
import io.henge.replication.snapshot.SnapshotSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiFunction;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Real Ratis servers in this process, with a network that can be cut. For one kind of state
 * machine; {@code machineOf} makes one for a node and a directory, and is asked again at every
 * restart.
 */
public final class RatisCluster<M extends GroupStateMachine>
    implements AutoCloseable, NetworkFilter {
  public static final Duration PATIENCE = Duration.ofSeconds(30);

  /** A node of the cluster. */
  public final class Node {
    public final String id;
    private final Path directory;
    private int port;
    private @Nullable RatisConsensus consensus;
    private @Nullable ConsensusGroup group;
    private @Nullable M machine;

    private Node(String id) {
      this.id = id;
      this.directory = root.resolve(id);
    }

    public Path machineDirectory() {
      return directory.resolve("machine");
    }

    public Path raftDirectory() {
      return directory.resolve("raft");
    }

    public boolean running() {
      return group != null;
    }

    public ConsensusGroup group() {
      return java.util.Objects.requireNonNull(group, "not running");
    }

    public M machine() {
      return java.util.Objects.requireNonNull(machine, "not running");
    }

    public RatisConsensus consensus() {
      return java.util.Objects.requireNonNull(consensus, "not running");
    }

    /** Opens the port, on the same one as before. */
    public Node open() {
      try {
        transport.add(
            id,
            new SnapshotHost(
                directory.resolve("held"),
                (asked, target) -> machine().checkpoint(target),
                SnapshotHost.Limits.standard(),
                System::nanoTime));
        RatisConsensus opened =
            RatisConsensus.builder(id, raftDirectory())
                .settings(settings)
                .listen("127.0.0.1", port)
                .addresses(book)
                .filter(RatisCluster.this)
                .snapshots(snapshots)
                .open();
        consensus = opened;
        port = Integer.parseInt(opened.address().split(":")[1]);
        addresses.put(id, opened.address());
        return this;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    public Node start(Consensus.Start how, Collection<String> members) {
      M created = machineOf.apply(id, machineDirectory());
      machine = created;
      group =
          join(
              consensus()
                  .start(groupId, how, members.stream().map(m -> member(m)).toList(), created));
      return this;
    }

    /** Ends it as a power failure would: nobody hears its last words. */
    public void kill() {
      cutOff(id);
      close();
      heal(id);
    }

    /** Ends it in an orderly way. */
    public void close() {
      RatisConsensus running = consensus;
      group = null;
      machine = null;
      consensus = null;
      if (running != null) {
        running.close();
      }
    }

    /** What Ratis does when the election timeout of a replica ends that it takes for a member. */
    void standAsIfLedAsAMember() throws ReflectiveOperationException {
      var division = ((RatisGroup) group()).division();
      Method stand = division.getClass().getDeclaredMethod("changeToCandidate", boolean.class);
      stand.setAccessible(true);
      synchronized (division) {
        stand.invoke(division, false);
      }
    }

    /** The next time it listens elsewhere. */
    public void forgetPort() {
      port = 0;
    }

    public Node restart() {
      return open().start(Consensus.Start.RESTART, List.of());
    }
  }

  public final GroupId groupId = new GroupId(0x1234_5678_9abc_def0L, 7);
  public final Map<String, Node> nodes = new ConcurrentHashMap<>();
  private final Map<String, String> addresses = new ConcurrentHashMap<>();
  private final Set<String> cuts = ConcurrentHashMap.newKeySet();
  private volatile BiPredicate<String, String> loses = (from, to) -> false;
  private final Map<String, LongAdder> messages = new ConcurrentHashMap<>();
  private final AddressBook book = addresses::get;
  private final Path root;
  private final RatisSettings settings;
  private final BiFunction<String, Path, M> machineOf;
  private final ExecutorService executor = Executors.newCachedThreadPool();
  private final FaultyTransport transport = new FaultyTransport(executor);
  private final SnapshotSource snapshots =
      new SnapshotFetcher(transport, executor, SnapshotFetcher.Options.standard());

  public RatisCluster(Path root, RatisSettings settings, BiFunction<String, Path, M> machineOf) {
    this.root = root;
    this.settings = settings;
    this.machineOf = machineOf;
  }

  public Node node(String id) {
    return nodes.computeIfAbsent(id, Node::new);
  }

  public Member member(String id) {
    return new Member(id, addresses.getOrDefault(id, ""));
  }

  public List<Member> members(String... ids) {
    return Arrays.stream(ids).map(this::member).toList();
  }

  /** Opens and creates the group on all of these. */
  public RatisCluster<M> create(String... ids) {
    for (String id : ids) {
      node(id).open();
    }
    for (String id : ids) {
      node(id).start(Consensus.Start.CREATE, List.of(ids));
    }
    return this;
  }

  // ---- The network ----

  @Override
  public boolean allows(String from, String to) {
    messages.computeIfAbsent(from + ">" + to, way -> new LongAdder()).increment();
    return !loses.test(from, to)
        && (cuts.isEmpty()
            || !(cuts.contains(from + ">" + to) || cuts.contains(from) || cuts.contains(to)));
  }

  /** How many messages from one have come to the other, or have been tried. */
  public long messages(String from, String to) {
    LongAdder count = messages.get(from + ">" + to);
    return count == null ? 0 : count.sum();
  }

  /** Nothing gets to or from this node. */
  public void cutOff(String id) {
    cuts.add(id);
  }

  /** Nothing gets from one to the other; the way back stays open. */
  public void cut(String from, String to) {
    cuts.add(from + ">" + to);
  }

  /** What gets lost is asked anew for each message, as it arrives. */
  void lose(BiPredicate<String, String> fromTo) {
    loses = fromTo;
  }

  public void heal(String id) {
    cuts.remove(id);
  }

  public void healAll() {
    cuts.clear();
    loses = (from, to) -> false;
  }

  // ---- What a test waits for ----

  /** The one that leads and that a majority of the running nodes agree on. */
  public Node leader() {
    return await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(5))
        .atMost(PATIENCE)
        .until(this::findLeader, found -> found != null);
  }

  private @Nullable Node findLeader() {
    return nodes.values().stream()
        .filter(node -> node.running() && !cuts.contains(node.id) && node.group().isLeader())
        .findFirst()
        .orElse(null);
  }

  public List<Node> followers() {
    String leader = leader().id;
    return nodes.values().stream()
        .filter(node -> node.running() && !node.id.equals(leader))
        .sorted(java.util.Comparator.comparing(node -> node.id))
        .toList();
  }

  /**
   * Proposes until it is committed; an entry whose outcome is unknown is proposed again, so it may
   * be there twice.
   */
  public void write(String text) {
    await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(5))
        .atMost(PATIENCE)
        .until(
            () -> {
              try {
                join(
                    leader()
                        .group()
                        .propose(text.getBytes(java.nio.charset.StandardCharsets.UTF_8), null));
                return true;
              } catch (HengeException e) {
                if (e.code() == ErrorCode.NOT_LEADER
                    || e.code() == ErrorCode.BUSY
                    || e.code() == ErrorCode.UNAVAILABLE) {
                  return false;
                }
                throw e;
              }
            });
  }

  public List<String> writeMany(String prefix, int count) {
    List<String> written = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      write(prefix + i);
      written.add(prefix + i);
    }
    return written;
  }

  public static <T> T join(CompletableFuture<T> future) {
    try {
      return future.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } catch (TimeoutException e) {
      throw new AssertionError("no answer within " + PATIENCE, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    // All at once, however few processors there are: each takes up to a second, because Ratis' log
    // worker looks up from its queue no more often.
    join(
        CompletableFuture.allOf(
            nodes.values().stream()
                .map(node -> CompletableFuture.runAsync(node::close, executor))
                .toArray(CompletableFuture<?>[]::new)));
  }

  /** At the end of the test. */
  public void shutdown() {
    close();
    executor.shutdownNow();
  }
}
