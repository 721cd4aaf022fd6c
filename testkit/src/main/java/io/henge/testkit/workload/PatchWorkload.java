package io.henge.testkit.workload;

import io.henge.api.key.Key;
import io.henge.client.CollectionOptions;
import io.henge.client.DocumentCollection;
import io.henge.client.HengeClient;
import io.henge.client.Stored;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonText;
import io.henge.document.value.JsonValue;
import io.henge.testkit.history.History;
import io.henge.testkit.history.LinearizabilityChecker;
import io.henge.testkit.history.Operation;
import io.henge.testkit.history.PatchedDocument;
import io.henge.testkit.history.PatchedDocument.State;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Clients that patch documents at once through a real cluster, and what must come of it.
 *
 * <p>Half of what they do is recorded as a history of {@link PatchedDocument}s, conditions on
 * versions and filters included, and must be linearizable. The other half goes to two hot documents
 * of one family, each alone or both in a batch, and is kept in books ({@link Tally}): at the end
 * every number, list and set must be exact, and meanwhile no view of the family may disagree with
 * itself. Some calls have so little time that their outcomes are often unknown: these may have
 * taken effect once, or not at all.
 */
public final class PatchWorkload implements AutoCloseable {
  static final String COLLECTION = "patched";
  private static final int OPERATIONS_PER_ROUND = 1_500;

  final History history = new History();
  final ConcurrentLinkedQueue<String> errors = new ConcurrentLinkedQueue<>();
  final AtomicInteger processes = new AtomicInteger();
  final AtomicLong unique = new AtomicLong();
  final LongAdder writes = new LongAdder();
  final LongAdder refused = new LongAdder();
  final LongAdder late = new LongAdder();
  final long pauseNanos;
  volatile boolean stop;

  private final HengeClient client;
  private final Map<Long, Tally> tallies = new ConcurrentSkipListMap<>();

  /** A version stands for one state of a document: seen otherwise, something was written twice. */
  private final Map<String, State> versions = new ConcurrentHashMap<>();

  /** How many outcomes nobody was told, by the code of the failure. */
  private final Map<String, LongAdder> unknown = new ConcurrentSkipListMap<>();

  private final ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();
  private final AtomicLong started = new AtomicLong();
  private final List<Thread> threads = new ArrayList<>();

  private PatchWorkload(HengeClient client, long pauseNanos) {
    this.client = client;
    this.pauseNanos = pauseNanos;
    client
        .admin()
        .createCollection(
            COLLECTION, CollectionOptions.documentsShardedBy("place").withId("id").onlyIfAbsent());
  }

  /**
   * Starts the threads.
   *
   * @param clients connections that they share, one or more
   * @param pauseMillis between the operations of one thread; keeps histories small
   */
  public static PatchWorkload start(
      List<HengeClient> clients, int count, long seed, long pauseMillis) {
    PatchWorkload workload = new PatchWorkload(clients.get(0), pauseMillis * 1_000_000);
    for (int i = 0; i < count; i++) {
      Patcher patcher =
          new Patcher(workload, clients.get(i % clients.size()), new Random(seed + i));
      Thread thread = new Thread(patcher, "patcher-" + i);
      workload.threads.add(thread);
      thread.start();
    }
    return workload;
  }

  /** Documents are changed after a while, so that histories and documents stay small. */
  long nextRound() {
    return started.getAndIncrement() / OPERATIONS_PER_ROUND;
  }

  Tally tally(long round) {
    return tallies.computeIfAbsent(round, r -> new Tally());
  }

  static String place(long round) {
    return "tally-" + round;
  }

  void addUnknown(String why) {
    unknown.computeIfAbsent(why, code -> new LongAdder()).increment();
  }

  void wrong(String what) {
    wrong.add(what);
  }

  /** Notes the state that a client was shown, with its version. */
  State see(String key, Stored<JsonObject> stored) {
    State state = state(stored.document());
    State before = versions.putIfAbsent(key + " " + stored.version(), state);
    if (before != null && !before.equals(state)) {
      wrong(key + ": version " + stored.version() + " was seen as " + before + " and as " + state);
    }
    return state;
  }

  private static State state(JsonObject document) {
    JsonValue changes = document.get("changes");
    JsonValue total = document.get("total");
    List<String> tags = new ArrayList<>();
    Tally.array(document, "tags").forEach(tag -> tags.add(((JsonText) tag).value()));
    return new State(
        changes == null ? 0 : ((JsonNumber) changes).longValue(),
        total == null ? PatchedDocument.cents(0) : ((JsonNumber) total).decimal(),
        Tally.marks(Tally.array(document, "marks")),
        List.copyOf(tags));
  }

  /** Patches acknowledged so far. */
  public long writes() {
    return writes.sum();
  }

  /** Failures that no client should have seen: others than conditions, and lacking time. */
  public List<String> errors() {
    return List.copyOf(errors);
  }

  /** Ends the clients and waits; then reads every recorded document once more. */
  public void finish() throws InterruptedException {
    stop = true;
    for (Thread thread : threads) {
      thread.join();
    }
    DocumentCollection<JsonObject> documents = client.documents(COLLECTION);
    int process = processes.incrementAndGet();
    for (String key : history.operations().stream().map(Operation::key).distinct().toList()) {
      long handle = history.invoke(process, key, new PatchedDocument.Read());
      history.ok(
          handle,
          documents
              .get(Key.of(key), Key.of(Patcher.RECORDED))
              .map(stored -> see(key, stored))
              .orElse(State.MISSING),
          "at the end");
    }
  }

  /** Fails unless all came to pass exactly as it was told. Nobody may write any more. */
  public void requireExact() {
    DocumentCollection<JsonObject> documents = client.documents(COLLECTION);
    List<String> differences = new ArrayList<>(wrong);
    tallies.forEach(
        (round, tally) -> {
          JsonObject left = read(documents, place(round), Tally.LEFT);
          JsonObject right = read(documents, place(round), Tally.RIGHT);
          differences.addAll(tally.differences(Tally.LEFT, left));
          differences.addAll(tally.differences(Tally.RIGHT, right));
          String difference = Tally.differenceWithin(left, right);
          if (difference != null) {
            differences.add(place(round) + ": " + difference);
          }
        });
    if (!differences.isEmpty()) {
      throw new AssertionError(String.join("\n", differences));
    }
    new LinearizabilityChecker().check(history, new PatchedDocument()).require();
  }

  private static @Nullable JsonObject read(
      DocumentCollection<JsonObject> documents, String place, String id) {
    return documents.get(Key.of(place), Key.of(id)).map(Stored::document).orElse(null);
  }

  /** How much of what has happened. */
  @Override
  public String toString() {
    return writes
        + " patches, "
        + refused
        + " refused by a condition, "
        + late
        + " not in time, "
        + unknown
        + " of unknown outcome ("
        + tallies.values().stream().mapToInt(Tally::doubtful).sum()
        + " of them in books), "
        + history.operations().size()
        + " operations recorded";
  }

  @Override
  public void close() {
    stop = true;
    for (Thread thread : threads) {
      thread.interrupt();
    }
  }
}
