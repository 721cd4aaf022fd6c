package io.henge.document.value;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.testing.Seed;
import io.henge.document.DocumentLimits;
import io.henge.document.Expect;
import io.henge.document.RandomJson;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
  private static final JsonMapper JACKSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .build();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "true",
        "false",
        "0",
        "-1",
        "1.50",
        "0.0",
        "1E+3",
        "1.5E-7",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "123456789012345678901234567890.123456789",
        "\"\"",
        "\"a\\\"b\\\\c\\n\\u0000\"",
        "\"gr\u00fc\u00df \uD83D\uDE00\"",
        "[]",
        "{}",
        "[1,[2,{\"a\":[]}],null]",
        "{\"b\":1,\"a\":{\"c\":[true,false]},\"\":0}",
        "0E-6144",
        "1E+6144"
      })
  void shouldPrintWhatItParsed(String text) {
    JsonValue value = Json.parse(text);

    assertThat(Json.print(value)).isEqualTo(text);
    assertThat(Json.parse(text.getBytes(StandardCharsets.UTF_8))).isEqualTo(value);
    assertThat(Json.parse(Json.pretty(value))).isEqualTo(value);
    assertThat(Json.bytes(value)).isEqualTo(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void shouldPrintPrettily() {
    assertThat(Json.pretty(Json.parse("{\"a\":[1,{}],\"b\":[]}")))
        .isEqualTo("{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}");
  }

  @Test
  void shouldReadEscapes() {
    assertThat(Json.parse(" \"\\u00e9\\ud83d\\ude00\\/\\b\\f\\t\\r\" "))
        .isEqualTo(new JsonText("\u00e9\uD83D\uDE00/\b\f\t\r"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"a\":1,}|line 1, column 8|name of a member",
        "[1 2]|line 1, column 4|','",
        "{\"a\" 1}|column 6|':'",
        "{\"a\":1} x|column 9|text after the value",
        "[1,]|column 4|value is missing",
        "{\"a\":1,\"b\":2,\"a\":3}|column 14|\"a\" appears twice",
        "NaN|column 1|NaN",
        "[Infinity]|column 2|Infinity",
        "nul|column 1|did you mean null",
        "01|column 1|needless 0",
        "1.|column 3|digit is missing",
        "-|column 2|digit is missing",
        "+1|column 1|value is missing",
        "1e|column 3|digits of an exponent",
        "1e999999999|column 1|-6144 and 6144",
        "1e-99999999999999999999|column 1|limits are",
        "[1E6145]|column 2|exponent 6145",
        "\"abc|column 5|closing quote",
        "\"\\x\"|column 2|escape",
        "\"\\u12g4\"|column 2|four hexadecimal",
        "\"\\ud800\"|column 2|half a surrogate pair",
        "\"\\ud800\\u0041\"|column 2|half a surrogate pair",
        "\"\\udc00\\ud800\"|column 2|half a surrogate pair",
        "`\"a\tb\"`|column 3|control character",
        "'a'|column 1|value is missing",
        "[1,\\u0020 2]|column 4|missing",
        "// x|column 1|missing",
      })
  void shouldSayWhereAndWhatIsWrong(String text, String where, String what) {
    Expect.invalid(() -> Json.parse(text), where, what);
  }

  @Test
  void shouldSayWhatIsWrongWithEmptyAndOddTexts() {
    Expect.invalid(() -> Json.parse(""), "line 1, column 1", "the text ends");
    Expect.invalid(() -> Json.parse("{\n  \"a\": 1,\n  b\n}"), "line 3, column 3");
    Expect.invalid(() -> Json.parse("\uFEFF{}"), "byte order mark");
    Expect.invalid(() -> Json.parse("\"\uD800\""), "half a surrogate pair");
    Expect.invalid(() -> Json.parse("\"x\uDC00y\""), "column 3", "half a surrogate pair");
    Expect.invalid(() -> Json.parse(new byte[] {'"', (byte) 0xC0, (byte) 0x80, '"'}), "UTF-8");
    Expect.invalid(
        () -> Json.parse(new byte[] {'"', (byte) 0xED, (byte) 0xA0, (byte) 0x80, '"'}), "UTF-8");
    Expect.invalid(() -> Json.parseObject("[1]"), "a document is an object, found an array");
    assertThat(Json.parse("\"\uFFFD\"".getBytes(StandardCharsets.UTF_8)))
        .isEqualTo(new JsonText("\uFFFD"));
  }

  @Test
  void shouldSurviveGreatDepth() {
    int depth = DocumentLimits.DEFAULT.depthMax();
    assertThat(Json.parse("[".repeat(depth) + "]".repeat(depth)).depth()).isEqualTo(depth);
    Expect.invalid(
        () -> Json.parse("[".repeat(depth + 1) + "]".repeat(depth + 1)),
        "101 deep",
        "the limit is 100");
    Expect.invalid(() -> Json.parse("[".repeat(100_000)), "column 101", "the limit is 100");
    Expect.invalid(() -> Json.parse("{\"a\":".repeat(100_000)), "the limit is 100");
  }

  @Test
  void shouldRefuseLargeTextsAndManyValues() {
    Expect.invalid(() -> Json.parse(new byte[17 << 20]), "17825792 bytes", "the limit is 8388608");
    Expect.invalid(
        () -> Json.parse("[" + "1,".repeat(100_000) + "1]"), "array of more than 100000 elements");
    String chunk = "[" + "1,".repeat(99_999) + "1],";
    Expect.invalid(() -> Json.parse("[" + chunk.repeat(20) + "1]"), "more than 1048576 values");
  }

  @Test
  void shouldBoundNumbers() {
    String digits = "1".repeat(DocumentLimits.NUMBER_DIGITS_MAX);
    assertThat(Json.print(Json.parse(digits))).isEqualTo(digits);
    assertThat(Json.parse("0." + "0".repeat(5_000) + "1")).isInstanceOf(JsonNumber.class);
    Expect.invalid(() -> Json.parse(digits + "1"), "1001 digits", "the limit is 1000");
    Expect.invalid(() -> Json.parse("1".repeat(1_000_000)), "1000000 digits");
    Expect.invalid(() -> Json.parse("0." + "0".repeat(6_144) + "1"), "exponent -6145");
    Expect.invalid(() -> JsonNumber.of(new BigDecimal("1e7000")), "exponent 7000");
    Expect.invalid(() -> JsonValue.of(Double.NaN), "NaN");
  }

  @Test
  void shouldKeepLongsAsLongs() {
    assertThat(((JsonNumber) Json.parse("9223372036854775807")).longValue())
        .isEqualTo(Long.MAX_VALUE);
    assertThat(((JsonNumber) Json.parse("-9223372036854775808")).longValue())
        .isEqualTo(Long.MIN_VALUE);
    assertThat(((JsonNumber) Json.parse("1.0")).isLong()).isFalse();
    assertThat(((JsonNumber) Json.parse("9223372036854775808")).isLong()).isFalse();
    assertThat(Json.parse("-0")).isEqualTo(JsonNumber.of(0));
  }

  /** A second opinion: what Jackson takes and what it reads. */
  @Test
  void shouldAgreeWithJacksonOnDamagedTexts() throws IOException {
    Random random = Seed.random("JsonTest");
    RandomJson json = new RandomJson(random);
    String alphabet = "{}[]\",:\\u0123456789.eE+-truefalsn \n\u00e9a";
    int accepted = 0;
    for (int i = 0; i < 20_000; i++) {
      JsonValue value = json.value(4);
      StringBuilder text =
          new StringBuilder(random.nextBoolean() ? Json.print(value) : Json.pretty(value));
      int damages = random.nextInt(4);
      for (int d = 0; d < damages && text.length() > 0; d++) {
        int at = random.nextInt(text.length());
        char c = alphabet.charAt(random.nextInt(alphabet.length()));
        switch (random.nextInt(3)) {
          case 0 -> text.setCharAt(at, c);
          case 1 -> text.insert(at, c);
          default -> text.deleteCharAt(at);
        }
      }
      accepted += compareWithJackson(text.toString()) ? 1 : 0;
    }
    assertThat(accepted).isBetween(5_000, 19_999);
  }

  private static boolean compareWithJackson(String text) throws IOException {
    JsonValue ours;
    try {
      ours = Json.parse(text);
    } catch (HengeException e) {
      assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
      // Limits of numbers and half surrogate pairs are ours alone; and of a hexadecimal digit
      // Jackson looks at the lower byte only.
      if (!String.valueOf(e.getMessage()).matches("(?s).*(limit|surrogate|hexadecimal).*")) {
        assertThat(jacksonTakes(text)).as(text + "\n" + e.getMessage()).isFalse();
      }
      return false;
    }
    assertThat(jacksonTakes(text)).as(text).isTrue();
    assertThat(JsonValue.of(JACKSON.readValue(text, Object.class)).sameAs(ours)).as(text).isTrue();
    return true;
  }

  private static boolean jacksonTakes(String text) {
    try {
      JACKSON.readValue(text, Object.class);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void shouldFailInOneWayOnRandomBytes() {
    Random random = Seed.random("JsonTest bytes");
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[random.nextInt(30)];
      random.nextBytes(bytes);
      try {
        Json.parse(bytes);
      } catch (HengeException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
      }
    }
  }
}
