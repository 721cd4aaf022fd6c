package io.henge.document.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.testing.Seed;
import io.henge.document.RandomJson;
import io.henge.document.Steps;
import io.henge.document.path.Path;
import io.henge.document.path.PathReader;
import io.henge.document.value.Json;
import io.henge.document.value.JsonArray;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonText;
import io.henge.document.value.JsonValue;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IndexKeysTest {
  private final Random random = Seed.random("IndexKeysTest");
  private final RandomJson json = new RandomJson(random);

  @Test
  void shouldOrderAsValuesAreOrdered() {
    int equal = 0;
    int cut = 0;
    for (int i = 0; i < 60_000; i++) {
      JsonValue left = someValue();
      JsonValue right = random.nextInt(4) == 0 ? near(left) : someValue();
      boolean descending = random.nextBoolean();
      byte[] a = IndexKeys.encode(left, descending);
      byte[] b = IndexKeys.encode(right, descending);
      int expected = Integer.signum(left.compareTo(right)) * (descending ? -1 : 1);
      int found = Integer.signum(Arrays.compareUnsigned(a, b));
      if (expected == 0) {
        equal++;
        assertThat(a).as("%s and %s", left, right).isEqualTo(b);
      } else if (IndexKeys.isCut(a, descending) && IndexKeys.isCut(b, descending)) {
        cut++;
        assertThat(found).as("%s and %s", left, right).isIn(0, expected);
      } else {
        assertThat(found).as("%s and %s", left, right).isEqualTo(expected);
      }
      // Whatever follows: the values are told apart before it.
      if (expected != 0 && found != 0) {
        byte[] longer = with(a, random.nextInt(256));
        assertThat(Integer.signum(Arrays.compareUnsigned(longer, with(b, random.nextInt(256)))))
            .isEqualTo(expected);
      }
      assertThat(OrderedCodec.end(with(a, random.nextInt(256)), 0, descending)).isEqualTo(a.length);
    }
    assertThat(equal).isGreaterThan(500);
    assertThat(cut).isGreaterThan(500);
  }

  @Test
  void shouldPutNoValueBeforeAllValues() {
    byte[] none = IndexKeys.encode(null, false);
    for (int i = 0; i < 1000; i++) {
      assertThat(Arrays.compareUnsigned(none, IndexKeys.encode(someValue(), false))).isNegative();
    }
  }

  /** What is stored never changes. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "none | 02",
        "null | 03",
        "false | 04",
        "true | 05",
        "0 | 0602",
        "-0.00 | 0602",
        "1 | 060340010b00",
        "1.0 | 060340010b00",
        "-1.5 | 0601bffeefff",
        "120 | 060340030d00",
        "0.0123456 | 06033fff0d233900",
        "1e6144 | 060358010b00",
        "-9223372036854775808 | 0601bfeca2e7d9eadaa9cfb3aeaeff",
        "\"\" | 070001",
        "\"a\\u0000b\" | 076100ff620001",
        "\"é\" | 07c3a90001",
        "[] | 0800ff0001",
        "[1,\"a\"] | 08060340010b00ff076100ff0100ff0001",
        "{\"b\":null,\"a\":[]} | 09076100ff010800ff076200ff010300ff0001",
      })
  void shouldKeepItsBytes(String text, String hex) {
    JsonValue value = text.equals("none") ? null : Json.parse(text);
    byte[] ascending = IndexKeys.encode(value, false);
    assertThat(HexFormat.of().formatHex(ascending)).isEqualTo(hex);
    byte[] descending = IndexKeys.encode(value, true);
    for (int i = 0; i < ascending.length; i++) {
      assertThat(descending[i]).isEqualTo((byte) ~ascending[i]);
    }
  }

  @Test
  void shouldCutWhatIsLong() {
    byte[] exact = IndexKeys.encode(new JsonText("x".repeat(256)), false);
    byte[] longer = IndexKeys.encode(new JsonText("x".repeat(257)), false);
    assertThat(exact).hasSize(259).endsWith(0, 1);
    assertThat(longer).hasSize(259).endsWith(0, 2);
    assertThat(IndexKeys.encode(new JsonText("x".repeat(256) + "z"), false)).isEqualTo(longer);
    assertThat(IndexKeys.isCut(exact, false)).isFalse();
    assertThat(IndexKeys.isCut(longer, false)).isTrue();
  }

  @Test
  void shouldHaveARowForEachCombinationOfElements() {
    IndexKeys keys =
        IndexKeys.of(
            List.of(
                new IndexKeys.Field(Path.parse("tags[]"), false),
                new IndexKeys.Field(Path.parse("n"), true),
                new IndexKeys.Field(Path.parse("items[].p"), false)));
    assertThat(
            rows(keys, "{\"tags\":[\"b\",\"a\",\"b\"],\"n\":1,\"items\":[{\"p\":1},{},{\"p\":2}]}"))
        .hasSize(4)
        .contains(
            hex(new JsonText("a"), false)
                + hex(JsonNumber.of(1), true)
                + hex(JsonNumber.of(2), false));
    assertThat(rows(keys, "{}"))
        .containsExactly(hex(null, false) + hex(null, true) + hex(null, false));
    StringBuilder many = new StringBuilder();
    for (int i = 0; i < 64; i++) {
      many.append(i == 0 ? "" : ",").append(i);
    }
    assertThat(rows(keys, "{\"tags\":[" + many + "]}")).hasSize(64);
    assertThat(rows(keys, "{\"tags\":[" + many + ",64]}")).isNull();
    assertThat(rows(keys, "{\"tags\":[" + many + "],\"items\":[{\"p\":1},{\"p\":2}]}")).isNull();
  }

  private static @Nullable List<String> rows(IndexKeys keys, String document) {
    List<byte[]> rows = keys.rows(PathReader.of(Json.parse(document)), Steps.standard());
    if (rows == null) {
      return null;
    }
    for (byte[] row : rows) {
      assertThat(keys.end(with(row, 3), 0)).isEqualTo(row.length);
    }
    return rows.stream().map(HexFormat.of()::formatHex).toList();
  }

  private static String hex(@Nullable JsonValue value, boolean descending) {
    return HexFormat.of().formatHex(IndexKeys.encode(value, descending));
  }

  private JsonValue someValue() {
    return switch (random.nextInt(8)) {
      case 0, 1 -> someNumber();
      case 2 -> new JsonText("x".repeat(250 + random.nextInt(10)) + json.text());
      case 3 ->
          JsonArray.of(List.of(new JsonText("y".repeat(200 + random.nextInt(60))), json.value(1)));
      default -> json.value(3);
    };
  }

  private JsonNumber someNumber() {
    int digits = random.nextInt(6) == 0 ? 400 + random.nextInt(600) : 1 + random.nextInt(6);
    StringBuilder text = new StringBuilder(random.nextBoolean() ? "-" : "");
    for (int i = 0; i < digits; i++) {
      // Long runs of one digit: so that long numbers begin alike.
      text.append((char) ('0' + (digits > 10 && random.nextInt(300) > 0 ? 7 : random.nextInt(10))));
    }
    int scale = random.nextInt(3) == 0 ? random.nextInt(12_000) - 6_000 : random.nextInt(9) - 4;
    return JsonNumber.of(new BigDecimal(new BigInteger(text.toString()), scale));
  }

  /** The same, or a little more. */
  private JsonValue near(JsonValue value) {
    if (value instanceof JsonNumber number) {
      BigDecimal decimal = number.decimal();
      JsonNumber near =
          JsonNumber.ofOrNull(
              random.nextBoolean()
                  ? decimal.setScale(Math.min(6_144, decimal.scale() + 2))
                  : decimal.add(
                      BigDecimal.ONE.movePointLeft(
                          Math.max(-5_000, Math.min(5_000, decimal.scale())))));
      return near == null ? value : near;
    }
    if (value instanceof JsonText text) {
      return new JsonText(
          text.value() + (random.nextBoolean() ? "" : random.nextBoolean() ? "\u0000" : "a"));
    }
    if (value instanceof JsonArray array) {
      List<JsonValue> more = new ArrayList<>();
      array.forEach(more::add);
      more.add(json.value(1));
      return JsonArray.of(more);
    }
    return value;
  }

  private static byte[] with(byte[] bytes, int more) {
    byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
    longer[bytes.length] = (byte) more;
    return longer;
  }
}
