package io.henge.document.patch;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.error.ErrorCode;
import io.henge.document.DocumentLimits;
import io.henge.document.Expect;
import io.henge.document.Steps;
import io.henge.document.filter.Filters;
import io.henge.document.patch.PatchFailure.Reason;
import io.henge.document.patch.PatchOperation.ArrayOrder;
import io.henge.document.patch.PatchOperation.Keep;
import io.henge.document.path.Path;
import io.henge.document.value.Json;
import io.henge.document.value.JsonArray;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PatchTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        // document | patch | outcome
        "{}|{\"set\":{\"a.b.c\":1}}|{\"a\":{\"b\":{\"c\":1}}}",
        "{\"a\":1,\"b\":2}|{\"set\":{\"a\":null}}|{\"a\":null,\"b\":2}",
        "{\"a\":[1,2]}|{\"set\":{\"a[1]\":9}}|{\"a\":[1,9]}",
        "{\"a\":[{\"b\":1}]}|{\"set\":{\"a[0].c.d\":2}}|{\"a\":[{\"b\":1,\"c\":{\"d\":2}}]}",
        "{\"a.b\":1}|{\"set\":{\"\\\"a.b\\\"\":2}}|{\"a.b\":2}",
        "{\"a\":1,\"b\":{\"c\":2}}|{\"unset\":[\"a\",\"b.c\",\"x.y\",\"a.z\"]}|{\"b\":{}}",
        "{\"a\":[1,2,3]}|{\"unset\":\"a[1]\"}|{\"a\":[1,3]}",
        "{\"a\":[1]}|{\"unset\":[\"a[7]\",\"a.b\",\"b[0]\"]}|{\"a\":[1]}",
        "{\"n\":1}|{\"inc\":{\"n\":2,\"m\":-1,\"o.p\":0.50}}|{\"n\":3,\"m\":-1,\"o\":{\"p\":0.50}}",
        "{\"n\":0.1}|{\"inc\":{\"n\":0.2}}|{\"n\":0.3}",
        "{\"n\":9223372036854775807}|{\"inc\":{\"n\":1}}|{\"n\":9223372036854775808}",
        "{\"n\":5,\"t\":\"b\"}|{\"min\":{\"n\":4,\"t\":\"c\",\"x\":1}}|{\"n\":4,\"t\":\"b\",\"x\":1}",
        "{\"n\":5,\"t\":\"b\"}|{\"max\":{\"n\":4,\"t\":\"c\",\"x\":1}}|{\"n\":5,\"t\":\"c\",\"x\":1}",
        "{\"n\":1.0}|{\"min\":{\"n\":1},\"max\":{\"n\":1.00}}|{\"n\":1.0}",
        "{}|{\"push\":{\"a\":1}}|{\"a\":[1]}",
        "{\"a\":[1]}|{\"push\":{\"a\":{\"values\":[2,[3]]}}}|{\"a\":[1,2,[3]]}",
        "{\"a\":[1,2,3]}|{\"push\":{\"a\":{\"value\":4,\"keep\":\"last 2\"}}}|{\"a\":[3,4]}",
        "{\"a\":[1,2,3]}|{\"push\":{\"a\":{\"value\":4,\"keep\":\"first 2\"}}}|{\"a\":[1,2]}",
        "{\"a\":[3,1]}|{\"push\":{\"a\":{\"value\":2,\"by\":\"@\"}}}|{\"a\":[1,2,3]}",
        "{\"a\":[3,1]}|{\"push\":{\"a\":{\"value\":2,\"by\":\"@ desc\"}}}|{\"a\":[3,2,1]}",
        "{\"a\":[1,2,1.0,\"1\",3]}|{\"pull\":{\"a\":1}}|{\"a\":[2,\"1\",3]}",
        "{\"a\":[1,2,3]}|{\"pull\":{\"a\":{\"values\":[1,3]},\"b\":1,\"a[0]\":null}}|"
            + "TYPE_CLASH a[0]",
        "{\"a\":[1,5,9]}|{\"pull\":{\"a\":{\"where\":\"@ > 1 and @ < 9\"}}}|{\"a\":[1,9]}",
        "{\"a\":[{\"s\":1},{\"s\":2}]}|{\"pull\":{\"a\":{\"where\":\"s = 1\"}}}|{\"a\":[{\"s\":2}]}",
        "{\"a\":[{\"x\":1,\"y\":2}]}|{\"addToSet\":{\"a\":{\"value\":{\"y\":2.0,\"x\":1}}}}|"
            + "{\"a\":[{\"x\":1,\"y\":2}]}",
        "{\"a\":[1]}|{\"addToSet\":{\"a\":{\"values\":[1.0,2,2]},\"b\":3}}|{\"a\":[1,2],\"b\":[3]}",
        "{\"a\":{\"b\":1,\"c\":2}}|{\"merge\":{\"a\":{\"b\":null},\"d\":3}}|{\"a\":{\"c\":2},\"d\":3}",
        "{\"a\":1}|{\"replace\":{\"b\":2}}|{\"b\":2}",
        "{\"n\":1}|[{\"inc\":{\"n\":1}},{\"set\":{\"m\":1}},{\"inc\":{\"n\":1}}]|{\"n\":3,\"m\":1}",
        "{\"a\":1}|{\"unset\":[\"a\"],\"set\":{\"a\":2}}|{\"a\":2}",
        "{\"a\":1}|{\"set\":{\"a\":2},\"unset\":[\"a\"]}|{}",
        "{\"a\":1}|{}|{\"a\":1}",
        // What does not fit.
        "{\"n\":\"1\"}|{\"inc\":{\"n\":1}}|TYPE_CLASH n",
        "{\"n\":null}|{\"inc\":{\"n\":1}}|TYPE_CLASH n",
        "{\"n\":1}|{\"min\":{\"n\":\"1\"}}|TYPE_CLASH n",
        "{\"n\":null}|{\"max\":{\"n\":1}}|TYPE_CLASH n",
        "{\"a\":{}}|{\"push\":{\"a\":1}}|TYPE_CLASH a",
        "{\"a\":1}|{\"addToSet\":{\"a\":1}}|TYPE_CLASH a",
        "{\"a\":1}|{\"set\":{\"a.b\":1}}|NO_WAY a.b",
        "{\"a\":null}|{\"set\":{\"a.b\":1}}|NO_WAY a.b",
        "{\"a\":[1]}|{\"set\":{\"a.b\":1}}|NO_WAY a.b",
        "{\"a\":{}}|{\"set\":{\"a[0]\":1}}|NO_WAY a[0]",
        "{\"a\":[1]}|{\"set\":{\"a[1]\":1}}|NO_ELEMENT a[1]",
        "{}|{\"set\":{\"a[0]\":1}}|NO_ELEMENT a[0]",
        "{\"n\":1e6144}|{\"inc\":{\"n\":1e-6144}}|NUMBER_LIMIT n",
        "{\"n\":1}|{\"set\":{\"m\":1},\"inc\":{\"m\":1,\"n.x\":1}}|NO_WAY n.x",
      })
  void shouldPatch(String document, String patchText, String expected) {
    Patch patch = Patch.parse(patchText);
    JsonObject before = Json.parseObject(document);

    PatchResult result = patch.apply(before, Steps.standard());

    if (result instanceof PatchResult.Patched patched) {
      assertThat(patched.document()).hasToString(expected);
      if (document.equals(expected)) {
        assertThat(patched.document()).isSameAs(before);
      }
    } else {
      PatchFailure failure = (PatchFailure) result;
      assertThat(failure.reason() + " " + failure.path()).isEqualTo(expected);
      assertThat(failure.message()).contains("operation").contains("nothing was changed");
      assertThat(failure.toException().code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    }
    assertThat(before).hasToString(Json.print(Json.parse(document)));
    assertThat(PatchCodec.decode(PatchCodec.encode(patch))).isEqualTo(patch);
    assertThat(Patch.parse(patch.toString())).isEqualTo(patch);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"sett\":{\"a\":1}}|\"sett\" is not known; there are set, unset",
        "[1]|patch: an object is wanted, found a number",
        "{\"set\":1}|patch: set: an object is wanted",
        "{\"set\":{\"a[]\":1}}|any element",
        "{\"set\":{\"@\":1}}|use replace or merge",
        "{\"set\":{\"a..b\":1}}|character 3",
        "{\"inc\":{\"a\":\"1\"}}|inc a: a number is wanted, found a text",
        "{\"unset\":{\"a\":1}}|a path or a list of paths",
        "{\"unset\":[1]}|a text is wanted",
        "{\"push\":{\"a\":[1]}}|write {\"value\": [...]} or {\"values\": [...]}",
        "{\"push\":{\"a\":{}}}|either value or values",
        "{\"push\":{\"a\":{\"value\":1,\"values\":[1]}}}|either value or values",
        "{\"push\":{\"a\":{\"values\":[]}}}|at least one",
        "{\"push\":{\"a\":{\"value\":1,\"kep\":\"last 2\"}}}|\"kep\" is not known",
        "{\"push\":{\"a\":{\"value\":1,\"keep\":\"last\"}}}|\"first N\" or \"last N\"",
        "{\"push\":{\"a\":{\"value\":1,\"keep\":\"last 0\"}}}|at least 1",
        "{\"push\":{\"a\":{\"value\":1,\"keep\":\"last 99999999999\"}}}|found \"last 99999999999\"",
        "{\"push\":{\"a\":{\"value\":1,\"keep\":2}}}|a text is wanted",
        "{\"push\":{\"a\":{\"value\":1,\"by\":\"x[]\"}}}|without []",
        "{\"push\":{\"a\":{\"value\":1,\"tie\":\"x\"}}}|tie without by",
        "{\"pull\":{\"a\":{\"where\":\"x = \"}}}|a value is missing",
        "{\"pull\":{\"a\":{\"where\":\"x matches \\\"a\\\"\"}}}|patterns cannot be part of a write",
        "{\"pull\":{\"a\":{\"where\":\"x = 1\",\"value\":1}}}|where stands alone",
        "{\"merge\":[]}|merge: an object is wanted, found an array",
        "{\"replace\":null}|replace: an object is wanted",
        "{\"set\":{\"a\":1},\"set\":{\"b\":1}}|appears twice",
      })
  void shouldSayWhatIsWrongWithAPatch(String patch, String what) {
    Expect.invalid(() -> Patch.parse(patch), what);
  }

  @Test
  void shouldBuildWhatIsParsed() {
    Patch built =
        Patches.set("a.b", 1)
            .inc("n", 1)
            .push("log", Map.of("at", 5), Keep.last(20), "at")
            .push("log", "x", Keep.first(3))
            .push("log", 1, 2)
            .unset("x")
            .min("lo", 1)
            .max("hi", 2)
            .pull("tags", "t")
            .pullWhere("items", Filters.eq("sku", "a"))
            .addToSet("set", 1)
            .merge(JsonObject.EMPTY)
            .replace(JsonObject.EMPTY);

    assertThat(built)
        .hasToString(
            "[{\"set\":{\"a.b\":1},\"inc\":{\"n\":1},\"push\":{\"log\":{\"value\":{\"at\":5},"
                + "\"keep\":\"last 20\",\"by\":\"at\"}}},"
                + "{\"push\":{\"log\":{\"value\":\"x\",\"keep\":\"first 3\"}}},"
                + "{\"push\":{\"log\":{\"values\":[1,2]}},\"unset\":[\"x\"],\"min\":{\"lo\":1},"
                + "\"max\":{\"hi\":2},\"pull\":{\"tags\":{\"value\":\"t\"},"
                + "\"items\":{\"where\":\"sku = \\\"a\\\"\"}},\"addToSet\":{\"set\":{\"value\":1}},"
                + "\"merge\":{},\"replace\":{}}]");
    assertThat(Patch.parse(built.toString())).isEqualTo(built);
  }

  @Test
  void shouldApplyToNothingAsToAnEmptyDocument() {
    assertThat(Patches.inc("n", 2).apply(null, Steps.standard()))
        .isEqualTo(new PatchResult.Patched(Json.parseObject("{\"n\":2}")));
  }

  /** Whatever the order of arrival, and however often something is pushed: the same end. */
  @Test
  void shouldKeepTheLastByAnOrderWhateverTheArrival() {
    ArrayOrder order = new ArrayOrder(Path.parse("at"), false, Path.parse("id"));
    List<JsonObject> entries =
        List.of(entry(5, "a"), entry(5, "b"), entry(3, "c"), entry(9, "d"), entry(5, "e"));
    List<JsonObject> shuffled = new java.util.ArrayList<>(entries);
    for (int seed = 0; seed < 50; seed++) {
      Collections.shuffle(shuffled, new java.util.Random(seed));
      JsonObject document = JsonObject.EMPTY;
      for (JsonObject entry : shuffled) {
        Patch push =
            Patch.of(
                List.of(
                    new PatchOperation.Push(
                        Path.parse("log"), List.of(entry), Keep.last(3), order)));
        document = ((PatchResult.Patched) push.apply(document, Steps.standard())).document();
      }
      assertThat(document)
          .hasToString(
              "{\"log\":[{\"at\":5,\"id\":\"b\"},{\"at\":5,\"id\":\"e\"},{\"at\":9,\"id\":\"d\"}]}");
    }
  }

  @Test
  void shouldSortElementsWithoutTheValueFirst() {
    JsonObject document = Json.parseObject("{\"a\":[{\"k\":1},5,{\"k\":null},{\"k\":\"x\"},[]]}");
    PatchResult result =
        Patch.parse("{\"push\":{\"a\":{\"value\":{\"k\":0},\"by\":\"k\"}}}")
            .apply(document, Steps.standard());
    assertThat(result.toString()).contains("[5,[],{\"k\":null},{\"k\":0},{\"k\":1},{\"k\":\"x\"}]");
  }

  private static JsonObject entry(int at, String id) {
    return JsonObject.builder().put("at", at).put("id", id).build();
  }

  @Test
  void shouldRefuseOutcomesOverTheLimits() {
    DocumentLimits limits = new DocumentLimits(200, 10_000, 5, 10, 100);
    JsonObject document = Json.parseObject("{\"a\":[1,2,3,4,5,6,7,8,9,10]}");
    assertFailure(Patches.push("a", 11), document, limits, Reason.ARRAY_TOO_LONG, "a");
    assertFailure(Patches.addToSet("a", 11), document, limits, Reason.ARRAY_TOO_LONG, "a");
    assertFailure(
        Patches.set("b", Collections.nCopies(11, 1)), document, limits, Reason.ARRAY_TOO_LONG, "");
    assertFailure(Patches.set("b", "x".repeat(200)), document, limits, Reason.TOO_LARGE, "");
    assertFailure(Patches.set("b.c.d.e.f.g", 1), document, limits, Reason.TOO_DEEP, "");
    PatchResult result =
        Patches.push("a", 11, Keep.last(10)).apply(document, Steps.standard(), limits);
    assertThat(result).isInstanceOf(PatchResult.Patched.class);
  }

  private static void assertFailure(
      Patch patch, JsonObject document, DocumentLimits limits, Reason reason, String path) {
    PatchFailure failure = (PatchFailure) patch.apply(document, Steps.standard(), limits);
    assertThat(failure.reason()).isEqualTo(reason);
    assertThat(failure.path()).isEqualTo(path);
    assertThat(failure.message()).contains("the limit is");
    assertThat(Reason.of(reason.number())).isEqualTo(reason);
  }

  @Test
  void shouldStopWhenStepsAreUsedUp() {
    JsonArray many = JsonArray.of(Collections.nCopies(50_000, JsonNumber.of(1)));
    JsonObject document = JsonObject.of(Map.of("a", many));
    Patch patch = Patches.none();
    for (int i = 0; i < 200; i++) {
      patch = patch.addToSet("a", -i - 1);
    }
    PatchFailure failure = (PatchFailure) patch.apply(document, Steps.standard());
    assertThat(failure.reason()).isEqualTo(Reason.TOO_EXPENSIVE);
    assertThat(failure.operation()).isPositive();
  }

  @Test
  void shouldBoundPatches() {
    Patch[] patch = {Patches.none()};
    for (int i = 0; i < DocumentLimits.PATCH_OPERATIONS_MAX; i++) {
      patch[0] = patch[0].inc("n", 1);
    }
    Expect.invalid(() -> patch[0].inc("n", 1), "1001 operations", "the limit is 1000");
    assertThat(patch[0].apply(null, Steps.standard()))
        .isEqualTo(new PatchResult.Patched(Json.parseObject("{\"n\":1000}")));
  }

  /** What the form of a patch wraps around a value is no part of the document. */
  @Test
  void shouldTakeValuesAsDeepAsDocumentsMayBe() {
    int most = DocumentLimits.DEFAULT.depthMax();
    String deepest = "[".repeat(most - 1) + "]".repeat(most - 1);
    String tooDeep = "[" + deepest + "]";
    JsonObject empty = JsonObject.EMPTY;
    for (String form :
        new String[] {"{\"set\":{\"a\":%s}}", "[{\"set\":{\"a\":%s}}]", "{\"merge\":{\"a\":%s}}"}) {
      assertThat(
              Patch.parse(form.formatted(deepest))
                  .apply(empty, Steps.standard(), DocumentLimits.DEFAULT))
          .isInstanceOf(PatchResult.Patched.class);
      assertThat(
              Patch.parse(form.formatted(tooDeep))
                  .apply(empty, Steps.standard(), DocumentLimits.DEFAULT))
          .isInstanceOfSatisfying(
              PatchFailure.class,
              failure -> assertThat(failure.reason()).isEqualTo(PatchFailure.Reason.TOO_DEEP));
    }
    String pushed = deepest.substring(1, deepest.length() - 1);
    assertThat(
            Patch.parse("[{\"push\":{\"a\":{\"values\":[" + pushed + "]}}}]")
                .apply(empty, Steps.standard(), DocumentLimits.DEFAULT))
        .isInstanceOf(PatchResult.Patched.class);
  }
}
