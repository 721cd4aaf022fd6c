package io.henge.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.henge.api.FeatureLevel;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.client.ClientOptions;
import io.henge.client.CollectionOptions;
import io.henge.client.DocumentCollection;
import io.henge.client.FeatureLevels;
import io.henge.client.HengeClient;
import io.henge.document.patch.Patches;
import io.henge.document.value.Json;
import io.henge.document.value.JsonObject;
import io.henge.replication.NetworkFilter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class FeatureLevelTest {
  private static final CollectionOptions DOCUMENTS =
      CollectionOptions.documentsShardedBy("id").withId("id");

  @TempDir private Path directory;
  private final List<HengeNode> nodes = new ArrayList<>();
  private final List<String> faults = new CopyOnWriteArrayList<>();

  @AfterEach
  void stop() {
    Together.each(nodes, HengeNode::closeWithOthers);
  }

  /** A node of a version that reads so much; the first one makes the cluster. */
  private HengeNode start(String name, int reads) {
    NodeConfig config = NodeConfig.of(name, directory.resolve(name));
    if (!nodes.isEmpty()) {
      config = config.join(List.of(nodes.get(0).clientAddress()));
    }
    NodeHooks embedded = NodeHooks.embedded(NetworkFilter.OPEN);
    NodeHooks hooks =
        new NodeHooks(
            embedded.network(),
            embedded.replication(),
            (failed, what, reason) -> faults.add(what),
            embedded.steps(),
            reads);
    HengeNode node = HengeNode.start(config, hooks);
    nodes.add(node);
    node.awaitReady(Duration.ofSeconds(30));
    return node;
  }

  private HengeClient connect() {
    return HengeClient.connect(
        nodes.stream().map(HengeNode::clientAddress).toList(),
        ClientOptions.DEFAULT.withTimeout(Duration.ofSeconds(30)));
  }

  private static void expect(ErrorCode code, String part, ThrowingCallable call) {
    assertThatExceptionOfType(HengeException.class)
        .isThrownBy(call)
        .withMessageContaining(part)
        .satisfies(failure -> assertThat(failure.code()).as(failure.getMessage()).isEqualTo(code));
  }

  @Test
  void shouldBeginAtWhatTheFirstNodeReads() {
    start("n1", FeatureLevel.NEWEST);
    try (HengeClient client = connect()) {
      FeatureLevels levels = client.admin().featureLevels();
      assertThat(levels.level()).isEqualTo(FeatureLevel.NEWEST);
      assertThat(levels.possible()).isEqualTo(FeatureLevel.NEWEST);
      assertThat(client.admin().raiseFeatureLevel(0)).isEqualTo(levels);
    }
  }

  @Test
  void shouldTakeDocumentsOnceItHasBeenRaised() {
    HengeNode old = start("n1", FeatureLevel.ITEMS);
    start("n2", FeatureLevel.NEWEST);
    try (HengeClient client = connect()) {
      FeatureLevels levels = client.admin().featureLevels();
      assertThat(levels.level()).isEqualTo(FeatureLevel.ITEMS);
      assertThat(levels.possible()).isEqualTo(FeatureLevel.ITEMS);
      assertThat(levels.levels().get(1))
          .isEqualTo(new FeatureLevels.Level(2, FeatureLevel.meaning(2), List.of("n1")));
      assertThat(levels.nodes())
          .extracting(FeatureLevels.Node::name, FeatureLevels.Node::reads)
          .containsExactly(
              org.assertj.core.groups.Tuple.tuple("n1", FeatureLevel.ITEMS),
              org.assertj.core.groups.Tuple.tuple("n2", FeatureLevel.NEWEST));
      expect(
          ErrorCode.CONDITION_FAILED,
          "level 2",
          () -> client.admin().createCollection("users", DOCUMENTS));
      expect(
          ErrorCode.CONDITION_FAILED,
          "node n1 reads formats up to level 1",
          () -> client.admin().raiseFeatureLevel(FeatureLevel.DOCUMENTS));
      assertThat(client.admin().raiseFeatureLevel(0).level()).isEqualTo(FeatureLevel.ITEMS);
    }
    // A newer version is installed on it.
    old.close();
    nodes.remove(old);
    start("n1", FeatureLevel.DOCUMENTS);
    try (HengeClient client = connect()) {
      await()
          .atMost(30, TimeUnit.SECONDS)
          .until(() -> client.admin().featureLevels().possible() == FeatureLevel.DOCUMENTS);
      // Whoever leads meta has just begun to, and knows little of the nodes yet.
      await()
          .atMost(30, TimeUnit.SECONDS)
          .untilAsserted(
              () ->
                  assertThat(client.admin().status().remarks())
                      .anySatisfy(remark -> assertThat(remark).contains("henge cluster upgrade")));
      assertThat(client.admin().raiseFeatureLevel(0).level()).isEqualTo(FeatureLevel.DOCUMENTS);
      assertThat(client.admin().raiseFeatureLevel(2).level()).isEqualTo(FeatureLevel.DOCUMENTS);
      client.admin().createCollection("users", DOCUMENTS);
      DocumentCollection<JsonObject> users = client.documents("users");
      users.insert(Json.parseObject("{\"id\": 1, \"n\": 1}"));
      users.patch(Key.of(1), Key.EMPTY, Patches.inc("n", 1));
      assertThat(users.get(Key.of(1)).orElseThrow().document().toString()).contains("\"n\":2");
      expect(
          ErrorCode.INVALID_ARGUMENT,
          "never falls",
          () -> client.admin().raiseFeatureLevel(FeatureLevel.ITEMS));
    }
    assertThat(faults).isEmpty();
  }

  @Test
  void shouldNotLetANodeInThatReadsLess() {
    start("n1", FeatureLevel.DOCUMENTS);
    expect(
        ErrorCode.INVALID_ARGUMENT,
        "node n2 reads formats up to level 1, the cluster writes level 2",
        () -> start("n2", FeatureLevel.ITEMS));
    // The attempt leaves nothing behind: the right version enters.
    start("n2", FeatureLevel.DOCUMENTS);
  }

  @Test
  void shouldTakeANodeOutWhoseVersionWasPutBack() {
    start("n1", FeatureLevel.DOCUMENTS);
    HengeNode second = start("n2", FeatureLevel.DOCUMENTS);
    second.close();
    nodes.remove(second);
    NodeConfig config =
        NodeConfig.of("n2", directory.resolve("n2")).join(List.of(nodes.get(0).clientAddress()));
    NodeHooks hooks = NodeHooks.embedded(NetworkFilter.OPEN);
    HengeNode older =
        HengeNode.start(
            config,
            new NodeHooks(
                hooks.network(),
                hooks.replication(),
                (failed, what, reason) -> faults.add(what),
                hooks.steps(),
                FeatureLevel.ITEMS));
    nodes.add(older);
    await().atMost(30, TimeUnit.SECONDS).until(() -> !faults.isEmpty());
    assertThat(faults.get(0))
        .contains("it reads formats up to level 1, the cluster writes level 2");
  }
}
