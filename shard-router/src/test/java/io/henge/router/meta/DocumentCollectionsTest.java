package io.henge.router.meta;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.FeatureLevel;
import io.henge.api.error.ErrorCode;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.v1.CollectionRecord;
import io.henge.api.v1.Documents;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

@NullUnmarked
class DocumentCollectionsTest {
  private static final Documents ORDERS =
      Documents.newBuilder()
          .addShardPaths("user_id")
          .addIdPaths("order_id")
          .setTtlPath("until")
          .build();

  private static MetaScript formed(int level) {
    MetaScript script = new MetaScript();
    MetaCommand.Builder form = MetaScript.form("c1", "a", 1);
    form.getFormClusterBuilder()
        .setFeatureLevel(level)
        .getFirstNodeBuilder()
        .setFeatureLevel(FeatureLevel.NEWEST);
    assertThat(script.run(form).getCode()).isZero();
    return script;
  }

  @Test
  void shouldKeepWhereDocumentsHaveTheirKeys() {
    MetaScript script = formed(FeatureLevel.DOCUMENTS);
    CollectionRecord made =
        script.run(MetaScript.documents("orders", ORDERS, false)).getCollection();
    assertThat(made.getDocuments()).isEqualTo(ORDERS);
    assertThat(script.state.collection("orders")).isEqualTo(made);
    assertThat(script.run(MetaScript.collection("plain", 0, false, false)).getCollection())
        .matches(plain -> !plain.hasDocuments());
  }

  @Test
  void shouldRefuseThemUntilEveryNodeReadsThem() {
    MetaScript script = formed(FeatureLevel.ITEMS);
    MetaCommand.Builder create = MetaScript.documents("orders", ORDERS, false);
    MetaResult refused = script.run(create);
    assertThat(refused.getCode()).isEqualTo(ErrorCode.CONDITION_FAILED.number());
    assertThat(refused.getMessage()).contains("feature level 1").contains("needs level 2");
    assertThat(script.state.collections()).isEmpty();
    script.run(MetaScript.raise(FeatureLevel.DOCUMENTS));
    assertThat(script.run(create).getCode()).isZero();
  }

  @Test
  void shouldKnowWhichCommandsNeedALevel() {
    assertThat(Levels.needed(MetaScript.documents("orders", ORDERS, false).build()))
        .isEqualTo(FeatureLevel.DOCUMENTS);
    assertThat(Levels.needed(MetaScript.collection("plain", 0, false, false).build())).isZero();
    assertThat(Levels.needed(MetaScript.raise(2).build())).isZero();
  }

  @Test
  void shouldFindTheSameCollectionThereButNoOther() {
    MetaScript script = formed(FeatureLevel.DOCUMENTS);
    CollectionRecord made =
        script.run(MetaScript.documents("orders", ORDERS, false)).getCollection();
    assertThat(script.run(MetaScript.documents("orders", ORDERS, true)).getCollection())
        .isEqualTo(made);
    for (MetaCommand.Builder other :
        List.of(
            MetaScript.documents("orders", ORDERS.toBuilder().clearTtlPath().build(), true),
            MetaScript.documents("orders", ORDERS.toBuilder().addIdPaths("x").build(), true),
            MetaScript.collection("orders", 0, false, true))) {
      MetaResult refused = script.run(other);
      assertThat(refused.getCode()).isEqualTo(ErrorCode.ALREADY_EXISTS.number());
      assertThat(refused.getMessage())
          .contains("documents sharded by [user_id] with id [order_id], expiring at until");
    }
  }

  @Test
  void shouldNameWhatIsWrongWithPaths() {
    Documents nine =
        ORDERS.toBuilder()
            .clearIdPaths()
            .addAllIdPaths(IntStream.range(0, 9).mapToObj(i -> "p" + i).toList())
            .build();
    assertRefused(Documents.getDefaultInstance(), "shard_paths: 1 to 8 paths expected, found 0");
    assertRefused(nine, "id_paths: 1 to 8 paths expected, found 9");
    assertRefused(
        ORDERS.toBuilder().addShardPaths("user_id").build(), "shard_paths: user_id is there twice");
    assertRefused(ORDERS.toBuilder().addIdPaths("").build(), "id_paths: paths of 1 to 256");
    assertRefused(ORDERS.toBuilder().setTtlPath("x".repeat(257)).build(), "found one of 257");
    assertRefused(
        ORDERS.toBuilder().setTtlPath("order_id").build(), "a part of the document's key");
    MetaCommand.Builder divisible = MetaScript.documents("orders", ORDERS, false);
    divisible.getCreateCollectionBuilder().setDivisible(true);
    assertRefused(divisible, "divisible");
  }

  private static void assertRefused(Documents documents, String message) {
    assertRefused(MetaScript.documents("orders", documents, false), message);
  }

  private static void assertRefused(MetaCommand.Builder command, String message) {
    MetaScript script = formed(FeatureLevel.DOCUMENTS);
    MetaResult refused = script.run(command);
    assertThat(refused.getCode()).isEqualTo(ErrorCode.INVALID_ARGUMENT.number());
    assertThat(refused.getMessage()).contains(message);
    assertThat(script.state.collections()).isEmpty();
  }
}
