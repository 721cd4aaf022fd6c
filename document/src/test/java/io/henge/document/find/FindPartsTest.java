package io.henge.document.find;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.HengeException;
import io.henge.document.Steps;
import io.henge.document.path.Path;
import io.henge.document.path.PathReader;
import io.henge.document.value.Json;
import io.henge.document.value.JsonValue;
import java.math.BigDecimal;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

@NullUnmarked
class FindPartsTest {
  @Test
  void shouldTakePartsOfADocument() {
    String json = "{\"a\":{\"b\":1,\"c\":[{\"d\":2}]},\"e\":null,\"f\":3}";
    assertThat(Projection.of(List.of("e", "a.c", "a.b", "x", "f.g")).of(Json.parseObject(json)))
        .hasToString("{\"e\":null,\"a\":{\"c\":[{\"d\":2}],\"b\":1}}");
    assertThat(Projection.of(List.of()).of(Json.parseObject(json))).hasToString(json);
    assertThat(Projection.of(List.of()).isAll()).isTrue();
  }

  @Test
  void shouldTakePartsOfElements() {
    String json =
        "{\"lines\":[{\"sku\":\"a\",\"n\":1,\"x\":{\"y\":[[1,2],[3]]}},7,{\"n\":2},{\"sku\":\"b\",\"n\":3}],"
            + "\"tags\":[\"p\",\"q\",\"r\"],\"none\":[]}";
    assertPart(json, "{\"lines\":[{\"sku\":\"a\"},{\"sku\":\"b\"}]}", "lines[].sku");
    assertPart(
        json,
        "{\"lines\":[{\"n\":1,\"sku\":\"a\"},{\"n\":2},{\"n\":3,\"sku\":\"b\"}]}",
        "lines[].n",
        "lines[].sku");
    assertPart(json, "{\"lines\":[{\"sku\":\"a\"}]}", "lines[0].sku");
    assertPart(json, "{\"lines\":[{\"n\":1},{\"sku\":\"b\"}]}", "lines[3].sku", "lines[0].n");
    assertPart(json, "{\"lines\":[7]}", "lines[1]");
    assertPart(
        json,
        "{\"tags\":[\"q\"],\"lines\":[{\"x\":{\"y\":[[1],[3]]}}]}",
        "tags[1]",
        "lines[].x.y[][0]");
    assertPart(json, "{\"tags\":[\"p\",\"q\",\"r\"]}", "tags[]", "none[]", "tags[].x", "lines[9]");
    assertPart(json, "{\"tags\":[\"p\",\"q\",\"r\"]}", "tags[1]", "tags", "none[0]", "lines.sku");
  }

  private static void assertPart(String json, String part, String... paths) {
    assertThat(Projection.of(List.of(paths)).of(Json.parseObject(json))).hasToString(part);
  }

  @Test
  void shouldRefuseWhatIsNoPart() {
    for (String path : List.of("@", "[0]", "[]", "a..b", "a[-1]")) {
      assertThatThrownBy(() -> Projection.of(List.of(path))).isInstanceOf(HengeException.class);
    }
    assertThatThrownBy(() -> Projection.of(List.of("[0].a")))
        .hasMessageContaining("like address.city, lines[0] or lines[].sku, found [0].a");
    assertThatThrownBy(() -> Projection.of(List.of("a.b[2].c", "a.b[].d")))
        .hasMessageContaining("elements of a.b by [] or by index expected, found both");
    assertThatThrownBy(() -> Projection.of(Collections.nCopies(257, "a")))
        .hasMessageContaining("at most 256 paths allowed, found 257");
  }

  @Test
  void shouldPutDocumentsWithoutAValueFirst() {
    SortOrder order =
        SortOrder.of(
            List.of(
                new SortOrder.Field(Path.parse("a"), false),
                new SortOrder.Field(Path.parse("b[]"), true)));
    assertThat(compare(order, "{}", "{\"a\":null}")).isNegative();
    assertThat(compare(order, "{\"a\":null}", "{\"a\":1}")).isNegative();
    assertThat(compare(order, "{\"a\":1.0}", "{\"a\":1}")).isZero();
    assertThat(compare(order, "{\"a\":1,\"b\":[2,9]}", "{\"a\":1,\"b\":[3]}")).isPositive();
    assertThat(compare(order, "{\"a\":1,\"b\":[]}", "{\"a\":1,\"b\":[3]}")).isPositive();
    assertThatThrownBy(() -> SortOrder.of(List.of())).hasMessageContaining("1 to 8 paths");
  }

  private static int compare(SortOrder order, String left, String right) {
    return order.compare(values(order, left), values(order, right));
  }

  private static List<JsonValue> values(SortOrder order, String json) {
    return order.values(PathReader.of(Json.parseObject(json)), Steps.standard());
  }

  @Test
  void shouldTakeAllValuesThatAPathThroughArraysLeadsTo() {
    Totals totals = new Totals();
    for (String json :
        List.of(
            "{\"l\": [{\"n\": 1}, {\"n\": 2.5}, {\"m\": 9}, {\"n\": \"x\"}]}",
            "{\"l\": [{\"n\": -3}]}",
            "{\"l\": []}",
            "{}")) {
      totals.add(PathReader.of(Json.parseObject(json)), Path.parse("l[].n"), Steps.standard());
    }
    assertThat(totals.count()).isEqualTo(2);
    assertThat(totals.numbers()).isEqualTo(3);
    assertThat(totals.sum()).isEqualByComparingTo("0.5");
    assertThat(totals.min()).hasToString("-3");
    assertThat(totals.max()).hasToString("\"x\"");
  }

  @Test
  void shouldAddExactly() {
    Totals totals = new Totals();
    for (String json :
        List.of(
            "{\"n\":0.1}", "{\"n\":0.2}", "{\"n\":1e30}", "{\"n\":\"x\"}", "{\"n\":null}", "{}")) {
      totals.add(PathReader.of(Json.parseObject(json)), Path.parse("n"), Steps.standard());
    }
    assertThat(totals.count()).isEqualTo(5);
    assertThat(totals.numbers()).isEqualTo(3);
    assertThat(totals.sum()).isEqualByComparingTo("1000000000000000000000000000000.3");
    assertThat(totals.min()).hasToString("null");
    assertThat(totals.max()).hasToString("\"x\"");
    Totals more = new Totals();
    more.add(2, 1, new BigDecimal("0.7"), JsonValue.of(false), JsonValue.of(5));
    more.add(totals.count(), totals.numbers(), totals.sum(), totals.min(), totals.max());
    assertThat(more.sum()).isEqualByComparingTo("1000000000000000000000000000001");
    assertThat(more.average()).isEqualByComparingTo("250000000000000000000000000000.25");
    assertThat(more.min()).hasToString("null");
    assertThat(new Totals().average()).isNull();
  }
}
