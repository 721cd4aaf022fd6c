package io.henge.document.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.testing.Seed;
import io.henge.document.Damage;
import io.henge.document.DocumentLimits;
import io.henge.document.Expect;
import io.henge.document.RandomJson;
import io.henge.document.Steps;
import io.henge.document.StepsExhaustedException;
import io.henge.document.path.Path;
import io.henge.document.path.PathReader;
import io.henge.document.value.JsonArray;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonText;
import io.henge.document.value.JsonValue;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DocumentCodecTest {
  @Test
  void shouldReadBackRandomDocuments() {
    RandomJson json = new RandomJson(Seed.random("DocumentCodecTest"));
    for (int i = 0; i < 10_000; i++) {
      JsonObject document = json.object(4);
      byte[] bytes = DocumentCodec.encode(document);

      assertThat(DocumentCodec.decode(bytes)).isEqualTo(document);
      assertThat(DocumentCodec.size(document)).isEqualTo(bytes.length);
    }
  }

  @Test
  void shouldKeepNumbersAtTheirLimits() {
    for (String number :
        List.of(
            "63",
            "64",
            "-1",
            "9".repeat(1_000),
            "-" + "9".repeat(1_000),
            "1E+6144",
            "1E-6144",
            "0E-6144",
            "0.00",
            "-0.5",
            "9223372036854775808",
            "-9223372036854775808")) {
      JsonObject document =
          JsonObject.of(Map.of("n", JsonNumber.of(new java.math.BigDecimal(number))));
      assertThat(DocumentCodec.decode(DocumentCodec.encode(document))).isEqualTo(document);
      assertThat(DocumentCodec.size(document)).isEqualTo(DocumentCodec.encode(document).length);
    }
  }

  /** The same places, the same order, the same steps, as reading the decoded document. */
  @Test
  void shouldReadPlacesAsFromTheDecodedDocument() {
    Random random = Seed.random("DocumentCodecTest places");
    RandomJson json = new RandomJson(random);
    int found = 0;
    for (int i = 0; i < 20_000; i++) {
      JsonObject document = json.object(4);
      PathReader encoded = new DocumentReader(DocumentCodec.encode(document));
      Path path = json.path();
      int types = random.nextBoolean() ? PathReader.ALL_TYPES : random.nextInt(64);
      List<JsonValue> expected = new ArrayList<>();
      List<JsonValue> actual = new ArrayList<>();
      Steps expectedSteps = Steps.standard();
      Steps actualSteps = Steps.standard();
      int stopAfter = random.nextInt(4);
      PathReader.of(document)
          .any(path, expectedSteps, types, v -> expected.add(v) && expected.size() > stopAfter);
      encoded.any(path, actualSteps, types, v -> actual.add(v) && actual.size() > stopAfter);

      assertThat(actual).as(path + " of " + document).isEqualTo(expected);
      assertThat(actualSteps.used()).isEqualTo(expectedSteps.used());
      assertThat(encoded.exists(path, actualSteps))
          .isEqualTo(PathReader.of(document).exists(path, expectedSteps));
      assertThat(actualSteps.used()).isEqualTo(expectedSteps.used());
      found += actual.size();
    }
    assertThat(found).isGreaterThan(1_000);
  }

  @Test
  void shouldRefuseDocumentsOverTheLimits() {
    JsonObject large = JsonObject.of(Map.of("text", new JsonText("x".repeat(1 << 20))));
    Expect.invalid(() -> DocumentCodec.encode(large), "1048591 bytes", "the limit is 1048576");
    JsonArray many = JsonArray.of(Collections.nCopies(100_001, JsonNumber.of(1)));
    Expect.invalid(
        () -> DocumentCodec.encode(JsonObject.of(Map.of("a", many))),
        "100001 elements",
        "the limit is 100000");
    JsonValue deep = JsonNumber.of(1);
    for (int i = 0; i < 100; i++) {
      deep = JsonArray.of(deep);
    }
    JsonObject tooDeep = JsonObject.of(Map.of("a", deep));
    Expect.invalid(() -> DocumentCodec.encode(tooDeep), "101 deep", "the limit is 100");
  }

  @Test
  void shouldBoundTheDepthOfValues() {
    JsonValue deep = JsonNumber.of(1);
    for (int i = 0; i < JsonValue.DEPTH_MAX; i++) {
      deep = JsonArray.of(deep);
    }
    JsonValue deepest = deep;
    assertThat(deepest.toString()).startsWith("[[[[");
    assertThat(deepest.compareTo(JsonArray.of(((JsonArray) deepest).elements()))).isZero();
    Expect.invalid(() -> JsonArray.of(deepest), "deeper than 1000");
    Expect.invalid(() -> new ByteWriter(16).value(deepest), "the limit is 500");
  }

  @Test
  void shouldAnswerDamageWithCorruptionAlone() {
    Random random = Seed.random("DocumentCodecTest damage");
    RandomJson json = new RandomJson(random);
    int damaged = 0;
    for (int i = 0; i < 30_000; i++) {
      byte[] bytes = Damage.of(DocumentCodec.encode(json.object(4)), random);
      Path path = json.path();
      try {
        JsonObject document = DocumentCodec.decode(bytes);
        // One form for one document: whatever is accepted is written in the same way.
        assertThat(DocumentCodec.encode(document)).isEqualTo(bytes);
      } catch (HengeException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.CORRUPTION);
        damaged++;
      }
      try {
        new DocumentReader(bytes).get(path);
      } catch (HengeException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.CORRUPTION);
      }
    }
    assertThat(damaged).isGreaterThan(5_000);
  }

  @Test
  void shouldNotBelieveAnnouncedSizes() {
    // Half a megabyte of arrays within each other, each of which announces as much as could be.
    ByteWriter out = new ByteWriter(16);
    out.raw(new byte[500_000]);
    for (int i = 0; i < 400; i++) {
      out.varint(out.size());
      out.varint(out.size());
      out.u8(ValueCodec.ARRAY);
    }
    out.u8(DocumentCodec.FORMAT);
    Expect.failure(() -> DocumentCodec.decode(out.toBytes()), ErrorCode.CORRUPTION, "document");

    ByteWriter deep = new ByteWriter(16);
    deep.u8(ValueCodec.NULL);
    for (int i = 0; i < 100_000; i++) {
      deep.varint(1);
      deep.varint(deep.size());
      deep.u8(ValueCodec.ARRAY);
    }
    deep.u8(DocumentCodec.FORMAT);
    Expect.failure(
        () -> DocumentCodec.decode(deep.toBytes()),
        ErrorCode.CORRUPTION,
        "deeper than " + DocumentLimits.DEPTH_CEILING);
    Expect.failure(() -> DocumentCodec.decode(new byte[0]), ErrorCode.CORRUPTION, "wanted");
    Expect.failure(() -> DocumentCodec.decode(new byte[] {2, 0}), ErrorCode.CORRUPTION, "format 2");
  }

  @Test
  void shouldStopWhenStepsAreUsedUp() {
    JsonArray many = JsonArray.of(Collections.nCopies(1_000, JsonNumber.of(1)));
    JsonObject document = JsonObject.of(Map.of("a", many));
    byte[] bytes = DocumentCodec.encode(document);
    for (PathReader reader : List.of(PathReader.of(document), new DocumentReader(bytes))) {
      Steps steps = new Steps(500);
      Expect.invalid(
          () -> reader.forEach(Path.parse("a[]"), steps, value -> {}), "more than 500 steps");
      assertThat(steps.left()).isZero();
      org.assertj.core.api.Assertions.assertThatThrownBy(() -> steps.take(0))
          .isInstanceOf(StepsExhaustedException.class);
    }
  }
}
