package io.henge.replication.statemachine;

import static io.henge.replication.statemachine.FollowFixture.FOLLOW;
import static io.henge.replication.statemachine.FollowFixture.ORDERS;
import static io.henge.replication.statemachine.FollowFixture.PRODUCTS;
import static io.henge.replication.statemachine.FollowFixture.SNAPSHOT;
import static io.henge.replication.statemachine.FollowFixture.order;
import static io.henge.replication.statemachine.FollowFixture.product;
import static io.henge.replication.statemachine.FollowFixture.put;
import static io.henge.replication.statemachine.FollowFixture.remove;
import static io.henge.replication.statemachine.FollowFixture.source;
import static io.henge.replication.statemachine.TestShard.NONE;
import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.error.ErrorCode;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.memory.InMemoryStorageEngine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FollowApplyTest {
  private static final long START = 1_000_000;
  private static final RingRange ALL = new RingRange(NONE, NONE);
  private static final byte[] ORDER = order("ann", "1");

  @TempDir Path directory;

  private TestShard shard;
  private long sequence;
  private long now = START;

  @BeforeEach
  void create() {
    shard = new TestShard(new InMemoryStorageEngine(), directory);
    shard.create(START, NONE, NONE, List.of(PRODUCTS, ORDERS));
  }

  @AfterEach
  void close() {
    shard.close();
  }

  private WriteOutcome write(List<CopySource> sources, Mutation... mutations) {
    WriteCommand command =
        new WriteCommand(
            TestShard.request(++sequence), now + 5000, 9, Arrays.asList(mutations), sources);
    return shard.write(++now, List.of(command), false).get(0);
  }

  private void written(List<CopySource> sources, Mutation... mutations) {
    assertThat(write(sources, mutations).error()).isNull();
  }

  private FollowOutcome follow(FollowCommand command) {
    return follow(List.of(command)).get(0);
  }

  @SuppressWarnings("unchecked")
  private List<FollowOutcome> follow(List<FollowCommand> commands) {
    return (List<FollowOutcome>)
        Objects.requireNonNull(
            shard.applyNew(
                new Entry.Follow(shard.header(commands.get(0).kind(), ++now), commands), false));
  }

  private FollowOutcome learn(String product, long version, @Nullable String fields) {
    return follow(
        new FollowCommand.Learn(
            new SourceKey(FOLLOW, product(product)), version, FollowFixture.fields(fields), NONE));
  }

  private @Nullable String stored(byte[] key) {
    return FollowFixture.json(shard, key);
  }

  private List<CopyWork.Change> changes() {
    try (ReadView view = shard.slot().snapshot()) {
      return CopyWork.changes(view, shard.machine().state(), NONE, 10);
    }
  }

  private List<CopyWork.Outgoing> outgoing() {
    try (ReadView view = shard.slot().snapshot()) {
      return CopyWork.outgoing(view, NONE, 10);
    }
  }

  private static String holder(String... items) {
    return "{\"u\":\"ann\",\"o\":\"1\",\"items\":[" + String.join(",", items) + "]}";
  }

  /** Both sources of one product, as they are found out for a write. */
  private static List<CopySource> sources(String product, long version, String name) {
    return List.of(
        source(FOLLOW, product, version, "{\"name\":\"" + name + "\"}"),
        source(SNAPSHOT, product, version, "{\"paid\":5}"));
  }

  private void register() {
    for (CopyWork.Outgoing row : outgoing()) {
      FollowOutcome watched = follow(new FollowCommand.Watch(row.source(), ALL));
      follow(new FollowCommand.Learn(row.source(), watched.version(), watched.fields(), NONE));
      follow(new FollowCommand.Registered(row.source(), ALL, watched.version(), row.made()));
    }
    assertThat(outgoing()).isEmpty();
  }

  @Test
  void shouldSayWhatAWriteLacksAndRememberNothing() {
    WriteOutcome first = write(List.of(), put(ORDER, holder("{\"p\":\"pear\"}")));
    assertThat(first.error()).isEqualTo(ErrorCode.BUSY);
    assertThat(first.missing())
        .containsExactly(
            new SourceKey(FOLLOW, product("pear")), new SourceKey(SNAPSHOT, product("pear")));
    assertThat(stored(ORDER)).isNull();
    assertThat(shard.rows(KeySpace.OUTBOX)).isEmpty();

    sequence--;
    written(sources("pear", 7, "Pear"), put(ORDER, holder("{\"p\":\"pear\"}")));
    assertThat(stored(ORDER)).isEqualTo(holder("{\"p\":\"pear\",\"name\":\"Pear\",\"paid\":5}"));
    sequence--;
    WriteOutcome again = write(List.of(), put(ORDER, holder("{\"p\":\"pear\"}")));
    assertThat(again.error()).as("answered as the first time").isNull();
    assertThat(outgoing()).hasSize(1);
  }

  @Test
  void shouldTakeKnownSourcesAndTheCopiesOfTheDocumentBefore() {
    written(sources("pear", 7, "Pear"), put(ORDER, holder("{\"p\":\"pear\"}")));
    byte[] other = order("bob", "2");
    WriteOutcome lacking =
        write(List.of(), put(other, "{\"u\":\"bob\",\"o\":\"2\",\"items\":[{\"p\":\"pear\"}]}"));
    assertThat(lacking.missing()).containsExactly(new SourceKey(SNAPSHOT, product("pear")));
    // What a client writes into fields of a rule is replaced, and needs nothing from elsewhere.
    written(
        List.of(),
        put(
            ORDER,
            holder(
                "{\"p\":\"pear\",\"name\":\"mine\",\"paid\":0,\"x\":1}",
                "{\"name\":\"nobody's\"}")));
    assertThat(stored(ORDER))
        .isEqualTo(holder("{\"p\":\"pear\",\"name\":\"Pear\",\"paid\":5,\"x\":1}", "{}"));
  }

  @Test
  void shouldLeaveOutWhatCouldNotBeFoundOut() {
    written(
        List.of(
            CopySource.unknown(FOLLOW, product("pear")),
            source(SNAPSHOT, "pear", 7, "{\"paid\":5}")),
        put(ORDER, holder("{\"p\":\"pear\"}")));
    assertThat(stored(ORDER)).isEqualTo(holder("{\"p\":\"pear\",\"paid\":5}"));
    written(List.of(), put(product("pear"), "{\"p\":\"pear\",\"name\":\"Pear\"}"));
    register();
    assertThat(stored(ORDER)).isEqualTo(holder("{\"p\":\"pear\",\"paid\":5,\"name\":\"Pear\"}"));
  }

  @Test
  void shouldSendChangesOfCopiedFieldsOnlyAndToWatchersOnly() {
    written(List.of(), put(product("pear"), "{\"p\":\"pear\",\"name\":\"Pear\",\"a\":{\"b\":1}}"));
    written(List.of(), put(product("pear"), "{\"p\":\"pear\",\"name\":\"Pear!\"}"));
    assertThat(changes()).as("nobody watches").isEmpty();
    written(sources("pear", 7, "old"), put(ORDER, holder("{\"p\":\"pear\"}")));
    register();
    assertThat(stored(ORDER)).contains("\"name\":\"Pear!\"");

    written(List.of(), put(product("pear"), "{\"p\":\"pear\",\"name\":\"Pear!\",\"stock\":3}"));
    assertThat(changes()).as("no copied field").isEmpty();
    written(List.of(), put(product("pear"), "{\"p\":\"pear\",\"name\":\"Birne\"}"));
    written(List.of(), put(product("pear"), "{\"p\":\"pear\",\"name\":\"Poire\"}"));
    CopyWork.Change change = changes().get(0);
    assertThat(changes()).hasSize(1);
    assertThat(change.targets()).extracting(CopyWork.Target::range).containsExactly(ALL);
    assertThat(change.since()).isLessThan(change.version());

    FollowOutcome learned =
        follow(
            new FollowCommand.Learn(
                new SourceKey(FOLLOW, product("pear")), change.version(), change.fields(), NONE));
    assertThat(learned.changed()).isEqualTo(1);
    assertThat(learned.next()).isNull();
    assertThat(stored(ORDER)).contains("\"name\":\"Poire\"");
    follow(new FollowCommand.Sent(new SourceKey(FOLLOW, product("pear")), change.version() - 1));
    assertThat(changes()).as("another version").hasSize(1);
    follow(new FollowCommand.Sent(new SourceKey(FOLLOW, product("pear")), change.version()));
    assertThat(changes()).isEmpty();
  }

  @Test
  void shouldNeverGoBack() {
    written(sources("pear", 7, "Pear"), put(ORDER, holder("{\"p\":\"pear\"}")));
    learn("pear", 9, "{\"name\":\"nine\"}");
    StoredItem nine = Objects.requireNonNull(shard.get(ORDER));
    learn("pear", 8, "{\"name\":\"eight\"}");
    learn("pear", 9, "{\"name\":\"nine\"}");
    assertThat(Objects.requireNonNull(shard.get(ORDER)).version()).isEqualTo(nine.version());
    written(sources("pear", 8, "eight"), put(ORDER, holder("{\"p\":\"pear\",\"n\":1}")));
    assertThat(stored(ORDER)).contains("\"name\":\"nine\"");
    written(sources("pear", 10, "ten"), put(ORDER, holder("{\"p\":\"pear\",\"n\":2}")));
    assertThat(stored(ORDER)).contains("\"name\":\"ten\"");
  }

  @Test
  void shouldKeepOrSetToNullWhatIsGone() {
    written(sources("pear", 7, "Pear"), put(ORDER, holder("{\"p\":\"pear\"}")));
    learn("pear", 9, null);
    assertThat(stored(ORDER)).contains("\"name\":\"Pear\"");
    written(List.of(), put(ORDER, holder("{\"p\":\"pear\",\"n\":1}")));
    assertThat(stored(ORDER)).as("kept by later writes, too").contains("\"name\":\"Pear\"");
    learn("pear", 11, "{\"name\":\"again\"}");
    assertThat(stored(ORDER)).contains("\"name\":\"again\"");

    shard.applyNew(
        new Entry.Catalogue(
            shard.header(EntryKind.CATALOGUE, ++now),
            List.of(FollowFixture.orders(CopyRule.WhenDeleted.NULL, CopyRule.State.LIVE, 2))),
        false);
    learn("pear", 12, null);
    assertThat(stored(ORDER)).contains("\"name\":null").contains("\"ab\":null");
    byte[] other = order("bob", "2");
    written(
        List.of(source(SNAPSHOT, "pear", 9, null)),
        put(other, "{\"u\":\"bob\",\"o\":\"2\",\"items\":[{\"p\":\"pear\"}]}"));
    assertThat(stored(other)).contains("\"name\":null").contains("\"paid\":null");
  }

  @Test
  void shouldForgetASourceWithoutHoldersUnlessItIsBeingRegistered() {
    written(sources("pear", 7, "Pear"), put(ORDER, holder("{\"p\":\"pear\"}")));
    written(List.of(), remove(ORDER));
    assertThat(shard.rows(KeySpace.HOLDERS)).isEmpty();
    assertThat(learn("pear", 9, "{\"name\":\"x\"}").forgotten())
        .as("a registration is under way")
        .isFalse();
    register();
    assertThat(shard.rows(KeySpace.WATCHES)).hasSize(1);
    FollowOutcome learned = learn("pear", 19, "{\"name\":\"y\"}");
    assertThat(learned.forgotten()).isTrue();
    assertThat(shard.rows(KeySpace.KNOWN)).isEmpty();
    long number = shard.machine().state().version();
    written(sources("pear", 20, "z"), put(ORDER, holder("{\"p\":\"pear\"}")));
    register();
    follow(new FollowCommand.Forget(new SourceKey(FOLLOW, product("pear")), ALL, number));
    assertThat(shard.rows(KeySpace.WATCHES)).as("registered again meanwhile").hasSize(1);
    written(List.of(), remove(ORDER));
    learn("pear", 1L << 60, "{\"name\":\"y\"}");
    follow(
        new FollowCommand.Forget(
            new SourceKey(FOLLOW, product("pear")), ALL, shard.machine().state().version()));
    assertThat(shard.rows(KeySpace.WATCHES)).isEmpty();
  }

  @Test
  void shouldChangeHoldersAPageAtATime() {
    List<byte[]> orders = new ArrayList<>();
    for (int i = 0; i < 450; i++) {
      byte[] key = order("u" + i, "1");
      orders.add(key);
      written(
          sources("pear", 7, "Pear"),
          put(key, "{\"u\":\"u" + i + "\",\"o\":\"1\",\"items\":[{\"p\":\"pear\"}]}"));
    }
    byte[] after = NONE;
    int pages = 0;
    int changed = 0;
    while (after != null) {
      FollowOutcome outcome =
          follow(
              new FollowCommand.Learn(
                  new SourceKey(FOLLOW, product("pear")),
                  9,
                  FollowFixture.fields("{\"name\":\"n\"}"),
                  after));
      after = outcome.next();
      changed += outcome.changed();
      pages++;
    }
    assertThat(pages).isEqualTo(3);
    assertThat(changed).isEqualTo(450);
    assertThat(orders).allSatisfy(key -> assertThat(stored(key)).contains("\"name\":\"n\""));
    assertThat(learn("pear", 9, "{\"name\":\"n\"}").changed()).isZero();
  }

  @Test
  void shouldSendWhatExpires() {
    written(
        List.of(),
        put(
            product("pear"),
            "{\"p\":\"pear\",\"name\":\"Pear\",\"until\":" + (START + 5000) + "}"));
    written(sources("pear", 7, "Pear"), put(ORDER, holder("{\"p\":\"pear\"}")));
    register();
    assertThat(changes()).isEmpty();
    now = START + 5001;
    shard.tick(now);
    CopyWork.Change change = changes().get(0);
    assertThat(change.fields()).isNull();
    assertThat(change.version()).isEqualTo(shard.machine().state().version());
  }

  /** A shard with orders that were there before the rules, and the rules declared. */
  private void declareFor(String... documents) {
    shard.close();
    CollectionInfo bare =
        new CollectionInfo(
            ORDERS.id(),
            ORDERS.name(),
            0,
            false,
            false,
            1,
            new CollectionInfo.Documents(List.of("u"), List.of("o"), ""));
    shard = new TestShard(new InMemoryStorageEngine(), directory.resolve("older"));
    shard.create(START, NONE, NONE, List.of(PRODUCTS, bare));
    for (int i = 0; i < documents.length; i++) {
      written(List.of(), put(order("ann", Integer.toString(i + 1)), documents[i]));
    }
    shard.applyNew(
        new Entry.Catalogue(
            shard.header(EntryKind.CATALOGUE, ++now),
            List.of(FollowFixture.orders(CopyRule.WhenDeleted.KEEP, CopyRule.State.LIVE, 2))),
        false);
    while (shard.fill(++now)) {
      assertThat(shard.machine().state().derived().find(FOLLOW)).isNotNull();
    }
  }

  @Test
  void shouldBeginToFollowThoughADocumentNamesTooManySources() {
    StringBuilder items = new StringBuilder();
    for (int i = 0; i < 300; i++) {
      items.append(i == 0 ? "" : ",").append("{\"p\":\"").append(i).append("\"}");
    }
    declareFor(holder(items.toString()));
    assertThat(shard.machine().state().derived().isReady(FOLLOW)).isTrue();
    assertThat(shard.rows(KeySpace.HOLDERS)).hasSize(FollowRule.KEYS_MAX);
    assertThat(shard.rows(KeySpace.OUTBOX)).hasSize(FollowRule.KEYS_MAX);
    assertThat(learn("0", 9, "{\"name\":\"first\"}").changed()).isEqualTo(1);
    assertThat(learn("299", 9, "{\"name\":\"beyond\"}").changed()).isZero();
    assertThat(stored(ORDER)).contains("\"name\":\"first\"").doesNotContain("beyond");
    try (ReadView view = shard.slot().snapshot()) {
      CopyPage page = Objects.requireNonNull(CopyVerifier.of(view, ALL, 0)).documents(NONE, 10);
      assertThat(page.doubts()).as("what is beyond is no difference").isEmpty();
    }

    List<CopySource> prices = new ArrayList<>();
    for (int i = 0; i < FollowRule.KEYS_MAX; i++) {
      prices.addAll(sources(Integer.toString(i), 9, i == 0 ? "first" : "n"));
    }
    written(prices, TestShard.mutation(ORDER, TestShard.patch("{\"set\":{\"status\":\"paid\"}}")));
    assertThat(stored(ORDER)).as("it can be changed").contains("\"status\":\"paid\"");
  }

  @Test
  void shouldLeaveWhatWasThereBeforeTheRuleUntilItIsKnown() {
    String old = holder("{\"p\":\"pear\",\"name\":\"Old\"}", "{\"p\":\"fig\",\"name\":\"Gone\"}");
    declareFor(old);
    assertThat(stored(ORDER)).isEqualTo(old);
    learn("pear", 9, "{\"name\":\"Pear\"}");
    assertThat(stored(ORDER)).isEqualTo(old.replace("Old", "Pear"));
    learn("fig", 9, null);
    assertThat(stored(ORDER)).as("the last value is kept").isEqualTo(old.replace("Old", "Pear"));
  }

  @Test
  void shouldNotTakeAwayWhatAnotherRuleWritesByThen() {
    written(sources("pear", 7, "Pear"), put(ORDER, holder("{\"p\":\"pear\"}")));
    CollectionInfo gone =
        FollowFixture.orders(CopyRule.WhenDeleted.KEEP, CopyRule.State.DROPPED, 2);
    List<CopyRule> rules = new ArrayList<>(Objects.requireNonNull(gone.documents()).rules());
    rules.add(FamilyFixture.in(rules.get(0), 31, CopyRule.State.LIVE));
    shard.applyNew(
        new Entry.Catalogue(
            shard.header(EntryKind.CATALOGUE, ++now),
            List.of(
                new CollectionInfo(
                    ORDERS.id(),
                    ORDERS.name(),
                    0,
                    false,
                    false,
                    2,
                    new CollectionInfo.Documents(
                        List.of("u"), List.of("o"), "", List.of(), rules, null)))),
        false);
    written(
        List.of(source(31, "pear", 9, "{\"name\":\"Birne\"}")),
        put(ORDER, holder("{\"p\":\"pear\"}")));
    while (shard.fill(++now)) {
      assertThat(stored(ORDER)).contains("\"name\":\"Birne\"");
    }
    assertThat(stored(ORDER))
        .as("of the rule that is gone nothing else stays")
        .isEqualTo(holder("{\"p\":\"pear\",\"name\":\"Birne\"}"));
  }

  @Test
  void shouldRefuseWhatDoesNotFit() {
    byte[] key = product("pear");
    assertThat(follow(new FollowCommand.Watch(new SourceKey(99, key), ALL)).code())
        .isEqualTo(ErrorCode.STALE_CATALOGUE);
    assertThat(follow(new FollowCommand.Watch(new SourceKey(FOLLOW, ORDER), ALL)).code())
        .isEqualTo(ErrorCode.INVALID_ARGUMENT);
    StringBuilder items = new StringBuilder();
    for (int i = 0; i < 257; i++) {
      items.append(i == 0 ? "" : ",").append("{\"p\":\"").append(i).append("\"}");
    }
    WriteOutcome many = write(List.of(), put(ORDER, holder(items.toString())));
    assertThat(many.error()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(many.message()).contains("256");
    assertThat(many.missing()).isEmpty();
    shard.reshape(++now, new ReshapeCommand.Freeze(1, 8));
    assertThat(follow(new FollowCommand.Watch(new SourceKey(FOLLOW, key), ALL)).code())
        .isEqualTo(ErrorCode.BUSY);
  }
}
