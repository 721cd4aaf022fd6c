package io.henge.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.henge.api.FeatureLevel;
import io.henge.api.error.ErrorCode;
import io.henge.api.v1.ClusterGrpc;
import io.henge.api.v1.Condition;
import io.henge.api.v1.CreateCollectionRequest;
import io.henge.api.v1.DeleteRequest;
import io.henge.api.v1.Document;
import io.henge.api.v1.DocumentForm;
import io.henge.api.v1.Documents;
import io.henge.api.v1.GetMapRequest;
import io.henge.api.v1.GetRequest;
import io.henge.api.v1.HengeGrpc;
import io.henge.api.v1.Item;
import io.henge.api.v1.ItemKey;
import io.henge.api.v1.Key;
import io.henge.api.v1.KeyPart;
import io.henge.api.v1.Mutation;
import io.henge.api.v1.Patch;
import io.henge.api.v1.PatchDocumentRequest;
import io.henge.api.v1.Put;
import io.henge.api.v1.PutRequest;
import io.henge.api.v1.ReadRequest;
import io.henge.api.v1.Request;
import io.henge.api.v1.Response;
import io.henge.api.v1.ScanRequest;
import io.henge.api.v1.StatusRequest;
import io.henge.api.v1.Value;
import io.henge.api.v1.WriteRequest;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.value.Json;
import io.henge.server.Henge;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Documents as any client in any language sees them, by the generated stubs alone. */
@Timeout(60)
class DocumentPortTest {
  private static final Documents BY_USER =
      Documents.newBuilder().addShardPaths("user_id").addIdPaths("order_id").build();

  private static StubbedNode node;
  private static HengeGrpc.HengeBlockingStub items;
  private static ClusterGrpc.ClusterBlockingStub cluster;

  @BeforeAll
  static void start() {
    node = new StubbedNode(Henge.embedded().shards(2).start());
    items = node.items();
    cluster = node.cluster();
    create("orders", BY_USER);
    create("users", Documents.newBuilder().addShardPaths("user_id").addIdPaths("user_id").build());
    cluster.createCollection(CreateCollectionRequest.newBuilder().setName("carts").build());
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  private static void create(String name, Documents documents) {
    cluster.createCollection(
        CreateCollectionRequest.newBuilder().setName(name).setDocuments(documents).build());
  }

  private static Key key(long number) {
    return Key.newBuilder().addParts(KeyPart.newBuilder().setInteger(number)).build();
  }

  private static Value json(String text) {
    return Value.newBuilder().setDocument(Document.newBuilder().setJson(text)).build();
  }

  private static PutRequest put(String collection, String json) {
    return PutRequest.newBuilder().setCollection(collection).setValue(json(json)).build();
  }

  private static String order(long user, long order, String more) {
    return "{\"user_id\":" + user + ",\"order_id\":" + order + more + "}";
  }

  private static Item get(String collection, long user, Key sortKey) {
    return items
        .get(
            GetRequest.newBuilder()
                .setCollection(collection)
                .setShardingKey(key(user))
                .setSortKey(sortKey)
                .build())
        .getItem();
  }

  private static PatchDocumentRequest.Builder patch(long user, long order, String json) {
    return PatchDocumentRequest.newBuilder()
        .setCollection("orders")
        .setShardingKey(key(user))
        .setSortKey(key(order))
        .setReturnCurrent(true)
        .setPatch(Patch.newBuilder().setJson(json));
  }

  @Test
  void shouldListTheCollectionAndWriteItsLevel() {
    assertThat(cluster.getMap(GetMapRequest.getDefaultInstance()).getCollectionsList())
        .anySatisfy(
            collection -> {
              assertThat(collection.getName()).isEqualTo("orders");
              assertThat(collection.getDocuments()).isEqualTo(BY_USER);
            });
    assertThat(cluster.status(StatusRequest.getDefaultInstance()).getFeatureLevel())
        .isEqualTo(FeatureLevel.NEWEST);
  }

  @Test
  void shouldGetADocumentAsItWasPut() {
    String text =
        order(
            1,
            7,
            ",\"total\":12.50,\"big\":123456789012345678901234567890,\"items\":[{\"a\":null}]");
    long version = items.put(put("orders", text)).getVersion();
    Item got = get("orders", 1, key(7));
    assertThat(got.getValue().getDocument().getJson()).isEqualTo(text);
    assertThat(got.getVersion()).isEqualTo(version).isPositive();
    items.put(put("users", "{\"user_id\":1.0,\"name\":\"Ann\"}"));
    assertThat(get("users", 1, Key.getDefaultInstance()).getValue().getDocument().getJson())
        .contains("Ann");
  }

  @Test
  void shouldTakeAndGiveTheBinaryForm() {
    ByteString binary =
        ByteString.copyFrom(DocumentCodec.encode(Json.parseObject(order(2, 1, ",\"x\":1"))));
    items.put(
        PutRequest.newBuilder()
            .setCollection("orders")
            .setValue(Value.newBuilder().setDocument(Document.newBuilder().setBinary(binary)))
            .build());
    Response read =
        items.execute(
            Request.newBuilder()
                .setRead(
                    ReadRequest.newBuilder()
                        .setShardingKey(key(2))
                        .setDocumentForm(DocumentForm.DOCUMENT_FORM_BINARY)
                        .addItems(ItemKey.newBuilder().setCollection("orders").setSortKey(key(1))))
                .build());
    assertThat(read.getRead().getFound(0).getItem().getValue().getDocument().getBinary())
        .isEqualTo(binary);
  }

  @Test
  void shouldPatchUnderAConditionAndReturnTheDocument() {
    items.put(put("orders", order(3, 1, ",\"n\":1")));
    var patched =
        items.patchDocument(
            patch(3, 1, "{\"inc\":{\"n\":0.1},\"push\":{\"log\":\"x\"}}")
                .setCondition(Condition.newBuilder().setFilter("n < 2"))
                .build());
    assertThat(patched.getCurrent().getValue().getDocument().getJson())
        .isEqualTo(order(3, 1, ",\"n\":1.1,\"log\":[\"x\"]"));
    assertThat(patched.getVersion()).isEqualTo(patched.getCurrent().getVersion());
    assertThatThrownBy(
            () ->
                items.patchDocument(
                    patch(3, 1, "{\"inc\":{\"n\":1}}")
                        .setCondition(Condition.newBuilder().setFilter("n > 2"))
                        .build()))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("CONDITION_FAILED");
    assertThat(
            items
                .patchDocument(
                    patch(3, 1, "")
                        .setPatch(Patch.newBuilder().setMerge("{\"log\":null,\"n\":5}"))
                        .build())
                .getCurrent()
                .getValue()
                .getDocument()
                .getJson())
        .isEqualTo(order(3, 1, ",\"n\":5"));
  }

  @Test
  void shouldBeginFromNothingIfToldSo() {
    assertThatThrownBy(() -> items.patchDocument(patch(4, 1, "{\"inc\":{\"n\":1}}").build()))
        .hasMessageContaining("NOT_FOUND");
    PatchDocumentRequest.Builder upsert = patch(4, 1, "");
    upsert.setPatch(Patch.newBuilder().setJson("{\"inc\":{\"n\":1}}").setUpsert(true));
    assertThat(items.patchDocument(upsert.build()).getExisted()).isFalse();
    assertThat(items.patchDocument(upsert.build()).getCurrent().getValue().getDocument().getJson())
        .isEqualTo(order(4, 1, ",\"n\":2"));
    PatchDocumentRequest.Builder initial = patch(4, 2, "").clearShardingKey().clearSortKey();
    initial.setPatch(
        Patch.newBuilder()
            .setJson("{\"inc\":{\"n\":1}}")
            .setInitial(Document.newBuilder().setJson(order(4, 2, ",\"n\":40"))));
    assertThat(items.patchDocument(initial.build()).getCurrent().getValue().getDocument().getJson())
        .isEqualTo(order(4, 2, ",\"n\":41"));
  }

  @Test
  void shouldWriteABatchOverCollectionsOrNothingOfIt() {
    WriteRequest.Builder batch =
        WriteRequest.newBuilder()
            .addMutations(mutation("users", "{\"user_id\":5,\"name\":\"Eve\"}"))
            .addMutations(mutation("orders", order(5, 1, "")))
            .addMutations(
                Mutation.newBuilder()
                    .setCollection("orders")
                    .setSortKey(key(9))
                    .setPatch(Patch.newBuilder().setJson("{\"inc\":{\"n\":1}}")));
    Response failed = items.execute(Request.newBuilder().setWrite(batch).build());
    assertThat(failed.getError().getCode()).isEqualTo(ErrorCode.NOT_FOUND.number());
    assertThat(failed.getError().getMutation()).isEqualTo(2);
    assertThat(failed.getError().getMessage()).startsWith("step 3 of 3, in orders: ");
    assertThat(get("orders", 5, key(1)).hasValue()).isFalse();
    batch.getMutationsBuilder(2).getPatchBuilder().setUpsert(true);
    Response written = items.execute(Request.newBuilder().setWrite(batch).build());
    assertThat(written.getWrite().getResultsCount()).isEqualTo(3);
    assertThat(get("orders", 5, key(9)).getValue().getDocument().getJson())
        .isEqualTo(order(5, 9, ",\"n\":1"));
  }

  private static Mutation mutation(String collection, String json) {
    return Mutation.newBuilder()
        .setCollection(collection)
        .setPut(Put.newBuilder().setValue(json(json)))
        .build();
  }

  @Test
  void shouldScanAndDeleteDocuments() {
    for (int order = 1; order <= 3; order++) {
      items.put(put("orders", order(6, order, "")));
    }
    assertThat(
            items
                .delete(
                    DeleteRequest.newBuilder()
                        .setCollection("orders")
                        .setShardingKey(key(6))
                        .setSortKey(key(2))
                        .setCondition(Condition.newBuilder().setFilter("order_id = 2"))
                        .build())
                .getExisted())
        .isTrue();
    assertThat(
            items
                .scan(
                    ScanRequest.newBuilder().setCollection("orders").setShardingKey(key(6)).build())
                .getItemsList())
        .extracting(item -> item.getValue().getDocument().getJson())
        .containsExactly(order(6, 1, ""), order(6, 3, ""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"user_id\":1,\"order_id\":}",
        "{\"user_id\":1,\"order_id\":2,\"order_id\":2}",
        "[1]",
        "{\"user_id\":1}",
        "{\"user_id\":1.5,\"order_id\":1}",
        "{\"user_id\":1,\"order_id\":1,\"x\":1e999999999}",
        "{\"user_id\":[1],\"order_id\":1}",
        ""
      })
  void shouldRefuseWhatIsNoDocument(String json) {
    assertThatThrownBy(() -> items.put(put("orders", json)))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("INVALID_ARGUMENT");
  }

  @Test
  void shouldRefuseWhatIsTooDeepOrTooLarge() {
    assertThatThrownBy(
            () ->
                items.put(
                    put(
                        "orders",
                        order(1, 1, ",\"x\":" + "[".repeat(100_000) + "]".repeat(100_000)))))
        .hasMessageContaining("INVALID_ARGUMENT")
        .hasMessageContaining("deep");
    assertThatThrownBy(
            () -> items.put(put("orders", order(1, 1, ",\"x\":\"" + "a".repeat(1 << 20) + "\""))))
        .hasMessageContaining("INVALID_ARGUMENT")
        .hasMessageContaining("1048576");
  }

  @Test
  void shouldRefuseDamagedBinaryFormsWithoutHarm() {
    byte[] damaged = DocumentCodec.encode(Json.parseObject(order(7, 1, ",\"x\":\"abc\"")));
    damaged[damaged.length - 5] ^= 0x55;
    PutRequest request =
        PutRequest.newBuilder()
            .setCollection("orders")
            .setValue(
                Value.newBuilder()
                    .setDocument(
                        Document.newBuilder()
                            .setBinary(ByteString.copyFrom(damaged, 0, damaged.length - 1))))
            .build();
    assertThatThrownBy(() -> items.put(request))
        .hasMessageContaining("INVALID_ARGUMENT: put.value.document");
    assertThatThrownBy(
            () ->
                items.patchDocument(
                    patch(7, 1, "")
                        .setPatch(Patch.newBuilder().setBinary(ByteString.copyFromUtf8("nonsense")))
                        .build()))
        .hasMessageContaining("INVALID_ARGUMENT: patch.binary");
    assertThatThrownBy(
            () ->
                items.patchDocument(
                    patch(7, 1, "{\"inc\":{\"n\":1}}")
                        .setCondition(
                            Condition.newBuilder()
                                .setFilterBinary(ByteString.copyFromUtf8("nonsense")))
                        .build()))
        .hasMessageContaining("INVALID_ARGUMENT: condition.filter_binary");
    items.put(put("orders", order(7, 1, "")));
  }

  @Test
  void shouldRefusePatternsInWrites() {
    assertThatThrownBy(
            () ->
                items.patchDocument(
                    patch(1, 1, "{\"inc\":{\"n\":1}}")
                        .setCondition(Condition.newBuilder().setFilter("name matches \"^a\""))
                        .build()))
        .hasMessageContaining("INVALID_ARGUMENT")
        .hasMessageContaining("matches");
  }

  @Test
  void shouldKeepDocumentsOutOfCollectionsOfItems() {
    PutRequest document = put("carts", "{\"a\":1}").toBuilder().setShardingKey(key(1)).build();
    assertThatThrownBy(() -> items.put(document)).hasMessageContaining("carts holds items");
    PutRequest filtered =
        PutRequest.newBuilder()
            .setCollection("carts")
            .setShardingKey(key(1))
            .setValue(Value.newBuilder().setCounter(1))
            .setCondition(Condition.newBuilder().setFilter("a = 1"))
            .build();
    assertThatThrownBy(() -> items.put(filtered)).hasMessageContaining("carts holds items");
    PutRequest bytes =
        PutRequest.newBuilder()
            .setCollection("orders")
            .setShardingKey(key(1))
            .setSortKey(key(1))
            .setValue(Value.newBuilder().setCounter(1))
            .build();
    assertThatThrownBy(() -> items.put(bytes)).hasMessageContaining("orders holds documents");
  }

  @Test
  void shouldRefuseKeysThatTheDocumentDoesNotHave() {
    PutRequest request = put("orders", order(1, 1, ""));
    assertThatThrownBy(() -> items.put(request.toBuilder().setShardingKey(key(2)).build()))
        .hasMessageContaining("a write is of one sharding key");
    assertThatThrownBy(() -> items.put(request.toBuilder().setSortKey(key(2)).build()))
        .hasMessageContaining("sort_key: 1 expected by the document's fields, found 2");
    assertThatThrownBy(() -> get("orders", 1, Key.getDefaultInstance()))
        .hasMessageContaining("sort_key: 1 part expected");
  }

  @Test
  void shouldRefuseACollectionWhosePathsMakeNoKeys() {
    assertThatThrownBy(
            () ->
                create(
                    "broken", Documents.newBuilder().addShardPaths("a").addIdPaths("a.b").build()))
        .hasMessageContaining("INVALID_ARGUMENT")
        .hasMessageContaining("lead into one another");
    assertThatThrownBy(() -> create("broken", Documents.newBuilder().addIdPaths("a").build()))
        .hasMessageContaining("shard_paths: at least one");
  }
}
