package io.henge.document;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.document.codec.DocumentCodec;
import io.henge.document.filter.Filter;
import io.henge.document.filter.FilterCodec;
import io.henge.document.patch.Patch;
import io.henge.document.patch.PatchCodec;
import io.henge.document.value.Json;
import io.henge.document.value.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What is in logs and stores can never change: its bytes are pinned here, and so are the steps that
 * evaluation takes, since replicas of different versions must stop at the same point. New formats
 * get new lines in the golden file; the old ones stay, and must still be read.
 */
class GoldenFormatTest {
  /** What filters and patches are evaluated on, for their steps. */
  private static final JsonObject DOCUMENT =
      Json.parseObject(
          """
          {"status":"open","n":1.50,"tags":["a","b",3],"at":{"x":[{"k":1},{"k":2}]},
           "m1":1,"m2":2,"m3":3,"m4":4,"m5":5,"m6":6,"m7":7,"m8":8,"m9":9,"m10":10,"m11":11,
           "m12":12,"text":"0123456789012345678901234567890123456789012345678901234567890123456789"}
          """);

  /** One line: {@code kind steps bytes text}. */
  record Line(String kind, String steps, String bytes, String text) {
    byte[] golden() {
      return HexFormat.of().parseHex(bytes);
    }
  }

  @ParameterizedTest
  @MethodSource("lines")
  void shouldKeepBytesAndSteps(Line line) {
    switch (line.kind()) {
      case "document" -> {
        JsonObject document = Json.parseObject(line.text());
        assertGolden(line, DocumentCodec.encode(document), new Steps(0));
        assertThat(DocumentCodec.decode(line.golden())).isEqualTo(document);
      }
      case "filter" -> {
        Filter filter = Filter.parse(line.text());
        Steps steps = Steps.standard();
        filter.test(DOCUMENT, steps);
        assertGolden(line, FilterCodec.encode(filter), steps);
        assertThat(FilterCodec.decode(line.golden())).isEqualTo(filter);
      }
      case "patch" -> {
        Patch patch = Patch.parse(line.text());
        Steps steps = Steps.standard();
        patch.apply(DOCUMENT, steps);
        assertGolden(line, PatchCodec.encode(patch), steps);
        assertThat(PatchCodec.decode(line.golden())).isEqualTo(patch);
      }
      default -> throw new AssertionError(line);
    }
  }

  private static void assertGolden(Line line, byte[] encoded, Steps steps) {
    assertThat(line.kind() + " " + steps.used() + " " + HexFormat.of().formatHex(encoded))
        .as(line.text())
        .isEqualTo(line.kind() + " " + line.steps() + " " + line.bytes());
  }

  static List<Line> lines() {
    List<Line> lines = new ArrayList<>();
    try (InputStream in = GoldenFormatTest.class.getResourceAsStream("formats.golden")) {
      String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
      try (Stream<String> all = text.lines()) {
        all.filter(line -> !line.isBlank() && !line.startsWith("#"))
            .map(line -> line.split(" ", 4))
            .forEach(parts -> lines.add(new Line(parts[0], parts[1], parts[2], parts[3])));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    assertThat(lines).hasSizeGreaterThan(20);
    return lines;
  }
}
