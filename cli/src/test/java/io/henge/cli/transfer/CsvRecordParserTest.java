package io.henge.cli.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.HengeException;
import io.henge.document.value.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CsvRecordParserTest {
  private static CsvOptions options(
      char escape, List<String> nulls, boolean skip, Map<String, ColumnType> types, boolean infer) {
    return new CsvOptions(
        List.of(), ',', escape, nulls, skip, types, infer ? ColumnType.INFER : ColumnType.TEXT);
  }

  private static String parse(CsvOptions options, List<String> names, String record) {
    return Json.print(
        new CsvRecordParser(options, names).parse(record.getBytes(StandardCharsets.UTF_8)));
  }

  private static String parse(CsvOptions options, String record) {
    return parse(options, List.of("a", "b"), record);
  }

  @Test
  void shouldTakeTextAsItIsUnlessToldOtherwise() {
    assertThat(parse(CsvOptions.DEFAULT, " 007,true")).isEqualTo("{\"a\":\" 007\",\"b\":\"true\"}");
    assertThat(parse(CsvOptions.DEFAULT, "\"x,\"\"y\"\"\nz\",b\"c"))
        .isEqualTo("{\"a\":\"x,\\\"y\\\"\\nz\",\"b\":\"b\\\"c\"}");
    assertThat(parse(CsvOptions.DEFAULT, "\\N,\"C:\\new\""))
        .isEqualTo("{\"a\":\"\\\\N\",\"b\":\"C:\\\\new\"}");
  }

  @Test
  void shouldTellNullFromText() {
    assertThat(parse(CsvOptions.DEFAULT, ",\"\"")).isEqualTo("{\"a\":null,\"b\":\"\"}");
    CsvOptions given = options('\\', List.of("\\N", "NA"), false, Map.of(), false);
    assertThat(parse(given, "\\N,\"\\N\"")).isEqualTo("{\"a\":null,\"b\":\"N\"}");
    assertThat(parse(given, "NA,")).isEqualTo("{\"a\":null,\"b\":\"\"}");
    CsvOptions skipping = options('\0', List.of(""), true, Map.of(), false);
    assertThat(parse(skipping, ",x")).isEqualTo("{\"b\":\"x\"}");
    assertThat(parse(skipping, List.of("a.x", "b"), ",x")).isEqualTo("{\"b\":\"x\"}");
  }

  @Test
  void shouldReadEscapesWithinQuotes() {
    CsvOptions given = options('\\', List.of("\\N"), false, Map.of(), false);
    assertThat(parse(given, "\"ST MARY\\'S \\\"x\\\" \"\"y\"\"\",\"\\\\\""))
        .isEqualTo("{\"a\":\"ST MARY'S \\\"x\\\" \\\"y\\\"\",\"b\":\"\\\\\"}");
    assertThat(parse(given, "\"a\\nb\\tc\\,\",a\\b"))
        .isEqualTo("{\"a\":\"a\\nb\\tc,\",\"b\":\"a\\\\b\"}");
  }

  @Test
  void shouldGiveColumnsTheirTypes() {
    CsvOptions given =
        options(
            '\0',
            List.of(""),
            false,
            Map.of("a", ColumnType.NUMBER, "b", ColumnType.BOOLEAN),
            false);
    assertThat(parse(given, "007.50,Y")).isEqualTo("{\"a\":7.50,\"b\":true}");
    assertThat(parse(given, "\"-1\",off")).isEqualTo("{\"a\":-1,\"b\":false}");
    assertThat(parse(given, "12345678901234567890.123456789,0"))
        .isEqualTo("{\"a\":12345678901234567890.123456789,\"b\":false}");
    assertThat(
            parse(
                options('\0', List.of(), false, Map.of("a", ColumnType.JSON), false),
                "\"{\"\"x\"\":[1,2.50]}\",t"))
        .isEqualTo("{\"a\":{\"x\":[1,2.50]},\"b\":\"t\"}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "1.50|1.50",
        "-0|0",
        "1e3|1E+3",
        "true|true",
        "007|\"007\"",
        "1.|\"1.\"",
        "+1|\"+1\"",
        "1e999999|\"1e999999\"",
        "\"1\"|\"1\"",
        "2B|\"2B\"",
        "True|\"True\"",
        "NaN|\"NaN\""
      })
  void shouldInferOnlyWhatJsonWritesLikeThat(String field, String expected) {
    assertThat(parse(options('\0', List.of(""), false, Map.of(), true), List.of("a"), field))
        .isEqualTo("{\"a\":" + expected + "}");
  }

  @Test
  void shouldMakeObjectsOfNamesWithDots() {
    assertThat(
            parse(
                CsvOptions.DEFAULT,
                List.of("id", "at.city", "", "at.zip", "first name"),
                "1,Rome,x,00100,Ann"))
        .isEqualTo(
            "{\"id\":\"1\",\"at\":{\"city\":\"Rome\",\"zip\":\"00100\"},\"first name\":\"Ann\"}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "1|CSV: 2 fields expected, found 1",
        "1,2,3|CSV: 2 fields expected, found 3",
        "\"1,2|Unclosed quote",
        "\"1\"x,2|Unexpected character after closing quote: 'x'",
        "x,1|column a: a number expected, found \"x\"",
        "1e99999,1|number: 1 digits and exponent 99999",
      })
  void shouldSayWhatIsWrong(String record, String message) {
    CsvOptions given = options('\0', List.of(), false, Map.of("a", ColumnType.NUMBER), false);
    assertThatThrownBy(() -> parse(given, record))
        .isInstanceOf(HengeException.class)
        .hasMessageContaining(message);
  }

  @Test
  void shouldRefuseNumbersThatAreLongBeforeReadingThem() {
    CsvOptions given = options('\0', List.of(), false, Map.of("a", ColumnType.NUMBER), false);
    assertThatThrownBy(() -> parse(given, "1".repeat(4_000_000) + ",1"))
        .hasMessageContaining("a number expected, found \"1111");
  }

  @Test
  void shouldRefuseACarriageReturnThatEndsNothing() {
    assertThatThrownBy(() -> parse(CsvOptions.DEFAULT, List.of("a"), "x\ry"))
        .hasMessageContaining("carriage return");
    assertThat(parse(CsvOptions.DEFAULT, List.of("a"), "\"x\ry\"")).isEqualTo("{\"a\":\"x\\ry\"}");
  }

  @Test
  void shouldRefuseWhatIsNotUtf8() {
    byte[] latin1 = "M\u00fcnchen,1".getBytes(StandardCharsets.ISO_8859_1);
    assertThatThrownBy(
            () -> new CsvRecordParser(CsvOptions.DEFAULT, List.of("a", "b")).parse(latin1))
        .hasMessageContaining("not UTF-8");
  }

  @Test
  void shouldRefuseColumnsThatClash() {
    for (List<String> names :
        List.of(List.of("a", "a"), List.of("a", "a.b"), List.of("a.b", "a"), List.of("a.0[]"))) {
      assertThatThrownBy(() -> new CsvRecordParser(CsvOptions.DEFAULT, names))
          .as(names.toString())
          .isInstanceOf(HengeException.class)
          .hasMessageContaining("column ");
    }
    assertThatThrownBy(
            () ->
                parse(options('\0', List.of(), false, Map.of("c", ColumnType.TEXT), false), "1,2"))
        .hasMessageContaining("there is no column c among a, b");
  }
}
