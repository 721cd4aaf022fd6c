package io.henge.document.filter;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.testing.Seed;
import io.henge.document.Expect;
import io.henge.document.Steps;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.codec.DocumentReader;
import io.henge.document.value.Json;
import io.henge.document.value.JsonArray;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FilterTest {
  private static final JsonObject ORDER =
      Json.parseObject(
          """
          {"status": "open", "total": 10.50, "count": 3, "paid": false, "note": null,
           "name": "John", "tags": ["x", "y", 1.0, {"k": 1, "l": 2}], "address": {"city": "Bonn"},
           "items": [{"sku": "a", "n": 1}, {"sku": "b", "n": 7}, {"n": null}], "none": [],
           "a.b": {"not": 1}, "matrix": [[1, 2], [3]]}
          """);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "status = \"open\"",
        "status != \"closed\"",
        "total = 10.5",
        "total > 10.49 and total < 10.51 and total >= 10.5 and total <= 10.5",
        "count = 3.0",
        "paid = false",
        "note = null",
        "exists(note)",
        "not exists(missing)",
        "not missing = 1",
        "not (missing = 1)",
        "not missing != 1",
        "status != 5",
        "items[].sku = \"b\"",
        "items[].sku != \"b\"",
        "items[].n > 6",
        "items[1].n = 7",
        "not items[3].n = 7",
        "exists(items[].sku)",
        "not exists(none[])",
        "exists(none)",
        "tags contains \"x\"",
        "tags contains 1",
        "tags contains {\"l\": 2, \"k\": 1.0}",
        "not status contains \"open\"",
        "not tags contains \"z\"",
        "status in (\"closed\", \"open\")",
        "count in (1, 2, 3.00)",
        "items[].sku in (\"q\", \"a\")",
        "not status in ()",
        "not status in (1, null)",
        "note in (null)",
        "name prefix \"Jo\"",
        "not name prefix \"jo\"",
        "not count prefix \"3\"",
        "name matches \"^J.*n$\"",
        "name matches \"oh\"",
        "name matches \"(?i)JOHN\"",
        "not count matches \"3\"",
        "address = {\"city\": \"Bonn\"}",
        "address.city > \"Bom\"",
        "\"a.b\".\"not\" = 1",
        "[\"a.b\"][\"not\"] = 1",
        "matrix[][] = 3",
        "matrix[] = [1, 2]",
        "matrix[] contains 3",
        "true",
        "not false",
        "and()",
        "not or()",
        "status = \"x\" or status = \"open\" and count = 3",
        "(status = \"open\" or status = \"x\") and not count = 4",
        "STATUS = 1 OR NOT Status = 1 AND TRUE",
        "exists(@)",
        "@ != 1",
      })
  void shouldHold(String text) {
    Filter filter = Filter.parse(text);

    assertThat(filter.test(ORDER)).isTrue();
    assertThat(filter.test(new DocumentReader(DocumentCodec.encode(ORDER)), Steps.standard()))
        .isTrue();
    assertThat(new Filter.Not(filter).test(ORDER)).isFalse();
    assertThat(Filter.parse(filter.toString())).isEqualTo(filter);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "status = \"open\" and total >> 10|28|a value is missing",
        "status|7|an operator is missing",
        "status like \"o%\"|8|found 'like'; here it is prefix, or matches with a pattern",
        "status IS null|8|found 'IS'; here it is = (is null: = null",
        "status not in (1)|8|found 'not'; here it is not in front of the condition",
        "status == 1|9|found '='; to be equal is =",
        "status = open|10|did you mean|texts stand in double quotes",
        "|1|name of a member",
        "a = 1 b = 2|7|\"and\", \"or\" or the end",
        "(a = 1|7|')' is missing",
        "a in 1|6|'(' is missing",
        "a in (1 2)|9|')' is missing",
        "a prefix 1|10|prefix takes a text, found a number",
        "a matches \"(\"|11|missing closing )",
        "a matches \"(a)\\\\1\"|11|invalid escape",
        "exists a|8|'(' is missing",
        "a[x] = 1|3|an index",
        "a = {\"b\":1,\"b\":2}|12|appears twice",
        "a = NaN|5|value is missing",
        "not|4|name of a member",
        "and = 1|5|'(' is missing",
        "a = 1 and|10|name of a member",
        "a = 1e99999|5|limits are",
      })
  void shouldShowWhereAndWhatIsWrong(String text, int character, String what) {
    String filter = text == null ? "" : text;
    Expect.invalid(
        () -> Filter.parse(filter),
        "character " + character + ":",
        what.equals("did you mean") ? "double quotes" : what,
        "\n  " + filter + "\n  " + " ".repeat(character - 1) + "^");
  }

  @Test
  void shouldShowTheSurroundingsOfAPlaceInALongText() {
    String text = "a = 1 and ".repeat(100) + "b ! 1 and " + "c = 1 and ".repeat(100) + "d = 1";
    Expect.invalid(() -> Filter.parse(text), "...", "character 1003", "an operator is missing");
  }

  @Test
  void shouldBoundTexts() {
    Expect.invalid(() -> Filter.parse("(".repeat(50_000)), "too deep", "the limit is 64");
    Expect.invalid(() -> Filter.parse("not ".repeat(10_000) + "a = 1"), "the limit is 64");
    Expect.invalid(() -> Filter.parse("a = " + "[".repeat(60_000)), "the limit is 100");
    Expect.invalid(() -> Filter.parse("a".repeat(70_000)), "the limit is 65536");
    Expect.invalid(() -> Filters.in("a", Collections.nCopies(20_000, 1)), "the limit is 10000");
    Filter filter = Filters.eq("a", 1);
    for (int i = 0; i < 63; i++) {
      filter = Filters.not(filter);
    }
    Filter deepest = filter;
    assertThat(Filter.parse(deepest.toString())).isEqualTo(deepest);
    Expect.invalid(() -> Filters.not(deepest), "65 levels");
    Filter wide = Filters.eq("a", 1);
    for (int i = 0; i < 12; i++) {
      wide = Filters.and(wide, wide);
    }
    Filter widest = wide;
    Expect.invalid(() -> Filters.and(widest, widest), "the limit is 10000");
  }

  @Test
  void shouldBuildWhatIsParsed() {
    assertThat(
            Filters.and(
                Filters.eq("status", "open"),
                Filters.gt("total", 10.5),
                Filters.in("items[].sku", "a", "b"),
                Filters.not(Filters.exists("deleted_at")),
                Filters.prefix("name", "Jo"),
                Filters.contains("tags", "x"),
                Filters.matches("name", "^J.*")))
        .isEqualTo(
            Filter.parse(
                "status = \"open\" and total > 10.5 and items[].sku in (\"a\",\"b\") and not"
                    + " exists(deleted_at) and name prefix \"Jo\" and tags contains \"x\" and name"
                    + " matches \"^J.*\""));
    assertThat(
            Filters.or(
                Filters.ne("a", null),
                Filters.lt("a", 1),
                Filters.lte("a", 1),
                Filters.gte("a", 1)))
        .hasToString("a != null or a < 1 or a <= 1 or a >= 1");
    assertThat(Filters.in("a", 3, 1, 2, 1.0)).hasToString("a in (1, 2, 3)");
    assertThat(Filters.all().test(ORDER)).isTrue();
  }

  @Test
  void shouldTellPatternsFromWhatMayStandInTheLog() {
    Filter pattern = Filters.or(Filters.eq("a", 1), Filters.not(Filters.matches("a", "x")));
    assertThat(pattern.deterministic()).isFalse();
    assertThat(Filters.prefix("a", "x").deterministic()).isTrue();
    Expect.invalid(() -> FilterCodec.encode(pattern), "patterns", "use =, in or prefix");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "((a{100}){100}){100}",
        "(((a{30}){30}){30}){30}",
        "[(](a{999}){999}[)]",
        "(?:(?:\\Q(\\E{900}){900})",
        "\\x{41}{999}(\\pN{999})",
        "((a{1,}){2}){1001}",
        "((((((((((x{2}){2}){2}){2}){2}){2}){2}){2}){2}){2}){2}",
      })
  void shouldRefusePatternsThatExplode(String pattern) {
    Expect.invalid(() -> TextPattern.of(pattern), "pattern");
  }

  @Test
  void shouldTakePatternsOfUseAndBoundTheirCost() {
    for (String pattern :
        List.of("^[0-9]{4}-[0-9]{2}-[0-9]{2}T", "a{1000}", "[\\](){}]{3}", "(x+x+)+y", "a{,5}b{")) {
      assertThat(TextPattern.of(pattern).cost()).isPositive();
    }
    Expect.invalid(() -> TextPattern.of("a".repeat(1_001)), "1001 characters", "1000");
    JsonObject text = JsonObject.of(Map.of("a", "x".repeat(100_000)));
    Filter costly = Filters.matches("a", "(x*)*".repeat(100) + "y");
    Expect.invalid(() -> costly.test(text), "more than 4000000 steps");
    assertThat(Filters.matches("a", "^x*$").test(text)).isTrue();
  }

  @Test
  void shouldFailInOneWayOnRandomPatterns() {
    Random random = Seed.random("FilterTest patterns");
    String[] parts = {
      "(",
      ")",
      "[",
      "]",
      "{2}",
      "{3,}",
      "{1,9}",
      "*",
      "+",
      "?",
      "|",
      "^",
      "$",
      ".",
      "a",
      "\u00e9",
      "\\",
      "\\Q",
      "\\E",
      "\\d",
      "\\pN",
      "\\x{41}",
      "(?i)",
      "(?P<n>",
      "[:alpha:]",
      "-",
      "\\b",
      "\\C",
      "\\z",
      "(?:",
      "{",
      "}",
      ",",
      "1",
      "\uD83D\uDE00"
    };
    int accepted = 0;
    for (int i = 0; i < 20_000; i++) {
      StringBuilder pattern = new StringBuilder();
      int length = random.nextInt(12);
      for (int part = 0; part < length; part++) {
        pattern.append(parts[random.nextInt(parts.length)]);
      }
      try {
        TextPattern compiled = TextPattern.of(pattern.toString());
        compiled.find("aa1\u00e9(]");
        accepted++;
      } catch (HengeException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
      }
    }
    assertThat(accepted).isGreaterThan(1_000);
  }

  @Test
  void shouldStopWhenStepsAreUsedUp() {
    JsonArray elements = JsonArray.of(Collections.nCopies(90_000, JsonNumber.of(1)));
    JsonObject document = JsonObject.of(Map.of("a", elements));
    Filter[] terms = new Filter[100];
    java.util.Arrays.setAll(terms, i -> Filters.eq("a[]", -i - 1));
    Expect.invalid(() -> Filters.or(terms).test(document), "too expensive", "4000000 steps");
  }
}
