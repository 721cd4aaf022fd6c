package io.henge.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import io.henge.api.changes.ChangeToken;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.v1.Change;
import io.henge.api.v1.ChangeKind;
import io.henge.api.v1.ChangeStream;
import io.henge.api.v1.ClusterGrpc;
import io.henge.api.v1.CreateCollectionRequest;
import io.henge.api.v1.Document;
import io.henge.api.v1.Documents;
import io.henge.api.v1.HengeGrpc;
import io.henge.api.v1.Key;
import io.henge.api.v1.KeyPart;
import io.henge.api.v1.PutRequest;
import io.henge.api.v1.SetChangesRequest;
import io.henge.api.v1.SetSettingRequest;
import io.henge.api.v1.Value;
import io.henge.api.v1.WatchRequest;
import io.henge.api.v1.WatchResponse;
import io.henge.client.DocumentCollection;
import io.henge.client.Watch;
import io.henge.client.WatchOptions;
import io.henge.document.value.JsonObject;
import io.henge.server.Henge;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Watching as any client in any language does it, by the generated stubs alone. */
@Timeout(60)
class WatchPortTest {
  private static StubbedNode node;
  private static HengeGrpc.HengeBlockingStub items;
  private static ClusterGrpc.ClusterBlockingStub cluster;

  @BeforeAll
  static void start() {
    node = new StubbedNode(Henge.embedded().nodes(3).shards(3).start());
    items = node.items();
    cluster = node.cluster();
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  private static void create(String name) {
    cluster.createCollection(
        CreateCollectionRequest.newBuilder()
            .setName(name)
            .setDocuments(Documents.newBuilder().addShardPaths("user").addIdPaths("user"))
            .build());
    cluster.setChanges(
        SetChangesRequest.newBuilder()
            .setCollection(name)
            .setChanges(ChangeStream.newBuilder().setRetentionMillis(3_600_000).setBefore(true))
            .build());
  }

  private static void put(String collection, int user, String rest) {
    items.put(
        PutRequest.newBuilder()
            .setCollection(collection)
            .setShardingKey(key(user))
            .setValue(
                Value.newBuilder()
                    .setDocument(
                        Document.newBuilder().setJson("{\"user\":" + user + "," + rest + "}")))
            .build());
  }

  private static Key key(int user) {
    return Key.newBuilder().addParts(KeyPart.newBuilder().setInteger(user)).build();
  }

  /** Reads until there are as many changes, then ends the call. */
  private static List<WatchResponse> watch(WatchRequest request, int changes) {
    List<WatchResponse> messages = new ArrayList<>();
    Context.CancellableContext call = Context.current().withCancellation();
    call.run(
        () -> {
          Iterator<WatchResponse> answers = items.watch(request);
          int seen = 0;
          while (seen < changes || lastToken(messages).isEmpty()) {
            WatchResponse message = answers.next();
            messages.add(message);
            seen += message.getChangesCount();
          }
        });
    call.cancel(null);
    return messages;
  }

  private static ByteString lastToken(List<WatchResponse> messages) {
    return messages.isEmpty() ? ByteString.EMPTY : messages.get(messages.size() - 1).getToken();
  }

  private static List<Change> changes(List<WatchResponse> messages) {
    return messages.stream().flatMap(message -> message.getChangesList().stream()).toList();
  }

  @Test
  void shouldShowWhatIsThereThenWhatHappensAndGoOnFromAToken() {
    create("start");
    IntStream.range(0, 40).forEach(user -> put("start", user, "\"n\":0"));
    WatchRequest fromStart =
        WatchRequest.newBuilder().setCollection("start").setStart(true).build();
    List<WatchResponse> first = watch(fromStart, 40);
    assertThat(changes(first)).hasSize(40);
    assertThat(changes(first))
        .allMatch(change -> change.getKind() == ChangeKind.CHANGE_KIND_PRESENT)
        .extracting(change -> change.getShardingKey().getParts(0).getInteger())
        .doesNotHaveDuplicates();
    put("start", 7, "\"n\":1");
    put("start", 8, "\"n\":1");

    WatchRequest onward =
        WatchRequest.newBuilder().setCollection("start").setToken(lastToken(first)).build();
    List<Change> more = changes(watch(onward, 2));
    assertThat(more).hasSize(2);
    assertThat(more.get(0).getBefore().getValue().getDocument().getJson()).contains("\"n\":0");
    assertThat(more.get(0).getAfter().getValue().getDocument().getJson()).contains("\"n\":1");
  }

  @Test
  void shouldSendATokenEvenIfNothingHappens() {
    create("idle");
    WatchRequest request =
        WatchRequest.newBuilder().setCollection("idle").setNow(true).setHeartbeatMillis(50).build();
    List<WatchResponse> idle = watch(request, 0);
    assertThat(idle).hasSize(1);
    put("idle", 1, "\"n\":1");
    WatchRequest onward =
        WatchRequest.newBuilder().setCollection("idle").setToken(lastToken(idle)).build();
    assertThat(changes(watch(onward, 1))).hasSize(1);
  }

  /** What a shard keeps of changes is bounded; whoever comes too late is told what to do. */
  @Test
  void shouldSayWhatToDoWithATokenThatIsTooOld() {
    create("late");
    put("late", 1, "\"n\":0");
    WatchRequest fromStart = WatchRequest.newBuilder().setCollection("late").setStart(true).build();
    ByteString token = lastToken(watch(fromStart, 1));
    cluster.setSetting(
        SetSettingRequest.newBuilder().setName("changes-bytes-max").setValue("64k").build());
    WatchRequest late = WatchRequest.newBuilder().setCollection("late").setToken(token).build();
    String filling = "\"n\":\"" + "x".repeat(500_000) + "\"";
    Awaitility.await()
        .atMost(Duration.ofSeconds(50))
        .until(
            () -> {
              put("late", 1, filling + ",\"at\":" + System.nanoTime());
              return "NOT_FOUND".equals(outcome(late));
            });
    assertThatThrownBy(() -> items.watch(late).next())
        .hasMessageContaining("the history is gone")
        .hasMessageContaining("watch from the start");
    // The same in Java.
    DocumentCollection<JsonObject> documents = node.henge().client().documents("late");
    assertThatThrownBy(
            () -> {
              try (Watch<JsonObject> watch =
                  documents.watch(WatchOptions.after(ChangeToken.decode(token.toByteArray())))) {
                watch.poll(Duration.ofSeconds(20));
              }
            })
        .isInstanceOfSatisfying(
            HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND))
        .hasMessageContaining("the history is gone")
        .hasMessageContaining("watch from the start, which shows all documents again");
    List<Change> again = changes(watch(fromStart, 1));
    assertThat(again.get(0).getKind()).isEqualTo(ChangeKind.CHANGE_KIND_PRESENT);
    cluster.setSetting(SetSettingRequest.newBuilder().setName("changes-bytes-max").build());
  }

  private static String outcome(WatchRequest request) {
    Context.CancellableContext call = Context.current().withCancellation();
    Context before = call.attach();
    try {
      return items.watch(request).next().toString().isEmpty() ? "nothing" : "changes";
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode().name();
    } finally {
      call.detach(before);
      call.cancel(null);
    }
  }

  @Test
  void shouldRefuseWhatCannotBeWatched() {
    create("refused");
    refuse(WatchRequest.newBuilder().setCollection("unknown"), "unknown");
    refuse(WatchRequest.newBuilder().setCollection("refused").setFilter("n >"), "filter");
    refuse(
        WatchRequest.newBuilder()
            .setCollection("refused")
            .setToken(ByteString.copyFromUtf8("no token")),
        "token");
    refuse(
        WatchRequest.newBuilder().setCollection("refused").setHeartbeatMillis(900_000),
        "heartbeat_millis");
  }

  private static void refuse(WatchRequest.Builder request, String why) {
    assertThatThrownBy(() -> items.watch(request.build()).next())
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining(why);
  }
}
