package io.henge.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.SessionToken;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.api.key.ScanCursor;
import io.henge.api.v1.Mutation;
import io.henge.api.v1.RangeRequest;
import io.henge.api.v1.ReadLevel;
import io.henge.api.v1.Request;
import io.henge.api.v1.SessionPart;
import io.henge.api.v1.WriteRequest;
import io.henge.client.testing.FakeHenge;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the calls of the interface look like on the wire. */
class MappingTest {
  private static final Key ANN = Key.of("ann", 1);
  private static final Key SORT = Key.of("s");

  private FakeHenge cluster;
  private HengeClient henge;
  private ItemCollection carts;

  @BeforeEach
  void start() {
    cluster = FakeHenge.start(1, 1);
    cluster.createCollection("others");
    cluster.createCollection("carts");
    henge = HengeClient.connect(cluster.addresses(), ClientOptions.DEFAULT);
    carts = henge.collection("carts");
  }

  @AfterEach
  void stop() {
    henge.close();
    cluster.close();
  }

  private Request last() {
    List<Request> received = cluster.node(1).received();
    return received.get(received.size() - 1);
  }

  private Mutation lastMutation() {
    return last().getWrite().getMutations(0);
  }

  @Test
  void shouldSendWrites() {
    carts.put(ANN, SORT, Value.of("x"));
    WriteRequest write = last().getWrite();
    assertThat(write.getShardingKey().getEncoded().toByteArray()).isEqualTo(ANN.encoded());
    assertThat(write.getRequestId().getSequence()).isEqualTo(1);
    assertThat(write.getRequestId().getClientHigh()).isNotZero();
    assertThat(write.getCatalogueVersion()).isEqualTo(henge.statistics().mapVersion());
    assertThat(last().getTimeoutMillis()).isBetween(4_000, 5_000);
    assertThat(last().getShardId()).isEqualTo(1);
    assertThat(lastMutation().getCollectionId()).isEqualTo(2);
    assertThat(lastMutation().getSortKey().getEncoded().toByteArray()).isEqualTo(SORT.encoded());
    assertThat(lastMutation().getPut().getValue().getData().toStringUtf8()).isEqualTo("x");
    assertThat(lastMutation().getPut().getTtlMillis()).isEqualTo(Action.TTL_DEFAULT);
    assertThat(lastMutation().hasCondition()).isFalse();
    assertThat(lastMutation().getReturnPrevious()).isFalse();

    carts.put(
        ANN,
        SORT,
        Value.of(7),
        WriteOptions.DEFAULT
            .ttl(Duration.ofSeconds(2))
            .returningPrevious()
            .timeout(Duration.ofMillis(700)));
    assertThat(last().getWrite().getRequestId().getSequence()).isEqualTo(2);
    assertThat(last().getTimeoutMillis()).isBetween(300, 700);
    assertThat(last().getWrite().getNotAfterMillis())
        .isBetween(FakeHenge.clockMillis() + 700, FakeHenge.clockMillis() + 60_000);
    assertThat(lastMutation().getPut().getValue().getCounter()).isEqualTo(7);
    assertThat(lastMutation().getPut().getTtlMillis()).isEqualTo(2_000);
    assertThat(lastMutation().getReturnPrevious()).isTrue();

    carts.put(ANN, SORT, Value.of("x"), WriteOptions.DEFAULT.neverExpires());
    assertThat(lastMutation().getPut().getTtlMillis()).isEqualTo(-1);
    carts.delete(ANN, SORT);
    assertThat(lastMutation().hasRemove()).isTrue();
    carts.increment(ANN, SORT, -5);
    assertThat(lastMutation().getAdd().getDelta()).isEqualTo(-5);
    carts.append(ANN, Key.EMPTY, "z".getBytes(StandardCharsets.UTF_8), WriteOptions.DEFAULT);
    assertThat(lastMutation().getAppend().getData().toStringUtf8()).isEqualTo("z");
    assertThat(lastMutation().getSortKey().getEncoded()).isEmpty();
    carts.touch(ANN, SORT, WriteOptions.DEFAULT.ttl(Duration.ofMillis(9)));
    assertThat(lastMutation().getTouch().getTtlMillis()).isEqualTo(9);
  }

  @Test
  void shouldSendConditions() {
    assertThat(condition(Condition.absent()).getAbsent()).isTrue();
    assertThat(condition(Condition.present()).getPresent()).isTrue();
    assertThat(condition(new Condition.VersionIs(77)).getVersion()).isEqualTo(77);
    assertThat(condition(new Condition.ValueIs(Value.of(4))).getValue().getCounter()).isEqualTo(4);
  }

  private io.henge.api.v1.Condition condition(Condition condition) {
    try {
      carts.put(ANN, SORT, Value.of("x"), WriteOptions.DEFAULT.onlyIf(condition));
    } catch (HengeException e) {
      assertThat(e.code()).isEqualTo(ErrorCode.CONDITION_FAILED);
    }
    return lastMutation().getCondition();
  }

  @Test
  void shouldSendBatchesOfSeveralCollections() {
    henge.write(
        Batch.on(ANN)
            .put("others", SORT, Value.of("x"))
            .require("carts", SORT, Condition.absent())
            .delete("carts", Key.of("t")),
        WriteOptions.DEFAULT.timeout(Duration.ofSeconds(1)));
    List<Mutation> mutations = last().getWrite().getMutationsList();
    assertThat(mutations).extracting(Mutation::getCollectionId).containsExactly(1, 2, 2);
    assertThat(mutations.get(1).hasCheck()).isTrue();
    assertThat(mutations.get(1).getCondition().getAbsent()).isTrue();
  }

  @Test
  void shouldSendReadLevels() {
    assertThat(level(ReadOptions.LINEARIZABLE)).isEqualTo(ReadLevel.getDefaultInstance());
    assertThat(level(ReadOptions.EVENTUAL).getConsistency())
        .isEqualTo(io.henge.api.v1.Consistency.CONSISTENCY_EVENTUAL);
    ReadLevel bounded = level(ReadOptions.bounded(Duration.ofSeconds(3)));
    assertThat(bounded.getConsistency()).isEqualTo(io.henge.api.v1.Consistency.CONSISTENCY_BOUNDED);
    assertThat(bounded.getMaxStalenessMillis()).isEqualTo(3_000);
    Session session = new Session();
    session.observe(SessionToken.everywhere(555));
    ReadLevel noted = level(ReadOptions.session(session));
    assertThat(noted.getConsistency()).isEqualTo(io.henge.api.v1.Consistency.CONSISTENCY_SESSION);
    assertThat(noted.getSessionList())
        .containsExactly(SessionPart.newBuilder().setLastToken(-1).setVersion(555).build());
    level(ReadOptions.EVENTUAL.timeout(Duration.ofMillis(800)));
    assertThat(last().getTimeoutMillis()).isBetween(300, 800);
  }

  private ReadLevel level(ReadOptions options) {
    carts.get(ANN, SORT, options);
    return last().getRead().getLevel();
  }

  @Test
  void shouldNoteVersionsInSessions() {
    Session session = new Session();
    ItemCollection noted = henge.within(session).collection("carts");
    noted.put(ANN, SORT, Value.of("x"));
    long afterWrite = version(session);
    assertThat(afterWrite).isPositive();
    carts.put(ANN, SORT, Value.of("y"));
    assertThat(version(session)).isEqualTo(afterWrite);
    // The view's own session counts if the options name none.
    noted.get(ANN, SORT, new ReadOptions(Consistency.SESSION, null, Duration.ZERO, Duration.ZERO));
    assertThat(last().getRead().getLevel().getSession(0).getVersion()).isEqualTo(afterWrite);
    assertThat(version(session)).isGreaterThan(afterWrite);
    Session other = new Session();
    noted.scan(ANN, ScanOptions.ALL, ReadOptions.session(other));
    assertThat(other.token()).isEqualTo(session.token());
  }

  private static long version(Session session) {
    return session.token().versionFor(ANN.token(), ANN.token());
  }

  @Test
  void shouldSendScans() {
    byte[] prefix = PhysicalKey.prefix(ANN, 2);
    byte[] item = PhysicalKey.of(ANN, 2, Key.of(3));
    byte[] cursor = ScanCursor.after(item, false).encode(prefix);
    carts.scan(
        ANN,
        ScanOptions.ALL.between(Key.of(1), Key.of(5)).reversed().limit(3),
        ReadOptions.LINEARIZABLE);
    RangeRequest range = last().getRange();
    assertThat(range.getCollectionId()).isEqualTo(2);
    assertThat(range.getFrom().getEncoded().toByteArray()).isEqualTo(Key.of(1).encoded());
    assertThat(range.getTo().getEncoded().toByteArray()).isEqualTo(Key.of(5).encoded());
    assertThat(range.getReverse()).isTrue();
    assertThat(range.getLimit()).isEqualTo(3);
    carts.scan(ANN, ScanOptions.ALL, ReadOptions.LINEARIZABLE);
    assertThat(last().getRange().hasFrom()).isFalse();
    assertThat(last().getRange().hasTo()).isFalse();
    assertThat(last().getRange().getCursor()).isEmpty();
    cluster.node(1).behave((request, answer) -> answer.accept(emptyPage()));
    Page page = carts.scan(ANN, ScanOptions.ALL.after(cursor), ReadOptions.LINEARIZABLE);
    assertThat(page.cursor()).isNull();
    assertThat(last().getRange().getCursor().toByteArray()).isEqualTo(cursor);
  }

  private static io.henge.api.v1.Response emptyPage() {
    return io.henge.api.v1.Response.newBuilder()
        .setRange(io.henge.api.v1.RangeResponse.getDefaultInstance())
        .build();
  }

  @Test
  void shouldExplainTheWayOfARead() {
    carts.put(ANN, SORT, Value.of("x"));
    Explanation explanation = henge.explainGet("carts", ANN, SORT, ReadOptions.LINEARIZABLE);
    assertThat(explanation.item().orElseThrow().text()).isEqualTo("x");
    assertThat(explanation.shardId()).isEqualTo(1);
    assertThat(explanation.epoch()).isEqualTo(1);
    assertThat(explanation.node()).isEqualTo("name-of-n1");
    assertThat(explanation.role()).isEqualTo("leader");
    assertThat(explanation.attempts()).isEqualTo(1);
    assertThat(explanation.serverMicros()).isEqualTo(5);
    assertThat(explanation.totalMicros()).isPositive();
    assertThat(explanation.steps())
        .satisfiesExactly(
            step -> assertThat(step).contains("attempt 1", "name-of-n1"),
            step -> assertThat(step).isEqualTo("read from memory"));
    assertThat(last().getExplain()).isTrue();
  }

  @Test
  void shouldAskForANewMapOnceWhenACollectionIsUnknown() {
    Function<String, ItemCollection> open = henge::collection;
    assertThatThrownBy(() -> open.apply("nothing").get(ANN, SORT))
        .isInstanceOfSatisfying(
            HengeException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND);
              assertThat(e).hasMessageContaining("\"nothing\"").hasMessageContaining("create");
            });
    assertThat(
            open.apply("nothing")
                .async()
                .get(ANN, SORT, ReadOptions.LINEARIZABLE)
                .handle((item, failure) -> failure)
                .join())
        .isInstanceOf(HengeException.class);
    cluster.createCollection("fresh");
    open.apply("fresh").put(ANN, SORT, Value.of("x"));
    cluster.createCollection("fresher");
    assertThat(open.apply("fresher").async().get(ANN, SORT, ReadOptions.LINEARIZABLE).join())
        .isEmpty();
  }

  @Test
  void shouldAdministerTheCluster() {
    Admin admin = henge.admin();
    Admin.CollectionInfo made =
        admin.createCollection(
            "sessions",
            CollectionOptions.defaults().withTtl(Duration.ofMinutes(1)).thatIsDivisible());
    assertThat(made.name()).isEqualTo("sessions");
    assertThat(made.ttl()).isEqualTo(Duration.ofMinutes(1));
    assertThat(made.divisible()).isTrue();
    henge.collection("sessions").put(ANN, SORT, Value.of("x"));
    assertThat(admin.collections())
        .extracting(Admin.CollectionInfo::name)
        .containsExactly("carts", "others", "sessions");
    admin.dropCollection("sessions");
    assertThatThrownBy(() -> henge.collection("sessions").get(ANN, SORT))
        .isInstanceOf(HengeException.class);
    assertThatThrownBy(() -> admin.dropCollection("sessions"))
        .isInstanceOfSatisfying(
            HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND));
    ClusterStatus status = admin.status();
    assertThat(status.metaLeader()).isEqualTo("name-of-n1");
    assertThat(status.nodes()).hasSize(1);
    assertThat(status.nodes().get(0).clientAddress()).isEqualTo(cluster.node(1).address());
    assertThat(status.shards().get(0).leader()).isEqualTo("name-of-n1");
    assertThat(status.shards().get(0).replicas().get(0).appliedIndex()).isEqualTo(7);
    assertThat(status.remarks()).containsExactly("this cluster is a fake");
    admin.transferLeader(1, "n1");
  }

  @Test
  void shouldFollowTheMap() {
    long before = henge.statistics().mapVersion();
    cluster.publish();
    await().until(() -> henge.statistics().mapVersion() > before);
  }
}
