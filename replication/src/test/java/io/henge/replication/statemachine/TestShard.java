package io.henge.replication.statemachine;

import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.RequestId;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.filter.Filter;
import io.henge.document.filter.FilterCodec;
import io.henge.document.patch.Patch;
import io.henge.document.patch.PatchCodec;
import io.henge.document.value.Json;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import io.henge.engine.StorageEngine;
import io.henge.engine.StoreSlot;
import io.henge.replication.Consensus;
import io.henge.replication.LogPosition;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.assertj.core.api.recursive.comparison.RecursiveComparisonConfiguration;
import org.jspecify.annotations.Nullable;

/** One replica of a shard without a log library: entries are applied as a test says. */
final class TestShard implements AutoCloseable {
  static final long NODE = 0x1122334455667788L;
  static final byte[] NONE = new byte[0];

  /** Plain, with a default expiry of 500 ms, and dropped. */
  static final CollectionInfo PLAIN = new CollectionInfo(1, "plain", 0, false, false, 1);

  static final CollectionInfo EXPIRING = new CollectionInfo(2, "expiring", 500, true, false, 2);
  static final CollectionInfo DROPPED = new CollectionInfo(3, "dropped", 0, false, true, 3);

  /** Documents with sharding key {@code s}, id {@code i} and expiry at {@code t}. */
  static final CollectionInfo DOCUMENTS =
      new CollectionInfo(
          4,
          "documents",
          0,
          false,
          false,
          4,
          new CollectionInfo.Documents(List.of("s"), List.of("i"), "t"));

  /** Those that there were before documents. */
  static final List<CollectionInfo> OF_ITEMS = List.of(PLAIN, EXPIRING, DROPPED);

  static final List<CollectionInfo> COLLECTIONS = List.of(PLAIN, EXPIRING, DROPPED, DOCUMENTS);

  private final StorageEngine engine;
  private final Path directory;
  private final EntryObserver observer;
  private final long shardId;

  /** Index of the first entry of the log. */
  private final int base;

  private final SeedMaker seeds;
  private final List<byte[]> log = new ArrayList<>();
  private StoreSlot slot;
  private ShardStateMachine machine;
  private long sequence;

  TestShard(StorageEngine engine, Path directory) {
    this(engine, directory, EntryObserver.NONE);
  }

  TestShard(StorageEngine engine, Path directory, EntryObserver observer) {
    this(engine, directory, observer, 7, 0, SeedMaker.NONE);
  }

  /** A replica that makes seeds; of a child, if {@code base} is not 0. */
  TestShard(
      StorageEngine engine,
      Path directory,
      EntryObserver observer,
      long shardId,
      int base,
      SeedMaker seeds) {
    this.engine = engine;
    this.directory = directory;
    this.observer = observer;
    this.shardId = shardId;
    this.base = base;
    this.seeds = seeds;
    this.slot = StoreSlot.open(engine, directory);
    this.machine = start();
  }

  /** A child's replica, from a seed, which becomes its own. */
  static TestShard ofSeed(
      StorageEngine engine, Path directory, Path seed, Child child, SeedMaker seeds) {
    ChildSeed.finish(engine, seed, child);
    try (StoreSlot empty = StoreSlot.open(engine, directory)) {
      empty.swap(seed);
    }
    return new TestShard(
        engine,
        directory,
        EntryObserver.NONE,
        child.childId(),
        (int) Consensus.SEED_POSITION.index() + 1,
        seeds);
  }

  private ShardStateMachine start() {
    ShardStateMachine started = new ShardStateMachine(engine, slot, slot::swap);
    started.observe(observer);
    started.seedMaker(seeds);
    return started;
  }

  ShardStateMachine machine() {
    return machine;
  }

  StoreSlot slot() {
    return slot;
  }

  /** Sets the shard up over a range. */
  TestShard create(long timeMillis, byte[] start, byte[] end) {
    return create(timeMillis, start, end, COLLECTIONS);
  }

  TestShard create(long timeMillis, byte[] start, byte[] end, List<CollectionInfo> collections) {
    applyNew(
        new Entry.Create(
            header(EntryKind.CREATE, timeMillis),
            new ShardDescription(shardId, 1, start, end),
            collections),
        true);
    return this;
  }

  TestShard create(long timeMillis) {
    return create(timeMillis, NONE, NONE);
  }

  @SuppressWarnings("unchecked")
  List<WriteOutcome> write(long timeMillis, List<WriteCommand> commands, boolean proposer) {
    Object outcomes =
        applyNew(new Entry.Writes(header(EntryKind.WRITES, timeMillis), commands), proposer);
    return (List<WriteOutcome>) java.util.Objects.requireNonNull(outcomes);
  }

  List<WriteOutcome> write(long timeMillis, WriteCommand... commands) {
    return write(timeMillis, List.of(commands), false);
  }

  /** Goes on with building or dropping one index or rule; false if there is nothing to do. */
  boolean fill(long timeMillis) {
    DerivedState state = machine.state().derived().filling();
    if (state != null) {
      applyNew(
          new Entry.Fill(header(EntryKind.FILL, timeMillis), state.id(), state.position()), true);
    }
    return state != null;
  }

  void tick(long timeMillis) {
    applyNew(new Entry.Tick(header(EntryKind.TICK, timeMillis)), true);
  }

  ReshapeOutcome reshape(long timeMillis, ReshapeCommand command, boolean proposer) {
    return (ReshapeOutcome)
        java.util.Objects.requireNonNull(
            applyNew(new Entry.Reshape(header(command.kind(), timeMillis), command), proposer));
  }

  ReshapeOutcome reshape(long timeMillis, ReshapeCommand command) {
    return reshape(timeMillis, command, false);
  }

  Reshaping reshaping() {
    return machine.state().reshaping();
  }

  ShardDescription range() {
    return java.util.Objects.requireNonNull(machine.state().shard());
  }

  /** What a merge copies of it, in order. */
  List<RawRow> copied() {
    List<RawRow> rows = new ArrayList<>();
    try (ReadView view = slot.snapshot()) {
      for (KeySpace space : Spaces.COPIED) {
        boolean ring = Spaces.isInRingOrder(space);
        copy(view, space, ring ? range().start() : NONE, ring ? range().end() : NONE, rows);
      }
    }
    rows.removeIf(row -> !Spaces.isCopied(range(), row.space(), row.key()));
    return rows;
  }

  /** What ends a merge in which another shard has taken everything that is {@link #copied}. */
  ReshapeCommand.AbsorbCommit absorbed(long operationId) {
    RowsDigest digest = new RowsDigest(0, 0);
    copied().forEach(digest::add);
    ShardState state = machine.state();
    return new ReshapeCommand.AbsorbCommit(
        operationId,
        range().epoch(),
        state.timeMillis(),
        state.version(),
        state.collections(),
        digest.rows(),
        digest.checksum(),
        state.derived().ready());
  }

  private static void copy(
      ReadView view, KeySpace space, byte[] from, byte[] to, List<RawRow> rows) {
    try (RowCursor cursor = view.scan(space, from, to, false)) {
      while (cursor.next()) {
        rows.add(new RawRow(space, cursor.key(), cursor.value()));
      }
    }
  }

  /** Appends an entry to the log and applies it, as its proposer or as another replica. */
  @Nullable Object applyNew(Entry entry, boolean proposer) {
    byte[] bytes = EntryCodec.encode(entry);
    log.add(bytes);
    return machine.apply(position(base + log.size() - 1), bytes, proposer ? entry : null);
  }

  EntryHeader header(EntryKind kind, long timeMillis) {
    return new EntryHeader(kind, NODE, 1, sequence++, timeMillis);
  }

  static LogPosition position(int index) {
    return new LogPosition(1 + index / 10, index);
  }

  /** Entries of the log that are applied. */
  int appliedCount() {
    return Math.max(0, (int) machine.applied().index() + 1 - base);
  }

  List<byte[]> log() {
    return log;
  }

  /** Loses what was not flushed, starts again, and replays its own log from there. */
  void crash() {
    slot.close();
    slot = StoreSlot.open(engine, directory);
    machine = start();
    replay(log);
  }

  void replay(List<byte[]> entries) {
    replay(entries, entries.size());
  }

  /** Applies entries up to the one of a number, counted from the log's beginning. */
  void replay(List<byte[]> entries, int count) {
    for (int i = (int) machine.applied().index() + 1; i < base + count; i++) {
      machine.apply(position(i), entries.get(i - base), null);
    }
  }

  @Nullable StoredItem get(byte[] key) {
    try (ReadView view = slot.latest()) {
      return ItemReader.get(view, key);
    }
  }

  /** A row as it is stored; null if there is none. */
  static byte @Nullable [] bytes(TestShard shard, KeySpace space, byte[] key) {
    try (ReadView view = shard.slot().latest()) {
      return view.get(space, key);
    }
  }

  /** Keys of a key space, in order. */
  List<byte[]> keys(KeySpace space) {
    List<byte[]> keys = new ArrayList<>();
    try (ReadView view = slot.snapshot();
        RowCursor cursor = view.scan(space, NONE, NONE, false)) {
      while (cursor.next()) {
        keys.add(cursor.key());
      }
    }
    return keys;
  }

  /** Rows of a key space, in hex. */
  Map<String, String> rows(KeySpace space) {
    Map<String, String> rows = new TreeMap<>();
    try (ReadView view = slot.snapshot();
        RowCursor cursor = view.scan(space, NONE, NONE, false)) {
      while (cursor.next()) {
        rows.put(hex(cursor.key()), hex(cursor.value()));
      }
    }
    return rows;
  }

  @Override
  public void close() {
    machine.close();
  }

  /**
   * Compares what has fields, and arrays of bytes as one value: byte by byte, with all that could
   * be said about each, they take most of a test's time.
   */
  static RecursiveComparisonConfiguration bytesAtOnce() {
    return RecursiveComparisonConfiguration.builder()
        .withEqualsForType(Arrays::equals, byte[].class)
        .build();
  }

  static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  static byte[] key(String shardingKey, CollectionInfo collection, String sortKey) {
    return PhysicalKey.of(Key.of(shardingKey), collection.id(), Key.of(sortKey));
  }

  static RequestId request(long sequence) {
    return new RequestId(0xAAAA, 0xBBBB, sequence);
  }

  static WriteCommand command(long sequence, long notAfterMillis, Mutation... mutations) {
    return new WriteCommand(request(sequence), notAfterMillis, 9, Arrays.asList(mutations));
  }

  static Mutation put(byte[] key, String value) {
    return mutation(key, new Action.Put(Value.of(value), Action.TTL_DEFAULT));
  }

  static Mutation put(byte[] key, String value, long ttlMillis) {
    return mutation(key, new Action.Put(Value.of(value), ttlMillis));
  }

  static Mutation add(byte[] key, long delta) {
    return mutation(key, new Action.Add(delta));
  }

  /** A document as it is stored. */
  static Value.Document document(String json) {
    return new Value.Document(DocumentCodec.encode(Json.parseObject(json)));
  }

  static byte[] filter(String text) {
    return FilterCodec.encode(Filter.parse(text));
  }

  static Action.Patch patch(String json) {
    return new Action.Patch(NONE, PatchCodec.encode(Patch.parse(json)));
  }

  /** Patches {@code initial} if there is no document. */
  static Action.Patch patch(String json, String initial) {
    return new Action.Patch(document(initial).bytes(), PatchCodec.encode(Patch.parse(json)));
  }

  static Mutation mutation(byte[] key, Action action) {
    return new Mutation(key, Condition.none(), action, false);
  }
}
