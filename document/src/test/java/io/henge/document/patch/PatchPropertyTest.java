package io.henge.document.patch;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.testing.Seed;
import io.henge.document.Damage;
import io.henge.document.RandomJson;
import io.henge.document.Steps;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.filter.RandomFilter;
import io.henge.document.patch.PatchOperation.ArrayOrder;
import io.henge.document.patch.PatchOperation.Keep;
import io.henge.document.path.Path;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PatchPropertyTest {
  private final Random random = Seed.random("PatchPropertyTest");
  private final RandomJson json = new RandomJson(random);
  private final RandomFilter filters = new RandomFilter(random, json);

  @Test
  void shouldReadBackTextAndBytes() {
    for (int i = 0; i < 5_000; i++) {
      Patch patch = patch();

      assertThat(PatchCodec.decode(PatchCodec.encode(patch))).isEqualTo(patch);
      assertThat(Patch.parse(patch.toString())).isEqualTo(patch);
    }
  }

  /** A replica that reads its patch and document from bytes comes to the same bytes and steps. */
  @Test
  void shouldComeToTheSameEndEverywhere() {
    int patched = 0;
    for (int i = 0; i < 20_000; i++) {
      Patch patch = patch();
      JsonObject document = json.object(4);
      Steps steps = Steps.standard();
      Steps otherSteps = Steps.standard();
      JsonObject other = DocumentCodec.decode(DocumentCodec.encode(document));

      PatchResult result = patch.apply(document, steps);
      PatchResult otherResult =
          PatchCodec.decode(PatchCodec.encode(patch)).apply(other, otherSteps);

      assertThat(otherResult).isEqualTo(result);
      assertThat(otherSteps.used()).isEqualTo(steps.used());
      assertThat(other).isEqualTo(document);
      if (result instanceof PatchResult.Patched outcome) {
        byte[] bytes = DocumentCodec.encode(outcome.document());
        assertThat(DocumentCodec.decode(bytes)).isEqualTo(outcome.document());
        patched++;
      }
    }
    assertThat(patched).isBetween(2_000, 19_000);
  }

  @Test
  void shouldAnswerDamageWithCorruptionAlone() {
    int damaged = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = Damage.of(PatchCodec.encode(patch()), random);
      try {
        Patch patch = PatchCodec.decode(bytes);
        assertThat(PatchCodec.encode(patch)).isEqualTo(bytes);
        assertThat(patch.apply(json.object(3), Steps.standard())).isNotNull();
      } catch (HengeException e) {
        assertThat(e.code()).as(e.getMessage()).isEqualTo(ErrorCode.CORRUPTION);
        damaged++;
      }
    }
    assertThat(damaged).isGreaterThan(5_000);
  }

  @Test
  void shouldFailInOneWayOnRandomJson() {
    for (int i = 0; i < 10_000; i++) {
      JsonValue value = patch().toJson();
      JsonValue damaged =
          random.nextInt(3) == 0
              ? json.value(3)
              : ((PatchResult.Patched)
                      Patches.set("a" + (random.nextBoolean() ? "" : ".b"), json.value(2))
                          .apply(
                              value instanceof JsonObject object ? object : JsonObject.EMPTY,
                              Steps.standard()))
                  .document();
      try {
        Patch patch = Patch.of(damaged);
        assertThat(Patch.parse(patch.toString())).isEqualTo(patch);
      } catch (HengeException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
      }
    }
  }

  private Patch patch() {
    List<PatchOperation> operations = new ArrayList<>();
    int count = random.nextInt(4);
    for (int i = 0; i < count; i++) {
      operations.add(operation());
    }
    return Patch.of(operations);
  }

  private PatchOperation operation() {
    Path path = place();
    return switch (random.nextInt(12)) {
      case 0 -> new PatchOperation.Set(path, json.value(3));
      case 1 -> new PatchOperation.Unset(path);
      case 2 -> new PatchOperation.Inc(path, json.number());
      case 3 -> new PatchOperation.Min(path, json.value(2));
      case 4 -> new PatchOperation.Max(path, json.value(2));
      case 5 -> new PatchOperation.Pull(path, values());
      case 6 -> new PatchOperation.PullWhere(path, filters.next(2, false));
      case 7 -> new PatchOperation.AddToSet(path, values());
      case 8 -> new PatchOperation.Merge(json.object(3));
      case 9 -> new PatchOperation.Replace(json.object(3));
      default -> {
        Keep keep = new Keep(1 + random.nextInt(4), random.nextBoolean());
        ArrayOrder order =
            new ArrayOrder(order(), random.nextBoolean(), random.nextBoolean() ? order() : null);
        yield new PatchOperation.Push(
            path,
            values(),
            random.nextBoolean() ? keep : null,
            random.nextBoolean() ? order : null);
      }
    };
  }

  private Path place() {
    while (true) {
      Path path = json.path();
      if (!path.isAny() && !path.isSelf()) {
        return path;
      }
    }
  }

  private Path order() {
    while (true) {
      Path path = json.path();
      if (!path.isAny()) {
        return path;
      }
    }
  }

  private List<JsonValue> values() {
    List<JsonValue> values = new ArrayList<>();
    int count = 1 + random.nextInt(3);
    for (int i = 0; i < count; i++) {
      values.add(json.value(2));
    }
    return values;
  }
}
