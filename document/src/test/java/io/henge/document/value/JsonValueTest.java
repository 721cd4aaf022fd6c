package io.henge.document.value;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.testing.Seed;
import io.henge.document.Expect;
import io.henge.document.RandomJson;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class JsonValueTest {
  @Test
  void shouldOrderAllTypes() {
    List<String> ordered =
        List.of(
            "null",
            "false",
            "true",
            "-1e6144",
            "-1",
            "-0.5",
            "0",
            "1e-6144",
            "1",
            "1.5",
            "2",
            "9223372036854775807",
            "9223372036854775808",
            "1e6144",
            "\"\"",
            "\"a\"",
            "\"aa\"",
            "\"b\"",
            "\"\u00e9\"",
            "\"\uE000\"",
            "\"\uFFFD\"",
            "\"\uD800\uDC00\"",
            "[]",
            "[null]",
            "[1]",
            "[1,0]",
            "[2]",
            "{}",
            "{\"a\":1}",
            "{\"a\":1,\"b\":0}",
            "{\"a\":2}",
            "{\"b\":0}");
    for (int i = 0; i < ordered.size(); i++) {
      for (int j = 0; j < ordered.size(); j++) {
        JsonValue left = Json.parse(ordered.get(i));
        JsonValue right = Json.parse(ordered.get(j));
        assertThat(Integer.signum(left.compareTo(right)))
            .as(left + " to " + right)
            .isEqualTo(Integer.compare(i, j));
      }
    }
  }

  @Test
  void shouldTellSameFromEqual() {
    assertThat(Json.parse("1.50").sameAs(Json.parse("1.5"))).isTrue();
    assertThat(Json.parse("1.50")).isNotEqualTo(Json.parse("1.5"));
    assertThat(Json.parse("1e3").sameAs(Json.parse("1000"))).isTrue();
    JsonValue ab = Json.parse("{\"a\":1,\"b\":2}");
    JsonValue ba = Json.parse("{\"b\":2.0,\"a\":1}");
    assertThat(ab.sameAs(ba)).isTrue();
    assertThat(ab).isNotEqualTo(ba);
  }

  @Test
  void shouldKeepAnOrderOverRandomValues() {
    Random random = Seed.random("JsonValueTest");
    RandomJson json = new RandomJson(random);
    List<JsonValue> values = new ArrayList<>();
    for (int i = 0; i < 150; i++) {
      values.add(json.value(3));
    }
    for (JsonValue a : values) {
      for (JsonValue b : values) {
        int comparison = Integer.signum(a.compareTo(b));
        assertThat(Integer.signum(b.compareTo(a))).isEqualTo(-comparison);
        if (a.equals(b)) {
          assertThat(comparison).isZero();
          assertThat(a).hasSameHashCodeAs(b);
        }
        for (JsonValue c : values.subList(0, 40)) {
          if (comparison <= 0 && b.compareTo(c) <= 0) {
            assertThat(a.compareTo(c)).as(a + " " + b + " " + c).isNotPositive();
          }
        }
      }
    }
  }

  @Test
  void shouldOrderTextsAsTheirBytes() {
    RandomJson json = new RandomJson(Seed.random("JsonValueTest texts"));
    for (int i = 0; i < 20_000; i++) {
      String a = json.text();
      String b = json.text();
      assertThat(Integer.signum(TextOrder.compare(a, b)))
          .isEqualTo(
              Integer.signum(
                  Arrays.compareUnsigned(
                      a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8))));
    }
  }

  @Test
  void shouldAddExactly() {
    assertThat(sum("1.50", "2")).hasToString("3.50");
    assertThat(sum("0.1", "0.2")).hasToString("0.3");
    assertThat(sum("9223372036854775807", "1")).hasToString("9223372036854775808");
    assertThat(sum("9223372036854775808", "-1")).isEqualTo(JsonNumber.of(Long.MAX_VALUE));
    assertThat(sum("1e6144", "1e-6144")).isNull();
  }

  private static @Nullable JsonNumber sum(String a, String b) {
    return ((JsonNumber) Json.parse(a)).plus((JsonNumber) Json.parse(b));
  }

  @Test
  void shouldFindMembersOfObjectsOfAllSizes() {
    Random random = Seed.random("JsonValueTest members");
    for (int size : new int[] {0, 1, 8, 9, 10, 100}) {
      Map<String, Integer> expected = new LinkedHashMap<>();
      while (expected.size() < size) {
        expected.put("n" + random.nextInt(1_000_000), random.nextInt());
      }
      JsonObject object = JsonObject.of(expected);
      expected.forEach(
          (name, value) -> assertThat(object.get(name)).isEqualTo(JsonValue.of(value)));
      assertThat(object.names()).containsExactlyElementsOf(expected.keySet());
      assertThat(object.get("absent")).isNull();
      assertThat(object.with("new", JsonNull.NULL).without("new")).isEqualTo(object);
      assertThat(object.with("new", JsonNull.NULL).size()).isEqualTo(size + 1);
    }
    Expect.invalid(() -> JsonObject.builder().put("a", 1).put("a", 2), "\"a\" appears twice");
  }

  @Test
  void shouldTakeJavaValues() {
    assertThat(
            JsonValue.of(
                Arrays.asList(
                    null,
                    true,
                    1,
                    2L,
                    (short) 3,
                    1.5,
                    0.1f,
                    new BigDecimal("1.50"),
                    "x",
                    'c',
                    Thread.State.NEW,
                    Map.of("a", List.of()),
                    new int[] {1, 2})))
        .hasToString("[null,true,1,2,3,1.5,0.1,1.50,\"x\",\"c\",\"NEW\",{\"a\":[]},[1,2]]");
    Expect.invalid(() -> JsonValue.of(new Object()), "java.lang.Object");
    Expect.invalid(() -> JsonValue.of(Map.of(1, 2)), "texts");
    Expect.invalid(() -> new JsonText("\uD800"), "surrogate");
    List<Object> endless = new ArrayList<>();
    endless.add(endless);
    Expect.invalid(() -> JsonValue.of(endless), "deeper");
  }
}
