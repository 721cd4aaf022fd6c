package io.henge.server.grpc;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.StreamObserver;
import io.henge.api.error.ErrorCode;
import io.henge.api.internal.v1.NodeGrpc;
import io.henge.api.internal.v1.ReadIndexRequest;
import io.henge.api.v1.Add;
import io.henge.api.v1.ClusterGrpc;
import io.henge.api.v1.CreateCollectionRequest;
import io.henge.api.v1.DropCollectionRequest;
import io.henge.api.v1.GetRequest;
import io.henge.api.v1.HengeGrpc;
import io.henge.api.v1.IncrementRequest;
import io.henge.api.v1.ItemKey;
import io.henge.api.v1.Key;
import io.henge.api.v1.KeyPart;
import io.henge.api.v1.Mutation;
import io.henge.api.v1.PutRequest;
import io.henge.api.v1.ReadRequest;
import io.henge.api.v1.Request;
import io.henge.api.v1.RequestBatch;
import io.henge.api.v1.RequestId;
import io.henge.api.v1.Response;
import io.henge.api.v1.ResponseBatch;
import io.henge.api.v1.ScanRequest;
import io.henge.api.v1.ScanResponse;
import io.henge.api.v1.Value;
import io.henge.api.v1.WriteRequest;
import io.henge.server.Henge;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What any client in any language sees, by the generated stubs alone. */
@Timeout(60)
class GrpcPortTest {
  private static StubbedNode node;
  private static HengeGrpc.HengeBlockingStub items;
  private static ClusterGrpc.ClusterBlockingStub cluster;

  @BeforeAll
  static void start() {
    node = new StubbedNode(Henge.embedded().shards(2).start());
    items = node.items();
    cluster = node.cluster();
    create("carts");
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  private static void create(String name) {
    cluster.createCollection(CreateCollectionRequest.newBuilder().setName(name).build());
  }

  private static Key key(String... parts) {
    Key.Builder key = Key.newBuilder();
    for (String part : parts) {
      key.addParts(KeyPart.newBuilder().setText(part));
    }
    return key.build();
  }

  private static Value data(String text) {
    return Value.newBuilder().setData(ByteString.copyFromUtf8(text)).build();
  }

  private static PutRequest put(String collection, String shardingKey, String sortKey) {
    return PutRequest.newBuilder()
        .setCollection(collection)
        .setShardingKey(key(shardingKey))
        .setSortKey(key(sortKey))
        .setValue(data("of " + sortKey))
        .build();
  }

  @Test
  void shouldGetWhatWasPut() {
    long version = items.put(put("carts", "ann", "a pear")).getVersion();
    var got =
        items.get(
            GetRequest.newBuilder()
                .setCollection("carts")
                .setShardingKey(key("ann"))
                .setSortKey(key("a pear"))
                .build());
    assertThat(got.getFound()).isTrue();
    assertThat(got.getItem().getVersion()).isEqualTo(version).isPositive();
    assertThat(got.getItem().getValue()).isEqualTo(data("of a pear"));
    assertThat(got.getItem().getSortKey()).isEqualTo(key("a pear"));
  }

  @Test
  void shouldScanPageByPageInBothDirections() {
    for (int i = 0; i < 7; i++) {
      items.put(put("carts", "scanned", "i" + i));
    }
    for (boolean reverse : List.of(false, true)) {
      StringBuilder found = new StringBuilder();
      ByteString cursor = ByteString.EMPTY;
      int pages = 0;
      do {
        ScanResponse page =
            items.scan(
                ScanRequest.newBuilder()
                    .setCollection("carts")
                    .setShardingKey(key("scanned"))
                    .setFrom(key("i1"))
                    .setTo(key("i6"))
                    .setReverse(reverse)
                    .setLimit(2)
                    .setCursor(cursor)
                    .build());
        page.getItemsList().forEach(item -> found.append(item.getSortKey().getParts(0).getText()));
        cursor = page.getCursor();
        pages++;
      } while (!cursor.isEmpty());
      assertThat(found.toString()).isEqualTo(reverse ? "i5i4i3i2i1" : "i1i2i3i4i5");
      assertThat(pages).isEqualTo(3);
    }
  }

  @Test
  void shouldTakeARetriedIncrementOnce() {
    IncrementRequest increment =
        IncrementRequest.newBuilder()
            .setCollection("carts")
            .setShardingKey(key("counted"))
            .setDelta(3)
            .setRequestId(RequestId.newBuilder().setClientHigh(1).setClientLow(2).setSequence(3))
            .build();
    assertThat(items.increment(increment).getCounter()).isEqualTo(3);
    assertThat(items.increment(increment).getCounter()).isEqualTo(3);
    IncrementRequest another = increment.toBuilder().clearRequestId().build();
    assertThat(items.increment(another).getCounter()).isEqualTo(6);
    assertThat(items.increment(another).getCounter()).isEqualTo(9);
  }

  @Test
  void shouldAnswerEachRequestOfAStreamOnItsOwn() throws InterruptedException {
    Map<Long, Response> answers = new ConcurrentHashMap<>();
    int count = 500;
    CountDownLatch all = new CountDownLatch(count + 1);
    CountDownLatch ended = new CountDownLatch(1);
    StreamObserver<RequestBatch> requests =
        HengeGrpc.newStub(node.channel()).stream(
            new StreamObserver<>() {
              @Override
              public void onNext(ResponseBatch batch) {
                for (Response response : batch.getResponsesList()) {
                  answers.put(response.getId(), response);
                  all.countDown();
                }
              }

              @Override
              public void onError(Throwable failure) {
                ended.countDown();
              }

              @Override
              public void onCompleted() {
                ended.countDown();
              }
            });
    RequestBatch.Builder batch = RequestBatch.newBuilder();
    for (int i = 0; i < count; i++) {
      batch.addRequests(write(i, "streamed" + i % 10, i + 1));
    }
    batch.addRequests(Request.newBuilder().setId(count));
    requests.onNext(batch.build());
    requests.onCompleted();
    assertThat(all.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
    long sum = 0;
    for (long i = 0; i < count; i++) {
      Response answer = requireNonNull(answers.get(i));
      assertThat(answer.hasError()).isFalse();
      sum += answer.getWrite().getResults(0).getCounter();
    }
    // Ten counters, each counted up to 50.
    assertThat(sum).isEqualTo(10 * 50 * 51 / 2);
    assertThat(requireNonNull(answers.get((long) count)).getError().getCode())
        .isEqualTo(ErrorCode.INVALID_ARGUMENT.number());
  }

  private static Request write(long id, String shardingKey, long sequence) {
    return Request.newBuilder()
        .setId(id)
        .setWrite(
            WriteRequest.newBuilder()
                .setShardingKey(key(shardingKey))
                .setRequestId(
                    RequestId.newBuilder().setClientHigh(77).setClientLow(7).setSequence(sequence))
                .addMutations(
                    Mutation.newBuilder()
                        .setCollection("carts")
                        .setAdd(Add.newBuilder().setDelta(1))))
        .build();
  }

  @Test
  void shouldTellThePathOfARequest() {
    Response response =
        items.execute(
            Request.newBuilder()
                .setId(5)
                .setExplain(true)
                .setRead(
                    ReadRequest.newBuilder()
                        .setShardingKey(key("ann"))
                        .addItems(ItemKey.newBuilder().setCollection("carts")))
                .build());
    assertThat(response.getId()).isEqualTo(5);
    assertThat(response.getTrace().getRole()).isEqualTo("leader");
    assertThat(response.getTrace().getNode()).isEqualTo(node.henge().nodes().get(0).id());
    assertThat(response.getTrace().getShardId()).isBetween(1L, 2L);
  }

  @Test
  void shouldNameFieldLimitAndFindingOfBadInput() {
    refused(PutRequest.newBuilder().setCollection("carts").build(), "sharding_key", "none");
    refused(put("", "a", "b"), "collection", "none");
    refused(put("carts", "a", "b").toBuilder().clearValue().build(), "put.value", "none");
    refused(put("carts", "a".repeat(5_000), "b"), "4096", "5");
    refused(
        put("carts", "a", "b").toBuilder()
            .setValue(Value.newBuilder().setData(ByteString.copyFrom(new byte[(1 << 20) + 1])))
            .build(),
        "put.value",
        "1048576",
        "1048577");
    refused(put("carts", "a", "b").toBuilder().setTtlMillis(-5).build(), "ttl_millis", "-5");
    refused(
        put("carts", "a", "b").toBuilder().setTimeoutMillis(60_001).build(),
        "timeout_millis",
        "60000",
        "60001");
    refused(
        put("carts", "a", "b").toBuilder()
            .setShardingKey(Key.newBuilder().setEncoded(ByteString.copyFromUtf8("x")))
            .build(),
        "sharding_key");
  }

  private static void refused(PutRequest request, String... parts) {
    assertThatThrownBy(() -> items.put(request))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
              assertThat(e.getStatus().getDescription())
                  .startsWith("INVALID_ARGUMENT: ")
                  .contains(parts);
            });
  }

  @Test
  void shouldRefuseADroppedCollection() {
    create("short-lived");
    items.put(put("short-lived", "a", "b"));
    cluster.dropCollection(DropCollectionRequest.newBuilder().setName("short-lived").build());
    assertThatThrownBy(() -> items.put(put("short-lived", "a", "b")))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("NOT_FOUND")
        .hasMessageContaining("short-lived");
    create("short-lived");
    assertThat(
            items
                .get(
                    GetRequest.newBuilder()
                        .setCollection("short-lived")
                        .setShardingKey(key("a"))
                        .setSortKey(key("b"))
                        .build())
                .getFound())
        .isFalse();
  }

  @Test
  void shouldListItsServicesAndBeHealthy() throws InterruptedException {
    assertThat(
            HealthGrpc.newBlockingStub(node.channel())
                .check(HealthCheckRequest.getDefaultInstance())
                .getStatus())
        .isEqualTo(ServingStatus.SERVING);
    BlockingQueue<ServerReflectionResponse> answers = new LinkedBlockingQueue<>();
    StreamObserver<ServerReflectionRequest> ask =
        ServerReflectionGrpc.newStub(node.channel())
            .serverReflectionInfo(
                new StreamObserver<>() {
                  @Override
                  public void onNext(ServerReflectionResponse response) {
                    answers.add(response);
                  }

                  @Override
                  public void onError(Throwable failure) {}

                  @Override
                  public void onCompleted() {}
                });
    ask.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
    ServerReflectionResponse answer = answers.poll(10, TimeUnit.SECONDS);
    ask.onCompleted();
    assertThat(answer).isNotNull();
    assertThat(
            answer.getListServicesResponse().getServiceList().stream()
                .map(service -> service.getName()))
        .contains(HengeGrpc.SERVICE_NAME, ClusterGrpc.SERVICE_NAME, HealthGrpc.SERVICE_NAME);
  }

  @Test
  void shouldNotLetStrangersPlayNode() {
    assertThatThrownBy(
            () ->
                NodeGrpc.newBlockingStub(node.channel())
                    .readIndex(ReadIndexRequest.newBuilder().setShardId(1).build()))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED));
  }
}
