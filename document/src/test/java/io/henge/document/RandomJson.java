package io.henge.document;

import io.henge.document.path.Path;
import io.henge.document.path.PathStep;
import io.henge.document.value.JsonArray;
import io.henge.document.value.JsonBoolean;
import io.henge.document.value.JsonNull;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonText;
import io.henge.document.value.JsonValue;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Random values: few names and values, so that they meet, and the odd extreme. */
public final class RandomJson {
  private static final String[] NAMES = {
    "a", "b", "c", "d", "items", "tags", "in", "a.b", "größe", "", "x y", "\uD83D\uDE00"
  };
  private static final String[] TEXTS = {
    "", "a", "b", "ab", "abc", "é", "\uFFFD", "\uE000", "\uD83D\uDE00", "\"\\/\n\u0000", "1"
  };

  private final Random random;

  public RandomJson(Random random) {
    this.random = random;
  }

  public JsonObject object(int depth) {
    JsonObject.Builder builder = JsonObject.builder();
    int members = random.nextInt(20) == 0 ? random.nextInt(60) : random.nextInt(6);
    for (int i = 0; i < members; i++) {
      String name = members > 6 ? "m" + random.nextInt(1000) : name();
      if (!builder.has(name)) {
        builder.put(name, value(depth - 1));
      }
    }
    return builder.build();
  }

  public String name() {
    return NAMES[random.nextInt(random.nextInt(3) == 0 ? NAMES.length : 6)];
  }

  public JsonValue value(int depth) {
    return switch (random.nextInt(depth > 0 ? 8 : 5)) {
      case 0 -> random.nextInt(3) == 0 ? JsonNull.NULL : JsonBoolean.of(random.nextBoolean());
      case 1, 2 -> number();
      case 3, 4 -> new JsonText(text());
      case 5, 6 -> {
        List<JsonValue> elements = new ArrayList<>();
        int count = random.nextInt(5);
        for (int i = 0; i < count; i++) {
          elements.add(value(depth - 1));
        }
        yield JsonArray.of(elements);
      }
      default -> object(depth);
    };
  }

  public String text() {
    if (random.nextInt(10) > 0) {
      return TEXTS[random.nextInt(TEXTS.length)];
    }
    StringBuilder text = new StringBuilder();
    int length = random.nextInt(200);
    for (int i = 0; i < length; i++) {
      int c = random.nextInt(0x3000);
      text.appendCodePoint(random.nextInt(9) == 0 ? 0x10000 + c : c);
    }
    return text.toString();
  }

  public JsonNumber number() {
    return switch (random.nextInt(8)) {
      case 0 -> JsonNumber.of(random.nextLong());
      case 1 -> JsonNumber.of(new BigDecimal(BigInteger.valueOf(random.nextInt(400)), 2));
      case 2 -> JsonNumber.of(new BigDecimal(BigInteger.valueOf(random.nextInt(5)), -3));
      case 3 ->
          JsonNumber.of(
              new BigDecimal(new BigInteger(300, random), random.nextInt(12_000) - 6_000).negate());
      default -> JsonNumber.of(random.nextInt(6) - 1);
    };
  }

  /** A random path, over the same names. */
  public Path path() {
    List<PathStep> steps = new ArrayList<>();
    int length = random.nextInt(8) == 0 ? 0 : 1 + random.nextInt(3);
    for (int i = 0; i < length; i++) {
      steps.add(
          switch (random.nextInt(6)) {
            case 0 -> new PathStep.Index(random.nextInt(3));
            case 1 -> new PathStep.AnyElement();
            default -> new PathStep.Member(name());
          });
    }
    return Path.of(steps);
  }
}
