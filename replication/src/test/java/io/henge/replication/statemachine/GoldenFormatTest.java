package io.henge.replication.statemachine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.RequestId;
import io.henge.api.item.Value;
import io.henge.api.key.PhysicalKey;
import io.henge.engine.KeySpace;
import io.henge.engine.memory.InMemoryStorageEngine;
import io.henge.replication.LogPosition;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is in logs and stores can never change: every byte of it is pinned here. A new format gets
 * new lines in the golden file; the old ones stay, and must still be read.
 */
class GoldenFormatTest {
  private static final long TIME = 1_800_000_000_000L;
  private static final byte[] KEY = {0, 1, 2, 3, 4, 5, 6, 7, 3, 'a', 0, 0, 0, 0, 0, 1, 3, 's', 0};
  private static final RequestId ID = new RequestId(0x0102030405060708L, -1, 300);

  private final Map<String, String> golden = load();

  @Test
  void shouldKeepTheFormOfEveryKindOfEntry() {
    Map<String, Entry> samples = new LinkedHashMap<>();
    samples.put(
        "entry.create",
        new Entry.Create(
            header(EntryKind.CREATE),
            new ShardDescription(7, 3, new byte[] {1, 2}, new byte[] {(byte) 0xF0}),
            List.of(
                new CollectionInfo(1, "shop", 0, false, false, 1),
                new CollectionInfo(-2, "straße", 86_400_000, true, true, 300))));
    samples.put("entry.writes", new Entry.Writes(header(EntryKind.WRITES), commands()));
    samples.put("entry.tick", new Entry.Tick(header(EntryKind.TICK)));
    samples.put("entry.lease", new Entry.Lease(header(EntryKind.LEASE)));
    samples.put("entry.lease-release", new Entry.LeaseRelease(header(EntryKind.LEASE_RELEASE)));
    samples.put(
        "entry.catalogue",
        new Entry.Catalogue(
            header(EntryKind.CATALOGUE),
            List.of(new CollectionInfo(5, "sessions", 1000, false, false, 8))));
    samples.put("entry.fill", new Entry.Fill(header(EntryKind.FILL), 300, new byte[] {1, 2}));
    samples.put(
        "entry.repair",
        new Entry.Repair(
            header(EntryKind.REPAIR), List.of(java.util.Arrays.copyOf(KEY, 11), new byte[] {9})));
    samples.put(
        "entry.repair-parts",
        new Entry.RepairParts(
            header(EntryKind.REPAIR_PARTS),
            List.of(
                new RepairPart(RepairPart.Kind.DOCUMENT, KEY),
                new RepairPart(RepairPart.Kind.ROW, new byte[] {9}),
                new RepairPart(RepairPart.Kind.HOLDER, new byte[] {8, 7}))));
    samples.put(
        "entry.recount",
        new Entry.Recount(
            header(EntryKind.RECOUNT),
            java.util.Arrays.copyOf(KEY, 11),
            300,
            List.of(new RecountTarget(-2, KEY), new RecountTarget(5, new byte[] {9})),
            new byte[] {1, 2},
            new byte[] {3}));
    samples.put(
        "entry.trim-changes", new Entry.TrimChanges(header(EntryKind.TRIM_CHANGES), TIME << 16));
    reshapings()
        .forEach(
            (name, command) ->
                samples.put("entry." + name, new Entry.Reshape(header(command.kind()), command)));
    follows()
        .forEach(
            command ->
                samples.put(
                    "entry." + command.kind().name().toLowerCase(java.util.Locale.ROOT),
                    new Entry.Follow(header(command.kind()), List.of(command, command))));
    assertThat(samples.values())
        .extracting(entry -> entry.header().kind())
        .containsExactlyInAnyOrder(EntryKind.values());
    samples.forEach(
        (name, entry) -> {
          assertGolden(name, EntryCodec.encode(entry));
          assertThat(EntryCodec.decode(golden(name)))
              .usingRecursiveComparison()
              .withStrictTypeChecking()
              .isEqualTo(entry);
          assertThat(EntryCodec.header(golden(name))).isEqualTo(entry.header());
        });
  }

  @Test
  void shouldKeepTheFormOfTotals() {
    FamilyTotal total = new FamilyTotal(0, 300, new java.math.BigDecimal("-12.50"));
    FamilyTotal recounted =
        total.with(new FamilyTotal.Recount(new byte[] {1, 2}, 7, new java.math.BigDecimal("1e3")));
    assertGolden("total.row", total.encode());
    assertGolden("total.recounted", recounted.encode());
    assertThat(FamilyTotal.decode(golden("total.row"))).isEqualTo(total);
    assertThat(FamilyTotal.decode(golden("total.recounted"))).isEqualTo(recounted);
  }

  @Test
  void shouldKeepTheFormOfPlacesInLargeFamilies() {
    byte[] family = java.util.Arrays.copyOf(KEY, PhysicalKey.endOfShardingKey(KEY) + 1);
    FamilyPlace start = FamilyPlace.start(family);
    FamilyPlace amid = new FamilyPlace(family, FamilyPlace.Step.TOTALS, 3, true, KEY);
    assertGolden("place.start", start.encode());
    assertGolden("place.amid", amid.encode());
    assertThat(FamilyPlace.decode(golden("place.start")))
        .usingRecursiveComparison()
        .isEqualTo(start);
    assertThat(FamilyPlace.decode(golden("place.amid"))).usingRecursiveComparison().isEqualTo(amid);
    assertThat(FamilyPlace.decode(KEY)).isNull();
    assertThat(FamilyPlace.decode(new byte[0])).isNull();
    for (int length = 0; length < start.encode().length; length++) {
      assertThat(FamilyPlace.decode(java.util.Arrays.copyOf(start.encode(), length))).isNull();
    }
  }

  @Test
  void shouldKeepTheFormOfDocumentCollections() {
    CollectionInfo orders =
        new CollectionInfo(
            6,
            "orders",
            1000,
            false,
            false,
            9,
            new CollectionInfo.Documents(
                List.of("user.id", "region"), List.of("order_id"), "until"));
    Entry.Catalogue entry = new Entry.Catalogue(header(EntryKind.CATALOGUE), List.of(orders));
    assertGolden("entry.catalogue-documents", EntryCodec.encode(entry));
    assertThat(EntryCodec.decode(golden("entry.catalogue-documents"))).isEqualTo(entry);
  }

  @Test
  void shouldKeepTheFormOfWhatIsDerivedFromDocuments() {
    List<IndexInfo> indexes =
        List.of(
            new IndexInfo(
                3,
                "by_total",
                List.of(new IndexInfo.Field("total", true), new IndexInfo.Field("tags[]", false))));
    List<CopyRule> rules = new ArrayList<>();
    List<CopyRule.State> states = List.of(CopyRule.State.values());
    for (CopyRule.Kind kind : CopyRule.Kind.values()) {
      rules.add(
          new CopyRule(
              10 + kind.code(),
              kind,
              9,
              List.of(new CopyRule.Field("name", "n"), new CopyRule.Field("a.b", "b")),
              "items[]",
              List.of("product_id"),
              20,
              "created_at",
              5000,
              kind.code() % 2 == 0 ? CopyRule.WhenDeleted.KEEP : CopyRule.WhenDeleted.NULL,
              states.get(kind.code() % 3)));
    }
    List<CollectionInfo> collections =
        Stream.of(null, new ChangesInfo(86_400_000, false), new ChangesInfo(1, true))
            .map(
                changes ->
                    new CollectionInfo.Documents(
                        List.of("user_id"), List.of("order_id"), "", indexes, rules, changes))
            .map(documents -> new CollectionInfo(6, "orders", 1000, false, false, 9, documents))
            .toList();
    Entry.Catalogue entry = new Entry.Catalogue(header(EntryKind.CATALOGUE), collections);
    assertGolden("entry.catalogue-derived", EntryCodec.encode(entry));
    assertThat(EntryCodec.decode(golden("entry.catalogue-derived"))).isEqualTo(entry);
  }

  @Test
  void shouldKeepTheFormOfWritesOfDocuments() {
    byte[] document = {1, 2, 3};
    List<Mutation> all =
        List.of(
            new Mutation(
                KEY,
                Condition.absent(),
                new Action.Put(new Value.Document(document), Action.TTL_DEFAULT),
                false,
                true),
            new Mutation(
                KEY,
                new Condition.Matches(new byte[] {7, 8}),
                new Action.Patch(document, new byte[] {9}),
                true,
                true),
            new Mutation(
                KEY,
                new Condition.ValueIs(new Value.Document(document)),
                new Action.Patch(new byte[0], new byte[] {9}),
                false,
                false));
    Entry.Writes entry =
        new Entry.Writes(
            header(EntryKind.WRITES), List.of(new WriteCommand(ID, TIME + 30_000, 12, all)));
    assertGolden("entry.writes-documents", EntryCodec.encode(entry));
    assertThat(EntryCodec.decode(golden("entry.writes-documents")))
        .usingRecursiveComparison()
        .withStrictTypeChecking()
        .isEqualTo(entry);

    StoredItem item = new StoredItem(KEY, new Value.Document(document), TIME << 16, TIME + 10);
    assertGolden(
        "item.document", ItemCodec.encode(item.value(), item.version(), item.expiresAtMillis()));
    assertThat(ItemCodec.decode(KEY, golden("item.document")))
        .usingRecursiveComparison()
        .isEqualTo(item);

    WriteOutcome outcome =
        new WriteOutcome(
            null,
            null,
            -1,
            List.of(
                new WriteOutcome.Result(1001, 0, true, item, item),
                new WriteOutcome.Result(1002, 0, false, null, item)),
            0,
            0);
    RequestBlock.Builder builder = new RequestBlock.Builder();
    builder.begin(TIME, 1000);
    builder.add(ID, TIME + 60_000, -2, outcome);
    assertGolden("requests.row-documents", builder.row());
    assertThat(Objects.requireNonNull(RequestBlock.find(golden("requests.row-documents"), ID)))
        .usingRecursiveComparison()
        .isEqualTo(new RequestBlock.Remembered(ID, TIME + 60_000, -2, outcome));
    List<Long> visited = new ArrayList<>();
    RequestBlock.visit(
        golden("requests.row-documents"), (id, notAfter, token) -> visited.add(id.sequence()));
    assertThat(visited).containsExactly(300L);
  }

  @Test
  void shouldKeepTheFormOfItems() {
    StoredItem bytes = new StoredItem(KEY, Value.of("value"), TIME << 16 | 5, 0);
    StoredItem expiring = new StoredItem(KEY, Value.of("value"), TIME << 16, TIME + 10);
    StoredItem counter = new StoredItem(KEY, Value.of(-2), 9, 0);
    Map.of("item.bytes", bytes, "item.bytes-expiring", expiring, "item.counter", counter)
        .forEach(
            (name, item) -> {
              assertGolden(
                  name, ItemCodec.encode(item.value(), item.version(), item.expiresAtMillis()));
              assertThat(ItemCodec.decode(KEY, golden(name)))
                  .usingRecursiveComparison()
                  .isEqualTo(item);
            });
    assertGolden("expiry.key", ExpiryIndex.key(TIME, KEY));
  }

  @Test
  void shouldKeepTheFormOfRememberedRequests() {
    StoredItem previous = new StoredItem(KEY, Value.of("old"), 100, TIME);
    WriteOutcome took =
        new WriteOutcome(
            null,
            null,
            -1,
            List.of(
                new WriteOutcome.Result(1001, -7, true, previous),
                new WriteOutcome.Result(0, 0, false, null)),
            0,
            0);
    WriteOutcome failed = new WriteOutcome(ErrorCode.CONDITION_FAILED, null, 2, List.of(), 0, 0);
    RequestId next = new RequestId(ID.clientHigh(), ID.clientLow(), 301);
    RequestBlock.Builder builder = new RequestBlock.Builder();
    builder.begin(TIME, 1000);
    builder.add(ID, TIME + 60_000, -2, took);
    builder.add(next, TIME, 3, failed);
    assertGolden("requests.row", builder.row());

    byte[] row = golden("requests.row");
    assertThat(Objects.requireNonNull(RequestBlock.find(row, ID)))
        .usingRecursiveComparison()
        .isEqualTo(new RequestBlock.Remembered(ID, TIME + 60_000, -2, took));
    assertThat(Objects.requireNonNull(RequestBlock.find(row, next)))
        .usingRecursiveComparison()
        .isEqualTo(new RequestBlock.Remembered(next, TIME, 3, failed));
    List<String> visited = new ArrayList<>();
    RequestBlock.visit(
        row, (id, notAfter, token) -> visited.add(id.sequence() + " " + notAfter + " " + token));
    assertThat(visited).containsExactly("300 1800000060000 -2", "301 1800000000000 3");
  }

  /** Every row that a shard writes, keys included. */
  @Test
  void shouldKeepTheFormOfAllRows(@TempDir Path directory) {
    InMemoryStorageEngine engine = new InMemoryStorageEngine();
    try (TestShard shard = new TestShard(engine, directory)) {
      shard.create(TIME, new byte[] {0}, new byte[] {(byte) 0xF0}, TestShard.OF_ITEMS);
      byte[] plain = TestShard.key("user", TestShard.PLAIN, "a");
      byte[] expiring = TestShard.key("user", TestShard.EXPIRING, "a");
      shard.write(
          TIME + 1,
          TestShard.command(1, TIME + 5000, TestShard.put(plain, "v")),
          TestShard.command(2, TIME + 5000, TestShard.put(expiring, "w")),
          TestShard.command(3, TIME + 5000, TestShard.add(plain, 1)));
      shard.machine().advance(new LogPosition(3, 2));
      for (KeySpace space : KeySpace.values()) {
        StringBuilder rows = new StringBuilder();
        shard
            .rows(space)
            .forEach((key, value) -> rows.append(key).append('=').append(value).append(','));
        assertThat(rows.toString())
            .as("rows of %s; spaces that are derived have none", space)
            .isEqualTo(golden.getOrDefault("rows." + space, ""));
      }
    }
  }

  @Test
  void shouldKeepTheFormOfChanges() {
    StoredItem document =
        new StoredItem(KEY, new Value.Document(new byte[] {1, 2, 3}), TIME << 16, TIME + 10);
    Map.of(
            "change.put",
            new ChangeRow(ChangeRow.Kind.PUT, TIME << 16, KEY, document, document),
            "change.delete",
            new ChangeRow(ChangeRow.Kind.DELETE, TIME << 16 | 1, KEY, null, document),
            "change.expire",
            new ChangeRow(ChangeRow.Kind.EXPIRE, TIME << 16 | 2, KEY, null, null))
        .forEach(
            (name, change) -> {
              assertGolden(name, change.encode());
              assertThat(ChangeRow.decode(change.rowKey(), golden(name)))
                  .usingRecursiveComparison()
                  .isEqualTo(change);
            });
    assertGolden("change.key", ChangeRow.rowKey(TIME << 16 | 1, KEY));
  }

  @Test
  void shouldStopAtEntriesOfNewerFormatsAndKinds() {
    byte[] tick = golden("entry.tick");
    byte[] newerFormat = tick.clone();
    newerFormat[0] = 2;
    byte[] newerKind = tick.clone();
    newerKind[1] = 99;
    for (byte[] entry : List.of(newerFormat, newerKind)) {
      assertThatThrownBy(() -> EntryCodec.decode(entry))
          .isInstanceOfSatisfying(
              HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPTION))
          .hasMessageContaining("newer Henge");
    }
  }

  @Test
  void shouldKeepTheFormOfStatesOfIndexesAndRules() {
    DerivedState state =
        new DerivedState(
            300, DerivedState.Kind.RULE, -6, DerivedState.Phase.BUILDING, new byte[] {4, 5});
    assertGolden("derived.state", SystemRows.encode(state));
    assertThat(SystemRows.decodeDerived(300, golden("derived.state")))
        .usingRecursiveComparison()
        .isEqualTo(state);
  }

  @Test
  void shouldKeepTheFormOfSourcesInWrites() {
    Mutation check = new Mutation(KEY, Condition.none(), Action.Check.CHECK, false);
    List<CopySource> sources =
        List.of(
            new CopySource(300, KEY, TIME << 16, new byte[] {1, 2}),
            new CopySource(-1, KEY, 5, null),
            CopySource.unknown(300, KEY));
    WriteCommand command = new WriteCommand(ID, TIME, 1, List.of(check), sources);
    Entry.Writes entry =
        new Entry.Writes(
            header(EntryKind.WRITES), List.of(command, command.withSources(List.of())));
    assertGolden("entry.writes-sources", EntryCodec.encode(entry));
    assertThat(EntryCodec.decode(golden("entry.writes-sources")))
        .usingRecursiveComparison()
        .withStrictTypeChecking()
        .isEqualTo(entry);
    assertThat(EntryCodec.bytesMax(command))
        .isGreaterThanOrEqualTo(EntryCodec.bytesMax(entry.commands().get(1)) + 3L * KEY.length);
  }

  @Test
  void shouldKeepTheFormOfRowsOfCopies() {
    RingRange range = new RingRange(new byte[] {5}, new byte[] {(byte) 0xF0});
    RingRange rest = new RingRange(new byte[] {(byte) 0xF1}, new byte[0]);
    FollowRows.Known known = new FollowRows.Known(TIME << 16, new byte[] {1, 2}, range);
    FollowRows.Known gone = new FollowRows.Known(7, null, null);
    FollowRows.Watches watches =
        new FollowRows.Watches(
            List.of(new FollowRows.Watch(range, TIME << 16), new FollowRows.Watch(rest, 1)));
    FollowRows.Fanout fanout = new FollowRows.Fanout(TIME << 16, 9);
    assertGolden("follow.source-row", FollowRows.sourceRow(-2, KEY));
    assertThat(FollowRows.source(golden("follow.source-row"))).isEqualTo(new SourceKey(-2, KEY));
    assertGolden("follow.holder-row", FollowRows.holder(300, KEY, new byte[] {9, 8, 7}));
    assertThat(FollowRows.holderKey(golden("follow.holder-row"))).isEqualTo(new byte[] {9, 8, 7});
    assertGolden("follow.watch-row", FollowRows.watch(300, KEY));
    assertThat(FollowRows.watchedRule(golden("follow.watch-row"))).isEqualTo(300);
    assertThat(FollowRows.watchedSource(golden("follow.watch-row"), 1)).isEqualTo(KEY);
    assertGolden("follow.known", known.encode());
    assertThat(FollowRows.Known.decode(golden("follow.known")))
        .usingRecursiveComparison()
        .isEqualTo(known);
    assertGolden("follow.known-gone", gone.encode());
    assertThat(FollowRows.Known.decode(golden("follow.known-gone")))
        .usingRecursiveComparison()
        .isEqualTo(gone);
    assertGolden("follow.watches", watches.encode());
    assertThat(FollowRows.Watches.decode(golden("follow.watches"))).isEqualTo(watches);
    assertGolden("follow.fanout", fanout.encode());
    assertThat(FollowRows.Fanout.decode(golden("follow.fanout"))).isEqualTo(fanout);
    assertGolden("follow.number", FollowRows.number(TIME << 16));
    assertThat(FollowRows.number(golden("follow.number"))).isEqualTo(TIME << 16);
    FollowRows.Taken taken = new FollowRows.Taken(TIME << 16, 0xCAFE);
    assertGolden("follow.taken", taken.encode());
    assertThat(FollowRows.Taken.decode(golden("follow.taken"))).isEqualTo(taken);
  }

  private static List<FollowCommand> follows() {
    SourceKey source = new SourceKey(300, KEY);
    RingRange range = new RingRange(new byte[] {5}, new byte[] {(byte) 0xF0});
    return List.of(
        new FollowCommand.Learn(source, TIME << 16, new byte[] {1, 2}, new byte[] {3}),
        new FollowCommand.Registered(source, range, TIME << 16, 9),
        new FollowCommand.Watch(new SourceKey(-1, KEY), range),
        new FollowCommand.Sent(source, TIME << 16),
        new FollowCommand.Forget(source, range, TIME << 16),
        new FollowCommand.Relearn(source, TIME << 16, new byte[] {1, 2}, 9, new byte[] {3}),
        new FollowCommand.Mend(source, new byte[] {9, 8, 7}, TIME << 16, new byte[] {1, 2}));
  }

  @Test
  void shouldKeepTheFormOfRowsOfReshaping() {
    Child child =
        new Child(
            9,
            300,
            new ShardDescription(9, 4, new byte[] {5}, new byte[] {(byte) 0xF0}),
            List.of("00000000000000a1", "00000000000000a2"),
            TIME,
            TIME << 16);
    assertGolden("reshaping.child", ReshapeCodec.encode(child));
    assertThat(ReshapeCodec.decodeChild(golden("reshaping.child")))
        .usingRecursiveComparison()
        .isEqualTo(child);
    Reshaping.Frozen frozen = new Reshaping.Frozen(300, 7, true);
    assertGolden("reshaping.frozen", ReshapeCodec.encode(frozen));
    assertThat(ReshapeCodec.decodeFrozen(golden("reshaping.frozen"))).isEqualTo(frozen);
    Reshaping.Absorbing absorbing =
        new Reshaping.Absorbing(300, child.description(), new byte[] {'d', 5, 6}, 70, 8000, -9);
    assertGolden("reshaping.absorbing", ReshapeCodec.encode(absorbing));
    assertThat(ReshapeCodec.decodeAbsorbing(golden("reshaping.absorbing")))
        .usingRecursiveComparison()
        .isEqualTo(absorbing);
    Reshaping.Operation operation = new Reshaping.Operation(300, true);
    assertGolden("reshaping.operation", ReshapeCodec.encode(operation));
    assertThat(ReshapeCodec.decodeOperation(golden("reshaping.operation"))).isEqualTo(operation);
    assertGolden("reshaping.untrimmed", ReshapeCodec.encodeUntrimmed(new byte[] {1, 2}));
    assertThat(ReshapeCodec.decodeUntrimmed(golden("reshaping.untrimmed")))
        .isEqualTo(new byte[] {1, 2});
    // Of the rows of a merge: part of the entries, so to speak.
    RowsDigest digest = new RowsDigest(0, 0);
    digest.add(new RawRow(KeySpace.DATA, KEY, new byte[] {1, 2, 3}));
    digest.add(new RawRow(KeySpace.REQUESTS, new byte[16], new byte[0]));
    assertGolden(
        "reshaping.digest",
        java.nio.ByteBuffer.allocate(16).putLong(digest.rows()).putLong(digest.checksum()).array());
  }

  private static Map<String, ReshapeCommand> reshapings() {
    Map<String, ReshapeCommand> commands = new LinkedHashMap<>();
    ShardDescription neighbour =
        new ShardDescription(8, 4, new byte[] {5}, new byte[] {(byte) 0xF0});
    commands.put(
        "split",
        new ReshapeCommand.Split(
            300, 9, new byte[] {5}, 3, List.of("00000000000000a1", "00000000000000a2")));
    commands.put("trim", new ReshapeCommand.Trim(List.of(9L, 300L)));
    commands.put("freeze", new ReshapeCommand.Freeze(300, 7));
    commands.put("seal", new ReshapeCommand.Seal(300));
    commands.put("thaw", new ReshapeCommand.Thaw(300));
    commands.put("absorb", new ReshapeCommand.Absorb(300, neighbour));
    commands.put(
        "absorb-rows",
        new ReshapeCommand.AbsorbRows(
            300,
            new byte[0],
            ReshapeCommand.AbsorbRows.END,
            List.of(
                new RawRow(KeySpace.DATA, KEY, new byte[] {1, 2, 3}),
                new RawRow(KeySpace.REQUESTS, new byte[16], new byte[] {4}))));
    commands.put(
        "absorb-commit",
        new ReshapeCommand.AbsorbCommit(
            300,
            4,
            TIME,
            TIME << 16,
            List.of(new CollectionInfo(5, "sessions", 1000, false, false, 8)),
            2,
            -5));
    commands.put("absorb-abort", new ReshapeCommand.AbsorbAbort(300));
    return commands;
  }

  private static List<WriteCommand> commands() {
    List<Mutation> all =
        List.of(
            new Mutation(
                KEY, Condition.none(), new Action.Put(Value.of("value"), Action.TTL_NEVER), false),
            new Mutation(
                KEY, Condition.absent(), new Action.Put(Value.of(-3), Action.TTL_DEFAULT), true),
            new Mutation(KEY, Condition.present(), Action.Remove.REMOVE, true),
            new Mutation(KEY, new Condition.VersionIs(TIME << 16), new Action.Add(-70), false),
            new Mutation(
                KEY,
                new Condition.ValueIs(Value.of("x")),
                new Action.Append(new byte[] {9}),
                false),
            new Mutation(
                KEY, new Condition.ValueIs(Value.of(1L << 62)), new Action.Touch(60_000), false),
            new Mutation(KEY, Condition.none(), Action.Check.CHECK, false));
    return List.of(
        new WriteCommand(ID, TIME + 30_000, 12, all),
        new WriteCommand(
            new RequestId(ID.clientHigh(), ID.clientLow(), 301),
            TIME - 1,
            0,
            List.of(new Mutation(new byte[0], Condition.none(), new Action.Add(1), false))),
        new WriteCommand(new RequestId(1, 2, -1), Long.MAX_VALUE, -1, List.of()));
  }

  private static EntryHeader header(EntryKind kind) {
    return new EntryHeader(kind, EntryHeader.node("fedcba9876543210"), 12, 345, TIME);
  }

  private void assertGolden(String name, byte[] bytes) {
    assertThat(HexFormat.of().formatHex(bytes)).as(name).isEqualTo(golden.get(name));
  }

  private byte[] golden(String name) {
    return HexFormat.of().parseHex(Objects.requireNonNull(golden.get(name), name));
  }

  private static Map<String, String> load() {
    Map<String, String> golden = new LinkedHashMap<>();
    try (InputStream in = GoldenFormatTest.class.getResourceAsStream("formats.golden")) {
      String text =
          new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.US_ASCII);
      try (Stream<String> lines = text.lines()) {
        lines
            .filter(line -> !line.isBlank() && !line.startsWith("#"))
            .map(line -> line.split(" ", 2))
            .forEach(parts -> golden.put(parts[0], parts[1]));
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    return golden;
  }
}
