package io.henge.replication.statemachine;

import static io.henge.replication.statemachine.Difference.Kind.FIELD_STALE;
import static io.henge.replication.statemachine.Difference.Kind.FIELD_WRONG;
import static io.henge.replication.statemachine.Difference.Kind.HOLDER_MISSING;
import static io.henge.replication.statemachine.Difference.Kind.HOLDER_STRAY;
import static io.henge.replication.statemachine.Difference.Kind.HOLDER_WRONG;
import static io.henge.replication.statemachine.Difference.Kind.SOURCE_UNWATCHED;
import static io.henge.replication.statemachine.Difference.Kind.SOURCE_WRONG;
import static io.henge.replication.statemachine.FollowFixture.FOLLOW;
import static io.henge.replication.statemachine.FollowFixture.ORDERS;
import static io.henge.replication.statemachine.FollowFixture.PRODUCTS;
import static io.henge.replication.statemachine.FollowFixture.SNAPSHOT;
import static io.henge.replication.statemachine.FollowFixture.order;
import static io.henge.replication.statemachine.FollowFixture.product;
import static io.henge.replication.statemachine.FollowFixture.put;
import static io.henge.replication.statemachine.FollowFixture.remove;
import static io.henge.replication.statemachine.FollowFixture.source;
import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.item.Value;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.value.Json;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.WriteRows;
import io.henge.engine.memory.InMemoryStorageEngine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Differences of copies that a test plants in the store, below everything that keeps them away. */
class CopyVerifierTest {
  private static final byte[] NONE = {};
  private static final RingRange ALL = new RingRange(NONE, NONE);
  private static final byte[] PEAR = product("pear");
  private static final SourceKey FOLLOWED = new SourceKey(FOLLOW, PEAR);
  private static final byte[] ORDER = order("ann", "1");
  private static final byte[] OTHER = order("bob", "2");

  @TempDir Path directory;
  private final InMemoryStorageEngine engine = new InMemoryStorageEngine();
  private TestShard shard;
  private TestShard replica;
  private long sequence;
  private long now = 1_000_000;

  @BeforeEach
  void create() {
    shard = new TestShard(engine, directory.resolve("a"));
    shard.create(now, NONE, NONE, List.of(PRODUCTS, ORDERS));
    replica = new TestShard(engine, directory.resolve("b"));
    written(List.of(), put(PEAR, "{\"p\":\"pear\",\"name\":\"Pear\",\"price\":5}"));
    long version = version(PEAR);
    for (byte[] key : List.of(ORDER, OTHER)) {
      written(
          List.of(
              source(FOLLOW, "pear", version, "{\"name\":\"Pear\"}"),
              source(SNAPSHOT, "pear", version, "{\"paid\":5}")),
          put(key, holder(key, "{\"p\":\"pear\"},{\"n\":1}")));
    }
  }

  @AfterEach
  void close() {
    shard.close();
    replica.close();
  }

  private static String holder(byte[] key, String items) {
    String ids =
        Arrays.equals(key, ORDER) ? "\"u\":\"ann\",\"o\":\"1\"" : "\"u\":\"bob\",\"o\":\"2\"";
    return "{" + ids + ",\"items\":[" + items + "]}";
  }

  private void written(List<CopySource> sources, Mutation... mutations) {
    WriteCommand command =
        new WriteCommand(
            TestShard.request(++sequence), now + 5000, 9, Arrays.asList(mutations), sources);
    assertThat(shard.write(++now, List.of(command), false).get(0).error()).isNull();
  }

  private long version(byte[] key) {
    return Objects.requireNonNull(shard.get(key)).version();
  }

  private @Nullable String stored(byte[] key) {
    return FollowFixture.json(shard, key);
  }

  @SuppressWarnings("unchecked")
  private FollowOutcome follow(FollowCommand command) {
    List<FollowOutcome> outcomes =
        (List<FollowOutcome>)
            Objects.requireNonNull(
                shard.applyNew(
                    new Entry.Follow(shard.header(command.kind(), ++now), List.of(command)),
                    false));
    assertThat(outcomes.get(0).message()).isEmpty();
    return outcomes.get(0);
  }

  private void register() {
    List<CopyWork.Outgoing> outgoing = read(view -> CopyWork.outgoing(view, NONE, 10));
    for (CopyWork.Outgoing row : outgoing) {
      byte[] key = row.source().key();
      FollowOutcome watched = follow(new FollowCommand.Watch(new SourceKey(FOLLOW, key), ALL));
      follow(
          new FollowCommand.Learn(
              new SourceKey(FOLLOW, key), watched.version(), watched.fields(), NONE));
      follow(
          new FollowCommand.Registered(
              new SourceKey(FOLLOW, key), ALL, watched.version(), row.made()));
    }
  }

  /** Sends what has changed, as the worker does. */
  private void send() {
    for (CopyWork.Change change : changes()) {
      byte[] key = change.source().key();
      follow(
          new FollowCommand.Learn(
              new SourceKey(FOLLOW, key), change.version(), change.fields(), NONE));
      follow(new FollowCommand.Sent(new SourceKey(FOLLOW, key), change.version()));
    }
  }

  private List<CopyWork.Change> changes() {
    return read(view -> CopyWork.changes(view, shard.machine().state(), NONE, 10));
  }

  private <T> T read(java.util.function.Function<ReadView, T> reader) {
    try (ReadView view = shard.slot().snapshot()) {
      return reader.apply(view);
    }
  }

  // ---- Looking and mending, as the leader does ----

  private List<CopyDoubt> verify() {
    return read(
        view -> {
          CopyVerifier verifier = Objects.requireNonNull(CopyVerifier.of(view, ALL, 0));
          List<CopyDoubt> found = new ArrayList<>();
          List<CopyDoubt> doubts = new ArrayList<>();
          // Small pages: nothing may be lost between two of them.
          byte[] next = NONE;
          while (next != null) {
            CopyPage page = verifier.holders(next, 1);
            doubts.addAll(page.doubts());
            next = page.next();
          }
          next = NONE;
          while (next != null) {
            CopyPage page = verifier.documents(next, 1);
            doubts.addAll(page.doubts());
            next = page.next();
          }
          next = NONE;
          while (next != null) {
            CopyPage page = verifier.sources(next, 1);
            doubts.addAll(page.sources());
            next = page.next();
          }
          for (CopyDoubt doubt : doubts) {
            CopyDoubt sure =
                doubt.isCertain()
                    ? doubt
                    : verifier.judge(
                        doubt, SourceAudit.read(view, shard.machine().state(), doubt.source()));
            if (sure != null && found.stream().noneMatch(sure::isAbout)) {
              found.add(sure);
            }
          }
          return found;
        });
  }

  private List<Difference.Kind> kinds() {
    return verify().stream().map(CopyDoubt::kind).toList();
  }

  private static SourceAudit nothingSaid(SourceKey source) {
    return new SourceAudit(source, 0, null, false, List.of());
  }

  private void mend() {
    for (CopyDoubt doubt : verify()) {
      SourceKey source = doubt.source();
      boolean named = source.key().length > 0;
      byte[] holder = doubt.holder();
      SourceAudit says =
          named
              ? read(view -> SourceAudit.read(view, shard.machine().state(), source))
              : nothingSaid(source);
      if (holder == null || doubt.kind() == HOLDER_WRONG) {
        boolean unwatched = doubt.kind() == SOURCE_UNWATCHED;
        follow(
            new FollowCommand.Relearn(
                source,
                unwatched ? 0 : says.version(),
                unwatched ? null : says.fields(),
                doubt.seen(),
                NONE));
      } else {
        follow(new FollowCommand.Mend(source, holder, says.version(), says.fields()));
      }
    }
    register();
  }

  private void plant(Consumer<WriteRows> damage) {
    // The other replica stays as it was: what mends one must make them equal.
    replica.replay(shard.log());
    try (WriteRows rows = shard.slot().batch()) {
      damage.accept(rows);
      shard.slot().write(rows);
    }
  }

  private void document(WriteRows rows, byte[] key, String json) {
    StoredItem item = Objects.requireNonNull(shard.get(key));
    byte[] bytes = DocumentCodec.encode(Json.parseObject(json));
    rows.put(
        KeySpace.DATA,
        key,
        ItemCodec.encode(new Value.Document(bytes), item.version(), item.expiresAtMillis()));
  }

  private static byte[] held(byte[] holder) {
    return FollowRows.holder(FOLLOW, PEAR, holder);
  }

  private static byte[] known() {
    return FollowRows.sourceRow(FOLLOW, PEAR);
  }

  private void shouldFindAndMend(Difference.Kind... kinds) {
    assertThat(kinds()).containsExactly(kinds);
    mend();
    assertThat(verify()).isEmpty();
    String right = "{\"p\":\"pear\",\"name\":\"Pear\",\"paid\":5},{\"n\":1}";
    assertThat(stored(ORDER)).isEqualTo(holder(ORDER, right));
    assertThat(stored(OTHER)).isEqualTo(holder(OTHER, right));
    replica.replay(shard.log());
    for (KeySpace space :
        List.of(KeySpace.DATA, KeySpace.KNOWN, KeySpace.HOLDERS, KeySpace.SYSTEM)) {
      assertThat(shard.rows(space)).as("%s", space).isEqualTo(replica.rows(space));
    }
    changeArrives();
  }

  /** And a change still finds every holder. */
  private void changeArrives() {
    written(List.of(), put(PEAR, "{\"p\":\"pear\",\"name\":\"Birne\",\"price\":6}"));
    assertThat(verify()).as("on its way").isEmpty();
    send();
    assertThat(stored(ORDER)).contains("\"name\":\"Birne\",\"paid\":5");
    assertThat(stored(OTHER)).contains("\"name\":\"Birne\",\"paid\":5");
    assertThat(verify()).isEmpty();
  }

  @Test
  void shouldFindNothingWhileSomethingIsOnItsWay() {
    assertThat(verify()).as("to be registered").isEmpty();
    register();
    assertThat(verify()).isEmpty();
    changeArrives();
    written(List.of(), remove(PEAR));
    assertThat(verify()).as("gone, to be sent").isEmpty();
    send();
    assertThat(verify()).as("kept").isEmpty();
    written(List.of(), remove(ORDER));
    assertThat(verify()).isEmpty();
    written(List.of(), remove(OTHER));
    assertThat(verify()).isEmpty();
  }

  @Test
  void shouldTakeAChangeThatNothingCopiesForNoDifference() {
    register();
    written(List.of(), put(PEAR, "{\"p\":\"pear\",\"name\":\"Pear\",\"price\":7,\"stock\":1}"));
    assertThat(changes()).isEmpty();
    assertThat(verify()).isEmpty();
  }

  @Test
  void shouldMendAHolderThatIsNotListed() {
    register();
    plant(rows -> rows.delete(KeySpace.HOLDERS, held(OTHER)));
    shouldFindAndMend(HOLDER_MISSING);
  }

  @Test
  void shouldMendAListedHolderThatIsNone() {
    register();
    plant(
        rows ->
            rows.put(KeySpace.HOLDERS, held(order("carl", "3")), FollowRows.number(version(PEAR))));
    shouldFindAndMend(HOLDER_STRAY);
  }

  @Test
  void shouldMendAHolderThatIsSaidToBeAheadOfItsSource() {
    register();
    plant(rows -> rows.put(KeySpace.HOLDERS, held(OTHER), FollowRows.number(Long.MAX_VALUE)));
    shouldFindAndMend(HOLDER_WRONG);
  }

  @Test
  void shouldMendAFollowedField() {
    register();
    plant(
        rows ->
            document(
                rows,
                ORDER,
                holder(ORDER, "{\"p\":\"pear\",\"name\":\"Bear\",\"paid\":5},{\"n\":1}")));
    shouldFindAndMend(FIELD_WRONG);
  }

  @Test
  void shouldMendACopyThatNamesNothing() {
    register();
    plant(
        rows ->
            document(
                rows,
                ORDER,
                holder(
                    ORDER,
                    "{\"p\":\"pear\",\"name\":\"Pear\",\"paid\":5},{\"n\":1,\"name\":\"x\"}")));
    shouldFindAndMend(FIELD_WRONG);
  }

  @Test
  void shouldMendACopyThatWasLeftBehind() {
    register();
    String old = "{\"p\":\"pear\",\"name\":\"Old\",\"paid\":5},{\"n\":1}";
    plant(
        rows -> {
          document(rows, ORDER, holder(ORDER, old));
          rows.put(KeySpace.HOLDERS, held(ORDER), FollowRows.number(1));
        });
    shouldFindAndMend(FIELD_STALE);
  }

  @Test
  void shouldMendWhatIsKnownOfASourceWhereverItCameFrom() {
    register();
    long version = version(PEAR);
    String wrong = "{\"p\":\"pear\",\"name\":\"Bear\",\"paid\":5},{\"n\":1}";
    plant(
        rows -> {
          rows.put(
              KeySpace.KNOWN,
              known(),
              new FollowRows.Known(version, FollowFixture.fields("{\"name\":\"Bear\"}"), ALL)
                  .encode());
          document(rows, ORDER, holder(ORDER, wrong));
          document(rows, OTHER, holder(OTHER, wrong));
        });
    shouldFindAndMend(SOURCE_WRONG);
  }

  @Test
  void shouldMendAChangeThatWasMissed() {
    register();
    String old = "{\"p\":\"pear\",\"name\":\"Old\",\"paid\":5},{\"n\":1}";
    plant(
        rows -> {
          rows.put(
              KeySpace.KNOWN,
              known(),
              new FollowRows.Known(1, FollowFixture.fields("{\"name\":\"Old\"}"), ALL).encode());
          for (byte[] key : List.of(ORDER, OTHER)) {
            document(rows, key, holder(key, old));
            rows.put(KeySpace.HOLDERS, held(key), FollowRows.number(1));
          }
        });
    shouldFindAndMend(SOURCE_WRONG);
  }

  @Test
  void shouldMendWhatIsKnownToBeNewerThanTheSource() {
    register();
    plant(
        rows -> {
          rows.put(
              KeySpace.KNOWN,
              known(),
              new FollowRows.Known(Long.MAX_VALUE, FollowFixture.fields("{\"name\":\"Pear\"}"), ALL)
                  .encode());
          rows.put(KeySpace.HOLDERS, held(ORDER), FollowRows.number(Long.MAX_VALUE));
        });
    shouldFindAndMend(SOURCE_WRONG);
  }

  @Test
  void shouldMendWhatIsNotKnownAnyMore() {
    register();
    plant(rows -> rows.delete(KeySpace.KNOWN, known()));
    shouldFindAndMend(SOURCE_WRONG);
  }

  @Test
  void shouldRegisterAgainWhereTheSourceKnowsOfNothing() {
    register();
    plant(rows -> rows.delete(KeySpace.WATCHES, FollowRows.watch(FOLLOW, PEAR)));
    shouldFindAndMend(SOURCE_UNWATCHED);
  }

  @Test
  void shouldGiveASnapshotBackWhatWasTaken() {
    register();
    plant(
        rows ->
            document(
                rows,
                ORDER,
                holder(ORDER, "{\"p\":\"pear\",\"name\":\"Pear\",\"paid\":1},{\"n\":1}")));
    shouldFindAndMend(FIELD_WRONG);
  }

  @Test
  void shouldTakeASnapshotAgainWhenItsSourceHasChanged() {
    register();
    changeArrives();
    byte[] row = FollowRows.holder(SNAPSHOT, PEAR, ORDER);
    plant(
        rows ->
            document(
                rows,
                ORDER,
                holder(ORDER, "{\"p\":\"pear\",\"name\":\"Birne\",\"paid\":1},{\"n\":1}")));
    assertThat(kinds()).containsExactly(FIELD_WRONG);
    mend();
    assertThat(verify()).isEmpty();
    assertThat(stored(ORDER)).as("as of now").contains("\"paid\":6");
    FollowRows.Taken taken =
        FollowRows.Taken.decode(
            Objects.requireNonNull(read(view -> view.get(KeySpace.HOLDERS, row))));
    assertThat(taken.version()).isEqualTo(version(PEAR));
    // Of a source that is gone nobody can tell any more.
    written(List.of(), remove(PEAR));
    send();
    plant(
        rows ->
            document(
                rows,
                ORDER,
                holder(ORDER, "{\"p\":\"pear\",\"name\":\"Birne\",\"paid\":1},{\"n\":1}")));
    mend();
    assertThat(kinds()).containsExactly(FIELD_WRONG);
  }

  @Test
  void shouldNotReplaceWhatHasComeMeanwhileByWhatMends() {
    register();
    SourceAudit before = read(view -> SourceAudit.read(view, shard.machine().state(), FOLLOWED));
    changeArrives();
    follow(
        new FollowCommand.Relearn(
            new SourceKey(FOLLOW, PEAR), before.version(), before.fields(), 1, NONE));
    follow(
        new FollowCommand.Mend(
            new SourceKey(FOLLOW, PEAR), ORDER, before.version(), before.fields()));
    assertThat(stored(ORDER)).contains("\"name\":\"Birne\"");
    assertThat(stored(OTHER)).contains("\"name\":\"Birne\"");
    register();
    assertThat(verify()).isEmpty();
    // A document that has gone meanwhile needs nothing.
    written(List.of(), remove(ORDER));
    follow(
        new FollowCommand.Mend(
            new SourceKey(FOLLOW, PEAR), ORDER, before.version(), before.fields()));
    assertThat(verify()).isEmpty();
    assertThat(shard.rows(KeySpace.HOLDERS)).as("follow and snapshot of the other").hasSize(2);
  }

  @Test
  void shouldChangeNothingWhenWhatMendsIsRepeated() {
    register();
    SourceAudit says = read(view -> SourceAudit.read(view, shard.machine().state(), FOLLOWED));
    String before = stored(ORDER);
    Map<String, String> holders = shard.rows(KeySpace.HOLDERS);
    for (int i = 0; i < 2; i++) {
      follow(
          new FollowCommand.Mend(
              new SourceKey(FOLLOW, PEAR), ORDER, says.version(), says.fields()));
      follow(
          new FollowCommand.Relearn(
              new SourceKey(FOLLOW, PEAR), says.version(), says.fields(), says.version(), NONE));
      assertThat(stored(ORDER)).isEqualTo(before);
      assertThat(shard.rows(KeySpace.HOLDERS)).isEqualTo(holders);
      assertThat(verify()).isEmpty();
    }
    register();
    assertThat(shard.rows(KeySpace.OUTBOX)).isEmpty();
    changeArrives();
  }

  @Test
  void shouldMendManyHoldersInManySteps() {
    register();
    long version = version(PEAR);
    for (int i = 0; i < 450; i++) {
      String id = "x" + i;
      written(
          List.of(source(SNAPSHOT, "pear", version, "{\"paid\":5}")),
          put(order("u", id), "{\"u\":\"u\",\"o\":\"" + id + "\",\"items\":[{\"p\":\"pear\"}]}"));
    }
    plant(
        rows ->
            rows.put(
                KeySpace.KNOWN,
                known(),
                new FollowRows.Known(version, FollowFixture.fields("{\"name\":\"Bear\"}"), ALL)
                    .encode()));
    // All of these documents seem wrong, and the source.
    assertThat(kinds()).contains(SOURCE_WRONG, FIELD_WRONG);
    int steps = 0;
    SourceAudit says = read(view -> SourceAudit.read(view, shard.machine().state(), FOLLOWED));
    for (byte[] next = NONE; next != null; steps++) {
      next =
          follow(
                  new FollowCommand.Relearn(
                      new SourceKey(FOLLOW, PEAR), version, says.fields(), version, next))
              .next();
    }
    assertThat(steps).isEqualTo(3);
    register();
    assertThat(verify()).isEmpty();
  }
}
