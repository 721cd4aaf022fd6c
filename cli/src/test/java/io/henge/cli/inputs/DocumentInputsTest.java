package io.henge.cli.inputs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.StatusRuntimeException;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.api.v1.Condition;
import io.henge.api.v1.Document;
import io.henge.api.v1.FindRequest;
import io.henge.api.v1.HengeGrpc;
import io.henge.api.v1.KeyPart;
import io.henge.api.v1.Patch;
import io.henge.api.v1.PatchDocumentRequest;
import io.henge.api.v1.PutRequest;
import io.henge.api.v1.Request;
import io.henge.api.v1.Response;
import io.henge.api.v1.Value;
import io.henge.cli.LiveCommandLine;
import io.henge.cli.LiveCommandLine.Result;
import io.henge.client.ClusterStatus;
import io.henge.client.CollectionOptions;
import io.henge.client.DocumentCollection;
import io.henge.client.DocumentOptions;
import io.henge.client.FindOptions;
import io.henge.client.Stored;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.filter.Filters;
import io.henge.document.patch.PatchCodec;
import io.henge.document.patch.Patches;
import io.henge.document.value.Json;
import io.henge.document.value.JsonObject;
import io.henge.server.Henge;
import io.henge.server.Node;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever is put to a collection of documents, over gRPC in JSON or in bytes, from Java or at the
 * shell: an error that says where, what limit, what was found; the document is as it was; and the
 * three replicas are equal and take writes.
 */
@Timeout(120)
class DocumentInputsTest {
  private static final Pattern DIGEST =
      Pattern.compile("\"index\":(\\d+),\"checksum\":\"([0-9a-f]{16})\"");
  private static final int ABOVE = 17 << 20;
  private static final Key ANN = Key.of(1);

  private static Henge henge;
  private static ManagedChannel channel;
  private static HengeGrpc.HengeBlockingStub items;
  private static DocumentCollection<JsonObject> orders;

  private Stored<JsonObject> before;

  @BeforeAll
  static void start() {
    henge = Henge.embedded().nodes(3).start();
    channel =
        ManagedChannelBuilder.forTarget(henge.nodes().get(0).clientAddress())
            .usePlaintext()
            .build();
    items = HengeGrpc.newBlockingStub(channel).withDeadlineAfter(100, TimeUnit.SECONDS);
    henge
        .client()
        .admin()
        .createCollection("orders", CollectionOptions.documentsShardedBy("u").withId("o"));
    orders = henge.client().documents("orders");
  }

  @AfterAll
  static void stop() throws InterruptedException {
    channel.shutdownNow();
    channel.awaitTermination(5, TimeUnit.SECONDS);
    henge.close();
  }

  @BeforeEach
  void put() {
    orders.upsert(json("{'u':1,'o':1,'text':'abc','n':5,'list':[1,2,3],'in':{'deep':true}}"));
    before = orders.get(ANN, ANN).orElseThrow();
  }

  /** Nothing changed, no replica harmed. */
  @AfterEach
  void requireUnharmed() throws IOException, InterruptedException {
    assertThat(orders.get(ANN, ANN)).contains(before);
    orders.upsert(json("{'u':2,'o':1}"));
    assertThat(orders.get(Key.of(2), ANN)).isPresent();
    requireEqualReplicas();
    for (Node node : henge.nodes()) {
      assertThat(get(node, "/healthz")).contains("\"status\":\"serving\"");
    }
  }

  private static JsonObject json(String text) {
    return Json.parseObject(text.replace('\'', '"'));
  }

  private static String get(Node node, String path) throws IOException, InterruptedException {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://" + node.httpAddress() + path)).build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }

  private static void requireEqualReplicas() {
    List<ClusterStatus.Shard> shards = henge.client().admin().status().shards();
    for (ClusterStatus.Shard shard : shards) {
      Map<Long, Map<String, String>> seen = new HashMap<>();
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(
              () -> {
                for (Node node : henge.nodes()) {
                  Matcher digest = DIGEST.matcher(get(node, "/checksum?shard=" + shard.id()));
                  assertThat(digest.find()).isTrue();
                  seen.computeIfAbsent(Long.valueOf(digest.group(1)), index -> new HashMap<>())
                      .put(node.name(), digest.group(2));
                }
                return seen.values().stream().anyMatch(each -> each.size() == 3);
              });
      seen.values()
          .forEach(
              each -> {
                Set<String> different = new HashSet<>(each.values());
                assertThat(different).as("checksums of %s", each).hasSize(1);
              });
    }
  }

  // ---- Over gRPC ----

  private static Value value(String json) {
    return Value.newBuilder().setDocument(Document.newBuilder().setJson(json)).build();
  }

  private static Value value(byte[] binary) {
    return Value.newBuilder()
        .setDocument(Document.newBuilder().setBinary(ByteString.copyFrom(binary)))
        .build();
  }

  private static PutRequest put(Value value) {
    return PutRequest.newBuilder().setCollection("orders").setValue(value).build();
  }

  private static io.henge.api.v1.Key key(long number) {
    return io.henge.api.v1.Key.newBuilder()
        .addParts(KeyPart.newBuilder().setInteger(number))
        .build();
  }

  private static PatchDocumentRequest.Builder patch(String json) {
    return PatchDocumentRequest.newBuilder()
        .setCollection("orders")
        .setShardingKey(key(1))
        .setSortKey(key(1))
        .setPatch(Patch.newBuilder().setJson(json.replace('\'', '"')));
  }

  private static void refused(ThrowingCallable call, String... parts) {
    Throwable failure = catchThrowable(call);
    assertThat(failure).isNotNull();
    String message = String.valueOf(failure.getMessage());
    // What follows the first line of a filter's error is a picture of where it is.
    String line = message.lines().findFirst().orElse("");
    assertThat(line).contains(parts);
    assertThat(line.length()).as(line).isLessThan(600);
  }

  private static void refusedByNode(ThrowingCallable call, String... parts) {
    refused(call, parts);
    assertThat(catchThrowable(call))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("INVALID_ARGUMENT");
  }

  static Stream<Arguments> documents() {
    return Stream.of(
        Arguments.of("", "put.value.document: JSON at line 1, column 1"),
        Arguments.of("{\"u\":1,\"o\":1", "put.value.document: JSON at line 1"),
        Arguments.of("{\"u\":1,\"o\":1,}", "put.value.document: JSON at line 1"),
        Arguments.of("{'u':1}", "put.value.document: JSON at line 1, column 2"),
        Arguments.of("{\"u\":1,\"o\":1} x", "put.value.document: JSON at line 1"),
        Arguments.of("{\"u\":1,\"o\":1,\"a\":\"\\ud800\"}", "put.value.document: JSON at line 1"),
        Arguments.of("{\"u\":1,\"o\":1,\"a\":01}", "put.value.document: JSON at line 1"),
        Arguments.of("{\"u\":1,\"o\":1,\"a\":NaN}", "put.value.document: JSON at line 1"),
        Arguments.of("{\"u\":1,\"o\":1,\"a\":1,\"a\":2}", "\"a\""),
        Arguments.of("{\"u\":1,\"o\":1,\"a\":1e999999999}", "6144"),
        Arguments.of("{\"u\":1,\"o\":1,\"a\":" + "9".repeat(1_001) + "}", "1000"),
        Arguments.of(
            "{\"u\":1,\"o\":1,\"a\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}", "100"),
        Arguments.of("{\"u\":1,\"o\":1,\"a\":" + "{\"a\":".repeat(100_000), "100"),
        Arguments.of("{\"u\":1,\"o\":1,\"a\":[" + "1,".repeat(100_000) + "1]}", "100000"),
        Arguments.of("{\"u\":1,\"o\":1,\"a\":\"" + "x".repeat(1 << 20) + "\"}", "1048576"),
        Arguments.of("[1,2]", "an array"),
        Arguments.of("7", "a number"),
        Arguments.of("{\"u\":1}", "o"),
        Arguments.of("{\"u\":1,\"o\":null}", "o"),
        Arguments.of("{\"u\":1,\"o\":1.5}", "o"),
        Arguments.of("{\"u\":[1],\"o\":1}", "u"));
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("documents")
  void shouldRefuseWhatIsNoDocument(String json, String part) {
    refusedByNode(() -> items.put(put(value(json))), part);
  }

  static Stream<Arguments> binaries() {
    byte[] good = DocumentCodec.encode(json("{'u':1,'o':1,'a':'abcdef'}"));
    byte[] cut = java.util.Arrays.copyOf(good, good.length - 1);
    byte[] longer = java.util.Arrays.copyOf(good, good.length + 1);
    byte[] version = good.clone();
    version[0] = 9;
    // 7 written with the tag of longer whole numbers: another form of what has exactly one.
    byte[] notShortest = {1, 7, 14, 2, (byte) 0x81, 'u', 3, 2, (byte) 0x81, 'o', 3, 2};
    byte[] huge = {1, 7, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x7f, 1};
    return Stream.of(
            new byte[0], cut, longer, version, notShortest, huge, new byte[] {1, (byte) 0xC1})
        .map(Arguments::of);
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("binaries")
  void shouldRefuseBytesThatAreNoDocument(byte[] binary) {
    refusedByNode(() -> items.put(put(value(binary))), "put.value.document: ");
  }

  @Test
  void shouldRefuseEachDamagedByteOrStoreWhatItSays() {
    byte[] good = DocumentCodec.encode(json("{'u':9,'o':1,'a':[1,2.5,'xyz',null,{'b':true}]}"));
    int refused = 0;
    for (int i = 0; i < good.length; i++) {
      byte[] damaged = good.clone();
      damaged[i] ^= (byte) 0x41;
      try {
        items.put(put(value(damaged)));
      } catch (StatusRuntimeException e) {
        assertThat(e).hasMessageContaining("INVALID_ARGUMENT: ");
        refused++;
      }
    }
    // Some say something else, as well-formed as before; but lengths and tags do not.
    assertThat(refused).isGreaterThan(good.length / 4);
  }

  static Stream<Arguments> patches() {
    return Stream.of(
        Arguments.of("{'inc':{'text':1}}", List.of("text", "a number is wanted, found a text")),
        Arguments.of("{'inc':{'n':'1'}}", List.of("patch.json", "inc", "n")),
        Arguments.of("{'inc':{'n':1e6144,'n2':1}}", List.of("n", "1000 digits")),
        Arguments.of("{'min':{'n':'x'}}", List.of("n", "number", "text")),
        Arguments.of("{'push':{'text':1}}", List.of("text", "an array is wanted, found a text")),
        Arguments.of("{'addToSet':{'in':1}}", List.of("in", "an array is wanted, found an object")),
        Arguments.of("{'set':{'n.x':1}}", List.of("n.x", "number")),
        Arguments.of("{'set':{'list[7]':1}}", List.of("list[7]", "3")),
        Arguments.of("{'set':{'list[].a':1}}", List.of("patch.json", "list[].a")),
        Arguments.of("{'set':{'a..b':1}}", List.of("patch.json", "a..b")),
        Arguments.of("{'set':{'':1}}", List.of("patch.json", "path")),
        Arguments.of("{'set':{'u':2}}", List.of("key")),
        Arguments.of("{'unset':['o']}", List.of("o")),
        Arguments.of("{'merge':{'o':null}}", List.of("o")),
        Arguments.of("{'increase':{'n':1}}", List.of("patch.json", "increase")),
        Arguments.of(
            "{'push':{'list':{'value':1,'keep':'last -1'}}}", List.of("patch.json", "keep")),
        Arguments.of(
            "{'push':{'list':{'value':1,'keep':'most 5'}}}", List.of("patch.json", "keep")),
        Arguments.of(
            "{'pull':{'list':{'where':'@ matches \"x\"'}}}".replace("\"x\"", "\\'x\\'"),
            List.of("patch.json", "pattern")),
        Arguments.of("{'set':{'a':" + "[".repeat(98) + "]".repeat(98) + ",'b.c':1}}", List.of()),
        Arguments.of("{'set':{'in.a':" + "[".repeat(100) + "]".repeat(100) + "}}", List.of("100")),
        Arguments.of("not json", List.of("patch.json", "line 1, column 1")),
        Arguments.of("[]x", List.of("patch.json", "line 1")));
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("patches")
  void shouldRefusePatchesThatDoNotFit(String json, List<String> parts) {
    if (parts.isEmpty()) {
      // Just within the limits: this one is taken, and taken back.
      items.patchDocument(patch(json).build());
      put();
      return;
    }
    refusedByNode(() -> items.patchDocument(patch(json).build()), parts.toArray(String[]::new));
  }

  @Test
  void shouldRefuseBytesThatAreNoPatchOrFilter() {
    byte[] good = PatchCodec.encode(Patches.inc("n", 1));
    byte[] cut = java.util.Arrays.copyOf(good, good.length - 1);
    for (byte[] binary : List.of(cut, new byte[] {7}, new byte[0])) {
      refusedByNode(
          () ->
              items.patchDocument(
                  patch("")
                      .setPatch(Patch.newBuilder().setBinary(ByteString.copyFrom(binary)))
                      .build()),
          "patch");
      refusedByNode(
          () ->
              items.patchDocument(
                  patch("{'inc':{'n':1}}")
                      .setCondition(
                          Condition.newBuilder().setFilterBinary(ByteString.copyFrom(binary)))
                      .build()),
          "condition.filter_binary");
    }
  }

  static Stream<Arguments> filters() {
    return Stream.of(
        Arguments.of("n >", List.of("character")),
        Arguments.of("n > > 1", List.of("character")),
        Arguments.of("n = 1 and", List.of("character")),
        Arguments.of("a..b = 1", List.of("character 3")),
        Arguments.of("not ".repeat(100) + "n = 1", List.of("64")),
        Arguments.of("(".repeat(100_000), List.of("65536")),
        Arguments.of("text matches \"((a{100}){100}){100}\"", List.of("pattern", "2000")),
        Arguments.of("text matches \"(\"", List.of("pattern")),
        Arguments.of("text matches \"" + "a".repeat(1_001) + "\"", List.of("pattern", "1000")));
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("filters")
  void shouldRefuseFilters(String filter, List<String> parts) {
    Response found =
        items.execute(
            Request.newBuilder()
                .setFind(
                    FindRequest.newBuilder()
                        .setCollection("orders")
                        .setShardingKey(key(1))
                        .setFilter(filter))
                .build());
    assertThat(ErrorCode.of(found.getError().getCode())).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(found.getError().getMessage()).contains("filter").contains(parts);
    refusedByNode(
        () ->
            items.patchDocument(
                patch("{'inc':{'n':1}}")
                    .setCondition(Condition.newBuilder().setFilter(filter))
                    .build()),
        "condition.filter");
    refused(
        () -> orders.find(ANN, FindOptions.ALL.where(filter)).hasNext(),
        parts.toArray(String[]::new));
  }

  /** RE2 takes no exponential time: what would stop other engines is answered. */
  @Test
  void shouldNotBeStoppedByAPattern() {
    orders.upsert(json("{'u':3,'o':1,'text':'" + "a".repeat(50_000) + "'}"));
    long begun = System.nanoTime();
    assertThat(
            orders
                .find(Key.of(3), FindOptions.ALL.where(Filters.matches("text", "^(a+)+$b")))
                .hasNext())
        .isFalse();
    assertThat(System.nanoTime() - begun).isLessThan(Duration.ofSeconds(20).toNanos());
  }

  @Test
  void shouldRefuseWhatNoMessageMayHold() {
    String text = "x".repeat(ABOVE);
    refused(() -> items.put(put(value("{\"u\":1,\"o\":1,\"a\":\"" + text + "\"}"))), "maximum");
    JsonObject large = JsonObject.builder().put("u", 1).put("o", 1).put("a", text).build();
    refused(() -> orders.upsert(large), "17825", "the limit is 1048576", "divide it");
    refused(() -> orders.patch(ANN, ANN, Patches.set("a", text), DocumentOptions.DEFAULT), "bytes");
  }

  // ---- From Java, and at the shell ----

  @Test
  void shouldSayInJavaWhatIsWrong() {
    refused(() -> orders.insert(json("{'u':1}")), "o");
    refused(() -> orders.patch(ANN, ANN, Patches.inc("text", 1)), "text", "a number is wanted");
    refused(
        () -> orders.patch(ANN, Key.EMPTY, Patches.inc("n", 1)),
        "sort_key: 1 part expected [o], found 0");
    refused(() -> Patches.inc("a[", 1), "a[");
    refused(() -> Filters.matches("text", "((a{100}){100}){100}"), "2000");
    Throwable failure =
        catchThrowable(
            () ->
                orders.patch(
                    ANN, ANN, Patches.inc("n", 1), DocumentOptions.DEFAULT.onlyIf("text > 1")));
    assertThat(((HengeException) failure).code()).isEqualTo(ErrorCode.CONDITION_FAILED);
  }

  static Stream<Arguments> statements() {
    return Stream.of(
        Arguments.of("insert orders {\"u\":1,\"o\":1,\"u\":2}", "\"u\""),
        Arguments.of("upsert orders {\"u\":1,\"o\":1,\"a\":1e999999999}", "6144"),
        Arguments.of("upsert orders {\"u\":1,\"o\":1", "line 1, column 15"),
        Arguments.of("upsert orders [1]", "document"),
        Arguments.of("upsert orders {\"u\":1,\"o\":1,\"a\":" + "[".repeat(100_000) + "}", "100"),
        Arguments.of("patch orders 1 1 {\"inc\": {\"text\": 1}}", "a number is wanted"),
        Arguments.of("patch orders 1 1 {\"inc\": {\"a..b\": 1}}", "a..b"),
        Arguments.of("patch orders 1 1 {\"rise\": {\"a\": 1}}", "rise"),
        Arguments.of("patch orders 1 1 {\"inc\": {\"n\": 1}} where \"n >\"", "character 4"),
        Arguments.of("find orders 1 where \"text matches \\\"((a{100}){100}){100}\\\"\"", "2000"),
        Arguments.of(
            "find orders where \"n = 1\"", "expected a sharding key, or the words all shards"),
        Arguments.of(
            "upsert orders {\"u\":1,\"o\":1,\"a\":\"" + "x".repeat(ABOVE) + "\"}", "bytes"));
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("statements")
  void shouldSayAtTheShellWhatIsWrong(String statement, String part) {
    Result result =
        LiveCommandLine.runWithInput(
            statement + "\n", "shell", "--connect", henge.nodes().get(0).clientAddress());
    assertThat(result.err().lines()).singleElement().asString().contains(part);
    assertThat(result.err().length()).isLessThan(1_000);
    assertThat(result.code()).isIn(1, 2);
  }
}
