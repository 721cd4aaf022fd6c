package io.henge.server.copies;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.RequestId;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.value.Json;
import io.henge.document.value.JsonArray;
import io.henge.document.value.JsonNull;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonText;
import io.henge.document.value.JsonValue;
import io.henge.engine.ReadView;
import io.henge.engine.WriteRows;
import io.henge.engine.memory.InMemoryStorageEngine;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.CopyAudit;
import io.henge.replication.statemachine.CopyRule;
import io.henge.replication.statemachine.CopySource;
import io.henge.replication.statemachine.CopyWork;
import io.henge.replication.statemachine.FollowCommand;
import io.henge.replication.statemachine.FollowOutcome;
import io.henge.replication.statemachine.ItemReader;
import io.henge.replication.statemachine.Mutation;
import io.henge.replication.statemachine.RawRow;
import io.henge.replication.statemachine.ReshapeCommand;
import io.henge.replication.statemachine.ReshapeOutcome;
import io.henge.replication.statemachine.RingRange;
import io.henge.replication.statemachine.ShardState;
import io.henge.replication.statemachine.SourceAudit;
import io.henge.replication.statemachine.SourceKey;
import io.henge.replication.statemachine.StoredItem;
import io.henge.replication.statemachine.WriteCommand;
import io.henge.replication.statemachine.WriteOutcome;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Shards, the workers of their leaders, and a network between them that delays, loses and repeats
 * messages; workers die at any moment, and what they had under way goes on without them. Writers
 * change products and orders meanwhile. One thread, virtual time, all from one seed.
 */
final class CopyWorld implements AutoCloseable {
  static final int RULE = 21;
  private static final int PRODUCTS = 10;
  private static final int ORDERS = 11;
  private static final long START = 1_000_000;
  private static final byte[] NONE = new byte[0];

  private final Random random;
  private final VirtualClock clock = new VirtualClock(START);
  private final Path directory;
  private final InMemoryStorageEngine engine = new InMemoryStorageEngine();
  private final boolean nulls;
  private final List<SimulatedShard> shards = new ArrayList<>();
  private final List<SimulatedShard> gone = new ArrayList<>();
  private final Map<Long, Leader> leaders = new HashMap<>();
  private final CopyPace pace = new CopyPace(clock::nanoTime, 5_000);

  /** Every state that a product ever had: none is an empty one. */
  private final Map<String, NavigableMap<Long, Optional<String>>> history = new HashMap<>();

  private boolean faulty = true;
  private boolean damaged;
  private long nextShard = 100;
  private long nextRequest;
  private int lost;
  private int sent;
  private int merged;

  CopyWorld(Random random, Path directory, int shardCount) {
    this.random = random;
    this.directory = directory;
    this.nulls = random.nextBoolean();
    for (int i = 0; i < shardCount; i++) {
      byte[] start = i == 0 ? NONE : new byte[] {(byte) (i * 256 / shardCount)};
      byte[] end = i == shardCount - 1 ? NONE : new byte[] {(byte) ((i + 1) * 256 / shardCount)};
      add(
          SimulatedShard.create(
              i + 1, engine, directory, start, end, List.of(products(), orders()), START));
    }
  }

  private static CollectionInfo products() {
    return new CollectionInfo(
        PRODUCTS,
        "products",
        0,
        false,
        false,
        1,
        new CollectionInfo.Documents(List.of("p"), List.of("p"), "until"));
  }

  private CollectionInfo orders() {
    return new CollectionInfo(
        ORDERS,
        "orders",
        0,
        false,
        false,
        1,
        new CollectionInfo.Documents(
            List.of("u"),
            List.of("o"),
            "",
            List.of(),
            List.of(
                new CopyRule(
                    RULE,
                    CopyRule.Kind.FOLLOW,
                    PRODUCTS,
                    List.of(new CopyRule.Field("name", "name")),
                    "items[]",
                    List.of("p"),
                    0,
                    "",
                    5_000,
                    nulls ? CopyRule.WhenDeleted.NULL : CopyRule.WhenDeleted.KEEP,
                    CopyRule.State.LIVE)),
            null));
  }

  // ---- Leaders ----

  /** Who leads a shard: its worker, as long as it lives. */
  private final class Leader implements FollowedShard {
    private final SimulatedShard shard;
    private ShardCopies worker;
    final CopyGate gate;
    final CopyChecks checks;
    private boolean ended;

    Leader(SimulatedShard shard) {
      this.shard = shard;
      this.gate = new CopyGate(this);
      this.checks =
          new CopyChecks(
              this, this::confirmed, new Network(), CopyWorld.this::audit, clock, CopyMeter.NONE);
      this.worker = begin();
      tick();
    }

    private ShardCopies begin() {
      return new ShardCopies(this, new Network(), pace, clock, CopyMeter.NONE);
    }

    private void tick() {
      if (!ended) {
        worker.tick();
        clock.after(20, this::tick);
      }
    }

    /** Of a shard that is no more; it may not hear of that for a while. */
    void end() {
      ended = true;
      worker.close();
    }

    /** The next leader knows nothing of what this one was about to do. */
    void die() {
      worker.close();
      worker = begin();
    }

    @Override
    public long id() {
      return shard.id;
    }

    @Override
    public ShardState state() {
      return shard.state();
    }

    private CompletableFuture<Long> confirmed() {
      return CompletableFuture.completedFuture(shard.state().applied().index());
    }

    @Override
    public <T> T read(Function<ReadView, T> reader) {
      return shard.read(reader);
    }

    @Override
    public CompletableFuture<List<FollowOutcome>> follow(List<FollowCommand> commands) {
      CompletableFuture<List<FollowOutcome>> outcomes = new CompletableFuture<>();
      boolean unknown = faulty && random.nextInt(20) == 0;
      if (unknown) {
        // It fails for whoever asked, and may yet be applied, late.
        clock.after(
            random.nextInt(50),
            () ->
                outcomes.completeExceptionally(
                    new HengeException(ErrorCode.UNAVAILABLE, "not known")));
        if (random.nextBoolean()) {
          return outcomes;
        }
      }
      clock.after(
          1 + random.nextInt(faulty ? 40 : 4),
          () -> {
            List<FollowOutcome> done = shard.follow(commands, clock.millis());
            check();
            outcomes.complete(done);
          });
      return outcomes;
    }
  }

  private void add(SimulatedShard shard) {
    shards.add(shard);
    shards.sort(
        Comparator.comparing(
            one -> PhysicalKey.token(one.description().start()), Long::compareUnsigned));
    leaders.put(shard.id, new Leader(shard));
  }

  private SimulatedShard shardFor(byte[] position) {
    for (SimulatedShard shard : shards) {
      if (shard.description().contains(position)) {
        return shard;
      }
    }
    throw new IllegalStateException("a hole in the ring");
  }

  /** What a source says, as it is asked over the network. */
  private CompletableFuture<List<SourceAudit>> audit(List<SourceKey> sources) {
    CompletableFuture<List<SourceAudit>> answer = new CompletableFuture<>();
    HengeException none = new HengeException(ErrorCode.UNAVAILABLE, "no answer in time");
    clock.after(300, () -> answer.completeExceptionally(none));
    if (faulty && random.nextInt(10) == 0) {
      return answer;
    }
    clock.after(
        1 + random.nextInt(faulty ? 100 : 5),
        () -> {
          SimulatedShard shard = shardFor(sources.get(0).key());
          if (!sources.stream().allMatch(source -> shard.description().contains(source.key()))) {
            answer.completeExceptionally(none);
            return;
          }
          List<SourceAudit> says =
              shard.read(
                  view ->
                      sources.stream()
                          .map(source -> SourceAudit.read(view, shard.state(), source))
                          .toList());
          clock.after(random.nextInt(faulty ? 100 : 5), () -> answer.complete(says));
        });
    return answer;
  }

  /** As another node sees the ring: sometimes it asks whoever held a position before. */
  private final class Network implements CopyTransport {
    @Override
    public CompletableFuture<List<FollowOutcome>> send(
        byte[] position, List<FollowCommand> commands) {
      sent++;
      CompletableFuture<List<FollowOutcome>> answer = new CompletableFuture<>();
      int times = faulty && random.nextInt(10) == 0 ? 2 : 1;
      for (int i = 0; i < times; i++) {
        if (faulty && random.nextInt(10) == 0) {
          lost++;
          continue;
        }
        clock.after(1 + random.nextInt(faulty ? 100 : 5), () -> arrive(position, commands, answer));
      }
      clock.after(
          300,
          () ->
              answer.completeExceptionally(
                  new HengeException(ErrorCode.UNAVAILABLE, "no answer in time")));
      return answer;
    }

    private void arrive(
        byte[] position,
        List<FollowCommand> commands,
        CompletableFuture<List<FollowOutcome>> answer) {
      SimulatedShard shard = shardFor(position);
      Objects.requireNonNull(leaders.get(shard.id))
          .gate
          .offer(commands)
          .whenComplete(
              (outcomes, failure) -> {
                if (faulty && random.nextInt(10) == 0) {
                  lost++;
                  return;
                }
                clock.after(
                    random.nextInt(faulty ? 100 : 5),
                    () -> {
                      if (failure == null) {
                        answer.complete(outcomes);
                      } else {
                        answer.completeExceptionally(failure);
                      }
                    });
              });
    }

    @Override
    public long shardOf(byte[] position) {
      return shardFor(position).id;
    }

    @Override
    public List<RingRange> divide(RingRange range) {
      if (random.nextInt(3) == 0) {
        // Nothing is known of boundaries: found out on the way.
        return List.of(range);
      }
      List<RingRange> parts = new ArrayList<>();
      for (SimulatedShard shard : shards) {
        RingRange part = range.common(RingRange.of(shard.description()));
        if (part != null) {
          parts.add(part);
        }
      }
      return parts;
    }
  }

  // ---- Writers ----

  /** Looks at some copies, where they are led. */
  CompletableFuture<CopyFindings> verify(byte[] from, byte[] stage, boolean repair) {
    Leader leader = Objects.requireNonNull(leaders.get(shardFor(from).id));
    return leader.checks.page(from, stage, 0, repair, 1 + random.nextInt(6));
  }

  VirtualClock clock() {
    return clock;
  }

  SimulatedShard shardOf(byte[] key) {
    return shardFor(key);
  }

  /** A product's name; empty if it has none or is not there. */
  String nameOf(byte[] product) {
    StoredItem item = shardFor(product).read(view -> ItemReader.get(view, product));
    return item == null ? "" : name(document(item));
  }

  List<SimulatedShard> shards() {
    return List.copyOf(shards);
  }

  /** Until everything is sent and registered. */
  void settle() {
    long end = clock.millis() + 60_000;
    while (clock.millis() < end && !isQuiet() && clock.step()) {
      // Time passes.
    }
    assertThat(isQuiet()).as("quiet at last").isTrue();
    long late = clock.millis() + 1_000;
    while (clock.millis() < late && clock.step()) {
      // Messages that come late or twice.
    }
    damaged = false;
    check();
    checkCopies();
  }

  /** Something is about to be wrong that nothing but a repair will end. */
  void damage(SimulatedShard shard, Consumer<WriteRows> damage) {
    damaged = true;
    shard.damage(damage);
  }

  /** Writes for a while, with everything going wrong that can; then all is given time to settle. */
  void run(int writes) {
    for (int i = 0; i < writes; i++) {
      clock.after(random.nextInt(writes * 10), this::write);
    }
    for (int i = 0; i < writes / 10; i++) {
      clock.after(random.nextInt(writes * 10), this::misfortune);
    }
    long until = clock.millis() + writes * 10L + 2_000;
    while (clock.millis() < until && clock.step()) {
      // Time passes.
    }
    faulty = false;
    settle();
  }

  boolean wasFaulty() {
    return lost > 0 && sent > lost;
  }

  int merged() {
    return merged;
  }

  int shardCount() {
    return shards.size();
  }

  private boolean isQuiet() {
    for (SimulatedShard shard : shards) {
      if (shard.state().reshaping().isFrozen()) {
        return false;
      }
      shard.tick(clock.millis());
      boolean waits =
          shard.read(
              view ->
                  !CopyWork.outgoing(view, NONE, 1).isEmpty()
                      || !CopyWork.changes(view, shard.state(), NONE, 1).isEmpty());
      if (waits) {
        return false;
      }
    }
    return true;
  }

  private void misfortune() {
    int which = random.nextInt(4);
    SimulatedShard shard = shards.get(random.nextInt(shards.size()));
    if (which == 0 && shards.size() < 8) {
      split(shard);
    } else if (which == 1) {
      merge(shard);
    } else {
      Objects.requireNonNull(leaders.get(shard.id)).die();
    }
  }

  private void split(SimulatedShard shard) {
    byte[] at = new byte[] {(byte) random.nextInt(256), (byte) random.nextInt(256)};
    if (!shard.description().contains(at)
        || java.util.Arrays.equals(at, shard.description().start())
        || !shard.state().reshaping().children().isEmpty()
        || shard.state().reshaping().frozen() != null
        || shard.state().reshaping().absorbing() != null
        || shard.state().reshaping().untrimmed() != null) {
      return;
    }
    SimulatedShard child = shard.split(nextShard++, at, directory, clock.millis());
    add(child);
    clock.after(random.nextInt(300), () -> trim(shard, List.of(child.id)));
    clock.after(random.nextInt(300), () -> trim(child, List.of()));
    check();
  }

  /** A shard takes in its right neighbour, or begins to and gives it up. */
  private void merge(SimulatedShard left) {
    int at = shards.indexOf(left);
    if (at < 0 || at + 1 == shards.size()) {
      return;
    }
    SimulatedShard right = shards.get(at + 1);
    // One operation at a time has to do with a shard: whoever plans them sees to that.
    if (right.state().reshaping().absorbing() != null
        || right.state().reshaping().frozen() != null
        || !right.state().reshaping().children().isEmpty()) {
      return;
    }
    long operation = nextShard++;
    boolean begun =
        left.reshape(new ReshapeCommand.Absorb(operation, right.description()), clock.millis())
            .isDone();
    if (!begun) {
      return;
    }
    boolean frozen =
        right.reshape(new ReshapeCommand.Freeze(operation, left.id), clock.millis()).isDone();
    check();
    boolean givenUp = !frozen || random.nextInt(4) == 0;
    List<RawRow> rows = right.copied();
    clock.after(random.nextInt(100), () -> copy(operation, left, right, rows, 0, givenUp));
  }

  private void copy(
      long operation,
      SimulatedShard left,
      SimulatedShard right,
      List<RawRow> rows,
      int from,
      boolean givenUp) {
    int to = Math.min(rows.size(), from + 1 + random.nextInt(rows.size() + 1));
    if (givenUp && (from == rows.size() || random.nextBoolean())) {
      left.reshape(new ReshapeCommand.AbsorbAbort(operation), clock.millis());
      right.reshape(new ReshapeCommand.Thaw(operation), clock.millis());
      trim(left, List.of());
      return;
    }
    byte[] position = Objects.requireNonNull(left.state().reshaping().absorbing()).position();
    boolean last = to == rows.size() && !givenUp;
    byte[] end = last ? ReshapeCommand.AbsorbRows.END : rows.get(to - 1).position();
    ReshapeOutcome copied =
        left.reshape(
            new ReshapeCommand.AbsorbRows(operation, position, end, rows.subList(from, to)),
            clock.millis());
    assertThat(copied.message()).isEmpty();
    check();
    if (!last) {
      clock.after(random.nextInt(100), () -> copy(operation, left, right, rows, to, givenUp));
      return;
    }
    right.reshape(new ReshapeCommand.Seal(operation), clock.millis());
    ReshapeOutcome committed = left.commit(operation, right, clock.millis());
    assertThat(committed.message()).isEmpty();
    shards.remove(right);
    gone.add(right);
    Leader former = Objects.requireNonNull(leaders.remove(right.id));
    former.die();
    clock.after(random.nextInt(500), former::end);
    merged++;
    check();
  }

  private void trim(SimulatedShard shard, List<Long> children) {
    shard.reshape(new ReshapeCommand.Trim(children), clock.millis());
    check();
    if (shard.state().reshaping().untrimmed() != null) {
      clock.after(random.nextInt(50), () -> trim(shard, children));
    }
  }

  private void write() {
    String product = "p" + random.nextInt(6);
    switch (random.nextInt(6)) {
      case 0 -> apply(remove(product(product)));
      case 1, 2 -> {
        String until =
            random.nextInt(4) == 0 ? ",\"until\":" + (clock.millis() + random.nextInt(500)) : "";
        apply(
            put(
                product(product),
                "{\"p\":\"" + product + "\",\"name\":\"n" + nextRequest + "\"" + until + "}"));
      }
      case 3 -> apply(remove(order(random.nextInt(12))));
      default -> {
        int number = random.nextInt(12);
        StringBuilder items = new StringBuilder();
        int count = random.nextInt(3);
        for (int i = 0; i <= count; i++) {
          items
              .append(i == 0 ? "" : ",")
              .append("{\"p\":\"p")
              .append(random.nextInt(6))
              .append("\"}");
        }
        apply(
            put(
                order(number),
                "{\"u\":\"u" + number + "\",\"o\":\"o\",\"items\":[" + items + "]}"));
      }
    }
  }

  private void apply(Mutation mutation) {
    WriteCommand command =
        new WriteCommand(
            new RequestId(1, 2, nextRequest++), clock.millis() + 60_000, 0, List.of(mutation));
    attempt(command, new ArrayList<>());
  }

  /** As a node does: proposed, and proposed again with what was lacking, read in between. */
  private void attempt(WriteCommand command, List<CopySource> sources) {
    byte[] key = command.mutations().get(0).key();
    clock.after(
        random.nextInt(10),
        () -> {
          WriteOutcome outcome = shardFor(key).write(command.withSources(sources), clock.millis());
          note(key);
          check();
          if (outcome.missing().isEmpty()) {
            if (outcome.error() == ErrorCode.BUSY) {
              clock.after(50, () -> attempt(command, sources));
            } else {
              assertThat(outcome.error()).isNull();
            }
            return;
          }
          List<CopySource> more = new ArrayList<>(sources);
          outcome.missing().forEach(missing -> more.add(find(missing)));
          clock.after(random.nextInt(200), () -> attempt(command, more));
        });
  }

  private CopySource find(SourceKey source) {
    if (random.nextInt(5) == 0) {
      return CopySource.unknown(source.ruleId(), source.key());
    }
    SimulatedShard shard = shardFor(source.key());
    long version = shard.state().version();
    StoredItem item = shard.read(view -> ItemReader.get(view, source.key()));
    return new CopySource(
        source.ruleId(),
        source.key(),
        item == null ? version : item.version(),
        CopyWork.fields(shard.state(), source.ruleId(), item));
  }

  private static Mutation put(byte[] key, String json) {
    return new Mutation(
        key,
        Condition.none(),
        new Action.Put(
            new Value.Document(DocumentCodec.encode(Json.parseObject(json))), Action.TTL_DEFAULT),
        false);
  }

  private static Mutation remove(byte[] key) {
    return new Mutation(key, Condition.none(), Action.Remove.REMOVE, false);
  }

  private static byte[] product(String id) {
    return PhysicalKey.of(Key.of(id), PRODUCTS, Key.EMPTY);
  }

  private static byte[] order(int number) {
    return PhysicalKey.of(Key.of("u" + number), ORDERS, Key.of("o"));
  }

  // ---- What must be true ----

  /** A product's state, once more, when its shard has applied something. */
  private void note(byte[] key) {
    if (PhysicalKey.collectionId(key) != PRODUCTS) {
      return;
    }
    String id = (String) PhysicalKey.shardingKey(key).parts().get(0);
    StoredItem item = shardFor(key).read(view -> ItemReader.get(view, key));
    if (item != null) {
      history
          .computeIfAbsent(id, any -> new TreeMap<>())
          .put(item.version(), Optional.of(name(document(item))));
    }
  }

  private static JsonObject document(StoredItem item) {
    return DocumentCodec.decode(((Value.Document) item.value()).bytes());
  }

  private static String name(JsonObject object) {
    return object.get("name") instanceof JsonText text ? text.value() : "";
  }

  /** Invariants 4 and 5, at every moment. */
  private void check() {
    if (damaged) {
      return;
    }
    for (SimulatedShard shard : shards) {
      List<CopyAudit.Held> held =
          shard.read(view -> CopyAudit.held(view, shard.state(), NONE, 10_000));
      for (CopyAudit.Held copy : held) {
        checkShown(shard, copy);
        checkWatched(shard, copy);
      }
    }
  }

  private void checkShown(SimulatedShard shard, CopyAudit.Held copy) {
    SimulatedShard source = shardFor(copy.source().key());
    assertThat(copy.version())
        .as("not newer than its source")
        .isLessThanOrEqualTo(source.state().version());
    String id = (String) PhysicalKey.shardingKey(copy.source().key()).parts().get(0);
    Optional<String> state =
        history.getOrDefault(id, new TreeMap<>()).getOrDefault(copy.version(), Optional.empty());
    if (state.isEmpty()) {
      return;
    }
    for (JsonObject item : items(shard, copy.holder())) {
      if (item.get("p") instanceof JsonText p && p.value().equals(id)) {
        assertThat(item.get("name"))
            .as("what the source was at that version")
            .isEqualTo(new JsonText(state.get()));
      }
    }
  }

  private void checkWatched(SimulatedShard shard, CopyAudit.Held copy) {
    if (shard.read(view -> CopyAudit.isOutgoing(view, copy.source()))) {
      return;
    }
    SimulatedShard source = shardFor(copy.source().key());
    List<CopyWork.Target> watched = source.read(view -> CopyAudit.watched(view, copy.source()));
    assertThat(watched)
        .as("the source knows where its holder is, or the shard is about to tell it")
        .anyMatch(target -> target.range().contains(copy.holder()));
    StoredItem item = source.read(view -> ItemReader.get(view, copy.source().key()));
    if (item != null && item.version() > copy.version()) {
      String id = (String) PhysicalKey.shardingKey(copy.source().key()).parts().get(0);
      String shown =
          history
              .getOrDefault(id, new TreeMap<>())
              .getOrDefault(copy.version(), Optional.empty())
              .orElse(null);
      boolean waiting = source.read(view -> CopyAudit.isWaiting(view, copy.source()));
      assertThat(waiting || name(document(item)).equals(shown))
          .as("an older copy of a watched source, and nothing that will send it")
          .isTrue();
    }
  }

  private static List<JsonObject> items(SimulatedShard shard, byte[] key) {
    StoredItem item = shard.read(view -> ItemReader.get(view, key));
    List<JsonObject> items = new ArrayList<>();
    if (item != null && document(item).get("items") instanceof JsonArray array) {
      for (JsonValue value : array.elements()) {
        items.add((JsonObject) value);
      }
    }
    return items;
  }

  /** In the end every copy is what its source says. */
  private void checkCopies() {
    for (int i = 0; i < 12; i++) {
      byte[] key = order(i);
      for (JsonObject item : items(shardFor(key), key)) {
        byte[] product = product(((JsonText) Objects.requireNonNull(item.get("p"))).value());
        StoredItem source = shardFor(product).read(view -> ItemReader.get(view, product));
        JsonValue copy = item.get("name");
        if (source != null) {
          assertThat(copy).isEqualTo(document(source).get("name"));
        } else if (nulls) {
          assertThat(copy).isEqualTo(JsonNull.NULL);
        }
      }
    }
  }

  @Override
  public void close() {
    shards.forEach(SimulatedShard::close);
    gone.forEach(SimulatedShard::close);
    engine.close();
  }
}
