package io.henge.router.meta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.henge.api.FeatureLevel;
import io.henge.api.error.ErrorCode;
import io.henge.api.internal.v1.CreateCopy;
import io.henge.api.internal.v1.CreateIndex;
import io.henge.api.internal.v1.DropCopy;
import io.henge.api.internal.v1.DropIndex;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.internal.v1.SetChanges;
import io.henge.api.v1.ChangeStream;
import io.henge.api.v1.CopiedField;
import io.henge.api.v1.CopyKind;
import io.henge.api.v1.CopyRule;
import io.henge.api.v1.CopyState;
import io.henge.api.v1.Documents;
import io.henge.api.v1.Index;
import io.henge.api.v1.SortField;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

@NullUnmarked
class DerivedCommandsTest {
  private static MetaScript formed(int level) {
    MetaScript script = new MetaScript();
    MetaCommand.Builder form = MetaScript.form("c1", "a", 1);
    form.getFormClusterBuilder()
        .setFeatureLevel(level)
        .getFirstNodeBuilder()
        .setFeatureLevel(FeatureLevel.CHANGES);
    assertThat(script.run(form).getCode()).isZero();
    return script;
  }

  /** Users, their orders, and products. */
  private static MetaScript shop() {
    MetaScript script = formed(FeatureLevel.CHANGES);
    collection(script, "users", List.of("user_id"), List.of("user_id"));
    collection(script, "orders", List.of("user_id"), List.of("order_id"));
    collection(script, "products", List.of("product_id"), List.of("product_id"));
    return script;
  }

  private static void collection(
      MetaScript script, String name, List<String> shard, List<String> id) {
    Documents documents = Documents.newBuilder().addAllShardPaths(shard).addAllIdPaths(id).build();
    assertThat(script.run(MetaScript.documents(name, documents, false)).getCode()).isZero();
  }

  private static Index.Builder index(String name, String... paths) {
    Index.Builder index = Index.newBuilder().setName(name);
    for (String path : paths) {
      index.addFields(SortField.newBuilder().setPath(path).setDescending(path.equals("total")));
    }
    return index;
  }

  private static MetaCommand.Builder create(String collection, Index.Builder index) {
    return MetaCommand.newBuilder()
        .setCreateIndex(CreateIndex.newBuilder().setCollection(collection).setIndex(index));
  }

  private static CopyRule.Builder count(String source, String target) {
    return CopyRule.newBuilder()
        .setKind(CopyKind.COPY_KIND_COUNT)
        .setSource(source)
        .setTarget(target);
  }

  private static CopyRule.Builder list(String source, String target) {
    return CopyRule.newBuilder()
        .setKind(CopyKind.COPY_KIND_LIST)
        .setSource(source)
        .setTarget(target)
        .addFields(field("order_id"))
        .setLast(20)
        .setBy("created_at");
  }

  private static CopyRule.Builder follow(
      String source, String target, String on, String... fields) {
    CopyRule.Builder rule =
        CopyRule.newBuilder()
            .setKind(CopyKind.COPY_KIND_FOLLOW)
            .setSource(source)
            .setTarget(target)
            .addOn(on)
            .setBoundMillis(5_000);
    for (String field : fields) {
      rule.addFields(field(field));
    }
    return rule;
  }

  private static CopiedField.Builder field(String name) {
    return CopiedField.newBuilder().setPath(name).setAs(name);
  }

  private static MetaCommand.Builder create(String holder, CopyRule.Builder rule) {
    return MetaCommand.newBuilder()
        .setCreateCopy(CreateCopy.newBuilder().setCollection(holder).setRule(rule));
  }

  private static MetaCommand.Builder replace(String holder, CopyRule.Builder rule) {
    return MetaCommand.newBuilder()
        .setCreateCopy(
            CreateCopy.newBuilder().setCollection(holder).setRule(rule).setReplace(true));
  }

  private static MetaCommand.Builder drop(String holder, int id, boolean keep) {
    return MetaCommand.newBuilder()
        .setDropCopy(DropCopy.newBuilder().setCollection(holder).setId(id).setKeep(keep));
  }

  private static Documents documents(MetaScript script, String name) {
    return Objects.requireNonNull(script.state.collection(name)).getDocuments();
  }

  private static MetaResult done(MetaScript script, MetaCommand.Builder command) {
    MetaResult result = script.run(command);
    assertThat(result.getCode()).describedAs(result.getMessage()).isZero();
    return result;
  }

  private static void refused(
      MetaScript script, MetaCommand.Builder command, ErrorCode code, String message) {
    MetaState before = script.state;
    MetaResult result = script.run(command);
    assertThat(result.getMessage()).contains(message);
    assertThat(result.getCode()).isEqualTo(code.number());
    assertThat(script.state.version()).isEqualTo(before.version());
    assertThat(List.copyOf(script.state.collections()))
        .isEqualTo(List.copyOf(before.collections()));
  }

  private static void invalid(MetaScript script, MetaCommand.Builder command, String message) {
    refused(script, command, ErrorCode.INVALID_ARGUMENT, message);
  }

  @Test
  void shouldGiveIdsToIndexesAndCopiesFromOneCounterAndNeverTwice() {
    MetaScript script = shop();
    MetaResult first = done(script, create("orders", index("by_total", "total")));
    MetaResult second = done(script, create("users", count("orders", "order_count")));
    assertThat(List.of(first.getDerivedId(), second.getDerivedId())).containsExactly(1, 2);
    assertThat(documents(script, "orders").getIndexesList())
        .containsExactly(index("by_total", "total").setId(1).build());
    CopyRule rule = documents(script, "users").getRules(0);
    assertThat(rule.getSourceId())
        .isEqualTo(Objects.requireNonNull(script.state.collection("orders")).getId());
    done(
        script,
        MetaCommand.newBuilder()
            .setDropIndex(DropIndex.newBuilder().setCollection("orders").setName("by_total")));
    assertThat(documents(script, "orders").getIndexesList()).isEmpty();
    MetaResult again = done(script, create("orders", index("by_total", "total")));
    assertThat(again.getDerivedId()).isEqualTo(3);
    MetaState loaded = MetaState.load(script.state.rows());
    assertThat(loaded.collection("orders")).isEqualTo(script.state.collection("orders"));
    assertThat(loaded.cluster().getNextDerivedId()).isEqualTo(4);
  }

  @Test
  void shouldDeclareWithTheCollectionWhatIsDeclaredLaterElsewhere() {
    MetaScript script = shop();
    Documents wanted =
        Documents.newBuilder()
            .addShardPaths("user_id")
            .addIdPaths("user_id")
            .addIndexes(index("by_name", "name"))
            .addRules(count("orders", "order_count"))
            .setChanges(ChangeStream.newBuilder().setRetentionMillis(1_000))
            .build();
    MetaResult made = done(script, MetaScript.documents("people", wanted, false));
    assertThat(made.getCollection().getDocuments().getIndexes(0).getId()).isEqualTo(1);
    assertThat(made.getCollection().getDocuments().getRules(0).getId()).isEqualTo(2);
    assertThat(made.getCollection().getDocuments().getChanges()).isEqualTo(wanted.getChanges());
    done(script, create("people", index("more", "age")));
    assertThat(done(script, MetaScript.documents("people", wanted, true)).getCollection().getId())
        .isEqualTo(made.getCollection().getId());
    Documents other = wanted.toBuilder().addIndexes(index("by_town", "town")).build();
    refused(
        script,
        MetaScript.documents("people", other, true),
        ErrorCode.ALREADY_EXISTS,
        "indexes [by_name, more], 1 copies");
  }

  @Test
  void shouldNeedTheLevelThatReadsIt() {
    MetaCommand.Builder create = create("orders", index("by_total", "total"));
    assertThat(Levels.needed(create.build())).isEqualTo(FeatureLevel.DERIVED);
    assertThat(Levels.needed(create("users", count("orders", "n")).build()))
        .isEqualTo(FeatureLevel.DERIVED);
    MetaCommand.Builder follow = create("orders", follow("products", "", "product_id", "name"));
    assertThat(Levels.needed(follow.build())).isEqualTo(FeatureLevel.CHANGES);
    MetaScript script = formed(FeatureLevel.DOCUMENTS);
    collection(script, "users", List.of("user_id"), List.of("user_id"));
    collection(script, "orders", List.of("user_id"), List.of("order_id"));
    collection(script, "products", List.of("product_id"), List.of("product_id"));
    refused(script, create, ErrorCode.CONDITION_FAILED, "needs level 3");
    script.run(MetaScript.raise(FeatureLevel.DERIVED));
    done(script, create);
    done(script, create("users", count("orders", "n")));
    refused(script, follow, ErrorCode.CONDITION_FAILED, "needs level 4");
    Documents following =
        Documents.newBuilder()
            .addShardPaths("a")
            .addIdPaths("b")
            .addRules(follow("products", "", "product_id", "name"))
            .build();
    refused(
        script,
        MetaScript.documents("more", following, false),
        ErrorCode.CONDITION_FAILED,
        "needs level 4");
  }

  @Test
  void shouldRefuseIndexesBeyondTheLimits() {
    MetaScript script = shop();
    invalid(script, create("orders", index("by total", "total")), "index name must have");
    invalid(script, create("orders", index("none")), "1 to 8 paths expected, found 0");
    invalid(script, create("orders", index("twice", "a", "a")), "a is there twice");
    for (int i = 0; i < 8; i++) {
      done(script, create("orders", index("i" + i, "a" + i)));
    }
    invalid(script, create("orders", index("one_more", "a")), "8 indexes");
    refused(
        script,
        create("orders", index("i0", "a")),
        ErrorCode.ALREADY_EXISTS,
        "has an index i0 already");
    MetaCommand.Builder same = create("orders", index("i0", "a0"));
    same.getCreateIndexBuilder().setIfAbsent(true);
    assertThat(done(script, same).getDerivedId()).isEqualTo(1);
    done(script, MetaScript.collection("plain", 0, false, false));
    invalid(script, create("plain", index("x", "a")), "holds items, not documents");
    refused(script, create("nil", index("x", "a")), ErrorCode.NOT_FOUND, "no collection \"nil\"");
  }

  @Test
  void shouldRefuseRulesThatWouldLoop() {
    MetaScript script = shop();
    for (String name : List.of("a", "b", "c", "d", "e", "f")) {
      collection(script, name, List.of("k"), List.of("k"));
    }
    invalid(script, create("users", count("users", "n")), "it would loop: users -> users");
    done(script, create("b", count("a", "n")));
    done(script, create("c", follow("b", "", "b_id", "n")));
    invalid(script, create("a", count("c", "n")), "it would loop: a -> b -> c -> a");
    // What applications write into b goes to a and ends there; b's count goes on.
    invalid(script, create("a", follow("b", "x", "y", "n")), "it would loop: a -> b -> a");
    done(script, create("a", follow("b", "x", "y", "name")));
    // A copy that was harmless so far would go on with the count.
    invalid(script, create("b", count("a", "name")), "it would loop: a -> b -> a");
    done(script, create("d", count("c", "n")));
    done(script, create("e", count("d", "n")));
    invalid(script, create("f", count("e", "n")), "a chain of 5");
    invalid(script, create("a", count("orders", "n")), "a chain of 5");
    // What was dropped feeds nobody.
    int last = documents(script, "e").getRules(0).getId();
    done(script, drop("e", last, false));
    done(script, create("a", count("orders", "n")));
  }

  @Test
  void shouldRefuseTwoRulesForOnePathAndKeysAsCopies() {
    MetaScript script = shop();
    done(script, create("users", count("orders", "figures.count")));
    for (String path : List.of("figures.count", "figures", "figures.count.x")) {
      refused(
          script,
          create("users", count("orders", path)),
          ErrorCode.ALREADY_EXISTS,
          "users.figures.count is written by copy 1 already");
    }
    done(script, create("users", count("orders", "figures.counts")));
    done(script, create("orders", follow("products", "items[]", "id", "name", "price")));
    refused(
        script,
        create("orders", follow("products", "items[]", "id", "name")),
        ErrorCode.ALREADY_EXISTS,
        "orders.items[].name is written by copy");
    done(script, create("orders", follow("products", "items[]", "id", "weight")));
    invalid(script, create("users", count("orders", "user_id")), "have their keys");
    invalid(script, create("users", count("orders", "user_id.x")), "have their keys");
    invalid(
        script,
        create("orders", follow("products", "", "product_id", "order_id")),
        "it would write order_id");
    invalid(
        script,
        create("orders", follow("products", "lines[]", "product_id", "product_id")),
        "by which it looks for its source");
    done(script, drop("users", 1, true));
    assertThat(documents(script, "users").getRules(0).getState())
        .isEqualTo(CopyState.COPY_STATE_DROPPED_KEEPING);
    done(script, create("users", count("orders", "figures.count")));
    refused(script, drop("users", 1, true), ErrorCode.NOT_FOUND, "holds no copy 1");
  }

  @Test
  void shouldRefuseRulesThatCannotBe() {
    MetaScript script = shop();
    collection(script, "regions", List.of("country", "region"), List.of("region"));
    collection(script, "lines", List.of("user_id"), List.of("order_id", "line"));
    invalid(
        script,
        create("regions", count("orders", "n")),
        "orders is sharded by [user_id] and regions by [country, region]");
    invalid(script, create("orders", count("lines", "n")), "on: 1 path expected, for the id of");
    done(script, create("orders", count("lines", "n").addOn("order_id")));
    invalid(
        script,
        create("users", follow("regions", "", "region", "name")),
        "on: 2 paths expected, for the whole key of regions in users [country, region]");
    invalid(script, rule(b -> b.setLast(257)), "last: 1 to 256 (members of up to 2 KB in 512 KB)");
    invalid(script, rule(b -> b.setLast(0)), "found 0");
    invalid(script, rule(b -> b.clearBy()), "by: a path of 1 to 256 characters");
    invalid(script, rule(b -> b.setTarget("")), "into: a path");
    invalid(script, rule(b -> b.setTarget("a[].b")), "goes through an array");
    invalid(script, rule(b -> b.setBoundMillis(1)), "for copies of another kind");
    invalid(script, rule(b -> b.addFields(field("order_id"))), "two of them are named order_id");
    invalid(script, rule(b -> b.clearFields()), "fields: 1 to 32 expected, found 0");
    invalid(
        script,
        create("orders", follow("products", "a[].b[]", "id", "name")),
        "one [] is as far as copies go");
    invalid(
        script,
        create("orders", follow("products", "", "id", "name").setBoundMillis(0)),
        "within: 1 to 86400000");
    invalid(
        script,
        create("users", CopyRule.newBuilder().setSource("orders")),
        "kind: a list, a count, a sum, a snapshot or a follow expected");
    for (int i = 0; i < 16; i++) {
      done(script, create("users", count("orders", "n" + i)));
    }
    invalid(script, create("users", count("orders", "more")), "holds 16 copies");
  }

  private static MetaCommand.Builder rule(UnaryOperator<CopyRule.Builder> change) {
    return create("users", change.apply(list("orders", "recent")));
  }

  @Test
  void shouldRefuseListsThatHaveNoRoomTogetherAndKeysThatAreCopiesThemselves() {
    MetaScript script = shop();
    done(script, create("users", list("orders", "first").setLast(200)));
    done(script, create("users", list("orders", "second").setLast(56)));
    invalid(script, create("users", list("orders", "third").setLast(1)), "found 257");
    invalid(script, rule(b -> b.setTarget("a.".repeat(16) + "a")), "at most 16 steps");
    collection(script, "makers", List.of("maker_id"), List.of("maker_id"));
    done(script, create("orders", follow("products", "", "product_id", "maker_id")));
    invalid(
        script,
        create("orders", follow("makers", "", "maker_id", "town")),
        "on: maker_id is written by a copy itself");
    done(script, create("users", follow("makers", "", "favourite", "town")));
    invalid(
        script,
        create("users", count("orders", "favourite")),
        "on: favourite is written by a copy itself");
  }

  @Test
  void shouldKeepWhatWasDroppedForAWhileAndSourcesForAsLongAsTheyAre() {
    MetaScript script = shop();
    for (int i = 0; i < 40; i++) {
      int id = done(script, create("users", count("orders", "n"))).getDerivedId();
      done(script, drop("users", id, false));
    }
    assertThat(documents(script, "users").getRulesList())
        .hasSize(16)
        .allMatch(rule -> rule.getState() == CopyState.COPY_STATE_DROPPED)
        .first()
        .matches(rule -> rule.getId() == 25);
    int id = done(script, create("users", count("orders", "n"))).getDerivedId();
    refused(
        script,
        MetaScript.drop("orders"),
        ErrorCode.CONDITION_FAILED,
        "collection orders is the source of copy " + id + " in users");
    done(script, MetaScript.drop("users"));
    done(script, MetaScript.drop("orders"));
  }

  @Test
  void shouldFindTheSameRuleThere() {
    MetaScript script = shop();
    MetaCommand.Builder create = create("users", list("orders", "recent"));
    int id = done(script, create.clone()).getDerivedId();
    refused(script, create.clone(), ErrorCode.ALREADY_EXISTS, "is written by copy");
    create.getCreateCopyBuilder().setIfAbsent(true);
    assertThat(done(script, create.clone()).getDerivedId()).isEqualTo(id);
    create.getCreateCopyBuilder().getRuleBuilder().setLast(3);
    refused(script, create, ErrorCode.ALREADY_EXISTS, "is written by copy");
  }

  @Test
  void shouldPutACopyInThePlaceOfTheOneThatWritesTheSame() {
    MetaScript script = shop();
    int first = done(script, create("users", list("orders", "recent"))).getDerivedId();
    int total = done(script, create("users", count("orders", "n"))).getDerivedId();
    MetaCommand.Builder longer = replace("users", list("orders", "recent").setLast(200));
    int second = done(script, longer).getDerivedId();
    assertThat(second).isNotEqualTo(first);
    assertThat(done(script, longer).getDerivedId()).isEqualTo(second);
    assertThat(documents(script, "users").getRulesList())
        .extracting(CopyRule::getId, CopyRule::getLast, CopyRule::getState)
        .containsExactlyInAnyOrder(
            tuple(first, 20, CopyState.COPY_STATE_DROPPED_KEEPING),
            tuple(total, 0, CopyState.COPY_STATE_LIVE),
            tuple(second, 200, CopyState.COPY_STATE_LIVE));
    invalid(script, replace("users", list("orders", "recent").setLast(257)), "last: ");
    assertThat(done(script, replace("users", count("orders", "m"))).getDerivedId())
        .isGreaterThan(second);
  }

  @Test
  void shouldChangeTheBoundOfACopyAndNothingElseOfIt() {
    MetaScript script = shop();
    CopyRule.Builder name = follow("products", "items[]", "product_id", "name");
    int id = done(script, create("orders", name)).getDerivedId();
    int kept = done(script, replace("orders", name.clone().setBoundMillis(9_000))).getDerivedId();
    assertThat(kept).isEqualTo(id);
    assertThat(documents(script, "orders").getRulesList())
        .singleElement()
        .satisfies(
            rule -> {
              assertThat(rule.getBoundMillis()).isEqualTo(9_000);
              assertThat(rule.getState()).isEqualTo(CopyState.COPY_STATE_LIVE);
              assertThat(rule.getSourceId()).isNotZero();
            });
    invalid(script, replace("orders", name.clone().setBoundMillis(0)), "within: ");
    int nulls =
        done(script, replace("orders", name.clone().setNullWhenDeleted(true))).getDerivedId();
    assertThat(nulls).isNotEqualTo(id);
    done(script, create("orders", follow("products", "items[]", "product_id", "price")));
    invalid(
        script,
        replace("orders", follow("products", "items[]", "product_id", "name", "price")),
        "one expected, so drop the others first");
  }

  @Test
  void shouldBeginAndEndToKeepChanges() {
    MetaScript script = shop();
    ChangeStream day = ChangeStream.newBuilder().setRetentionMillis(86_400_000).build();
    MetaCommand.Builder begin =
        MetaCommand.newBuilder()
            .setSetChanges(SetChanges.newBuilder().setCollection("orders").setChanges(day));
    done(script, begin.clone());
    assertThat(documents(script, "orders").getChanges()).isEqualTo(day);
    long version = script.state.version();
    done(script, begin.clone());
    assertThat(script.state.version()).isEqualTo(version);
    done(
        script,
        MetaCommand.newBuilder().setSetChanges(SetChanges.newBuilder().setCollection("orders")));
    assertThat(documents(script, "orders").hasChanges()).isFalse();
    begin.getSetChangesBuilder().getChangesBuilder().setRetentionMillis(0);
    invalid(script, begin, "retention_millis: 1 to");
  }
}
