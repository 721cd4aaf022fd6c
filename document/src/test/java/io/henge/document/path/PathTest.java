package io.henge.document.path;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.error.HengeException;
import io.henge.api.testing.Seed;
import io.henge.document.Expect;
import io.henge.document.RandomJson;
import io.henge.document.Steps;
import io.henge.document.value.Json;
import io.henge.document.value.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PathTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "a",
        "address.city",
        "items[0].price",
        "items[].price",
        "\"a.b\".c",
        "@",
        "@[0]",
        "@[][1]",
        "_x.$y.first-name",
        "a.\"42\"",
        "\"not\"",
        "\"\".a",
        "\"gr\u00f6\u00dfe\"",
        "a[][].b"
      })
  void shouldPrintWhatItParsed(String text) {
    assertThat(Path.parse(text)).hasToString(text);
  }

  @ParameterizedTest
  @CsvSource({
    "'[\"a.b\"].c', '\"a.b\".c'",
    "'a[\"b\"]', a.b",
    "'\"a\"', a",
    "[3].x, @[3].x",
    "@.a, a",
    "a.42, 'a.\"42\"'",
    "a[007], a[7]"
  })
  void shouldAcceptOtherSpellings(String text, String canonical) {
    assertThat(Path.parse(text)).hasToString(canonical).isEqualTo(Path.parse(canonical));
  }

  @ParameterizedTest
  @CsvSource({
    "'', character 1, found the end",
    "a., character 3, found the end",
    "a..b, character 3, found '.'",
    "a b, character 2, the path is over",
    "a[, character 3, an index",
    "a[-1], character 3, found '-'",
    "a[1, character 4, ] is missing",
    "a[12345678901], character 14, an index of more than 9 digits",
    "1a, character 1, name of a member",
    "'\"a', character 3, closing quote",
    "a.gr\u00f6\u00dfe, character 5, the path is over",
    "@a, character 2, the path is over"
  })
  void shouldSayWhereAndWhatIsWrong(String text, String where, String what) {
    Expect.invalid(() -> Path.parse(text), where, what);
  }

  @Test
  void shouldBoundPaths() {
    Expect.invalid(() -> Path.parse("a" + "[0]".repeat(100_000)), "64 steps");
    Expect.invalid(() -> Path.parse("a" + ".b".repeat(64)), "64 steps");
    Expect.invalid(() -> Path.parse("a." + "b".repeat(5000)), "4096 characters");
    Expect.invalid(() -> Path.ofMembers("\uD800"), "surrogate");
  }

  @Test
  void shouldReadBackRandomPaths() {
    RandomJson json = new RandomJson(Seed.random("PathTest"));
    for (int i = 0; i < 5_000; i++) {
      Path path = json.path();
      assertThat(Path.parse(path.toString())).isEqualTo(path);
    }
  }

  @Test
  void shouldFailInOneWayOnRandomTexts() {
    Random random = Seed.random("PathTest texts");
    String alphabet = "ab.[]\"\\0@-\u00e9\uD83D ";
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder();
      int length = random.nextInt(10);
      for (int c = 0; c < length; c++) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      try {
        Path path = Path.parse(text.toString());
        assertThat(Path.parse(path.toString())).isEqualTo(path);
      } catch (HengeException e) {
        assertThat(e).isInstanceOf(PathSyntaxException.class);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a.b|[1]",
        "a.x|[]",
        "list[1]|[2]",
        "list[3]|[]",
        "list[]|[1, 2, {\"k\":[3,4]}]",
        "list[].k|[[3,4]]",
        "list[].k[]|[3, 4]",
        "list.k|[]",
        "a[0]|[]",
        "a[]|[]",
        "null.x|[]",
        "null|[null]",
      })
  void shouldReadPlaces(String path, String expected) {
    JsonValue document = Json.parse("{\"a\":{\"b\":1},\"list\":[1,2,{\"k\":[3,4]}],\"null\":null}");
    List<JsonValue> found = new ArrayList<>();
    PathReader reader = PathReader.of(document);
    reader.forEach(Path.parse(path), Steps.standard(), found::add);

    assertThat(found).hasToString(expected);
    assertThat(reader.exists(Path.parse(path), Steps.standard())).isEqualTo(!found.isEmpty());
    assertThat(reader.get(Path.parse(path))).isEqualTo(found.isEmpty() ? null : found.get(0));
    assertThat(PathReader.of(document).get(Path.SELF)).isEqualTo(document);
  }
}
