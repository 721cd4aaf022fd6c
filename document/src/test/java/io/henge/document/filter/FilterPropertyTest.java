package io.henge.document.filter;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.testing.Seed;
import io.henge.document.Damage;
import io.henge.document.RandomJson;
import io.henge.document.Steps;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.codec.DocumentReader;
import io.henge.document.path.PathStep;
import io.henge.document.value.JsonArray;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonText;
import io.henge.document.value.JsonValue;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FilterPropertyTest {
  @Test
  void shouldAgreeWithAPlainEvaluation() {
    Random random = Seed.random("FilterPropertyTest");
    RandomJson json = new RandomJson(random);
    RandomFilter filters = new RandomFilter(random, json);
    int held = 0;
    for (int i = 0; i < 30_000; i++) {
      JsonObject document = json.object(4);
      Filter filter = filters.next(3, true);
      boolean expected = plain(filter, document);
      Steps steps = Steps.standard();
      Steps encodedSteps = Steps.standard();

      assertThat(filter.test(document, steps)).as(filter + " on " + document).isEqualTo(expected);
      assertThat(filter.test(new DocumentReader(DocumentCodec.encode(document)), encodedSteps))
          .as(filter + " on " + document)
          .isEqualTo(expected);
      assertThat(encodedSteps.used()).isEqualTo(steps.used());
      held += expected ? 1 : 0;
    }
    assertThat(held).isBetween(3_000, 27_000);
  }

  @Test
  void shouldReadBackTextAndBytes() {
    Random random = Seed.random("FilterPropertyTest forms");
    RandomFilter filters = new RandomFilter(random, new RandomJson(random));
    for (int i = 0; i < 5_000; i++) {
      Filter filter = filters.next(4, false);

      assertThat(Filter.parse(filter.toString())).isEqualTo(filter);
      assertThat(FilterCodec.decode(FilterCodec.encode(filter))).isEqualTo(filter);
    }
  }

  @Test
  void shouldAnswerDamageWithCorruptionAlone() {
    Random random = Seed.random("FilterPropertyTest damage");
    RandomFilter filters = new RandomFilter(random, new RandomJson(random));
    int damaged = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = Damage.of(FilterCodec.encode(filters.next(4, false)), random);
      try {
        assertThat(FilterCodec.encode(FilterCodec.decode(bytes))).isEqualTo(bytes);
      } catch (HengeException e) {
        assertThat(e.code()).as(e.getMessage()).isEqualTo(ErrorCode.CORRUPTION);
        damaged++;
      }
    }
    assertThat(damaged).isGreaterThan(2_000);
  }

  @Test
  void shouldFailInOneWayOnDamagedTexts() {
    Random random = Seed.random("FilterPropertyTest texts");
    RandomFilter filters = new RandomFilter(random, new RandomJson(random));
    String alphabet = "ab.[]()\"\\0@<>=! ,{}:-\u00e9\uD83D";
    int refused = 0;
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder(filters.next(2, false).toString());
      int changes = random.nextInt(4);
      for (int c = 0; c < changes && text.length() > 0; c++) {
        int at = random.nextInt(text.length());
        if (random.nextBoolean()) {
          text.setCharAt(at, alphabet.charAt(random.nextInt(alphabet.length())));
        } else {
          text.deleteCharAt(at);
        }
      }
      try {
        Filter filter = Filter.parse(text.toString());
        assertThat(Filter.parse(filter.toString())).isEqualTo(filter);
      } catch (HengeException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
        assertThat(e.getMessage()).contains("^");
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(2_000);
  }

  /** What filters mean, told once more and in the plainest way. */
  private static boolean plain(Filter filter, JsonValue root) {
    if (filter instanceof Filter.Always f) {
      return f.value();
    } else if (filter instanceof Filter.And f) {
      return f.filters().stream().allMatch(part -> plain(part, root));
    } else if (filter instanceof Filter.Or f) {
      return f.filters().stream().anyMatch(part -> plain(part, root));
    } else if (filter instanceof Filter.Not f) {
      return !plain(f.filter(), root);
    } else if (filter instanceof Filter.Exists f) {
      return values(root, f.path().steps()).findAny().isPresent();
    } else if (filter instanceof Filter.In f) {
      return values(root, f.path().steps())
          .anyMatch(v -> f.values().stream().anyMatch(wanted -> order(v, wanted) == 0));
    } else if (filter instanceof Filter.Prefix f) {
      return values(root, f.path().steps())
          .anyMatch(v -> v instanceof JsonText t && t.value().startsWith(f.prefix()));
    } else if (filter instanceof Filter.Contains f) {
      return values(root, f.path().steps())
          .anyMatch(
              v ->
                  v instanceof JsonArray a
                      && a.elements().stream().anyMatch(e -> order(e, f.value()) == 0));
    } else if (filter instanceof Filter.Matches f) {
      Pattern pattern = Pattern.compile(f.pattern().toString());
      return values(root, f.path().steps())
          .anyMatch(v -> v instanceof JsonText t && pattern.matcher(t.value()).find());
    }
    Filter.Compare f = (Filter.Compare) filter;
    return values(root, f.path().steps())
        .anyMatch(
            v -> {
              if (v.getClass() != f.value().getClass()) {
                return f.operator() == Operator.NOT_EQUAL;
              }
              int comparison = order(v, f.value());
              return switch (f.operator()) {
                case EQUAL -> comparison == 0;
                case NOT_EQUAL -> comparison != 0;
                case LESS -> comparison < 0;
                case LESS_OR_EQUAL -> comparison <= 0;
                case GREATER -> comparison > 0;
                case GREATER_OR_EQUAL -> comparison >= 0;
              };
            });
  }

  private static int order(JsonValue left, JsonValue right) {
    if (left instanceof JsonNumber a && right instanceof JsonNumber b) {
      return a.decimal().compareTo(b.decimal());
    }
    return left.compareTo(right);
  }

  private static Stream<JsonValue> values(JsonValue root, List<PathStep> path) {
    if (path.isEmpty()) {
      return Stream.of(root);
    }
    List<PathStep> rest = path.subList(1, path.size());
    if (path.get(0) instanceof PathStep.Member member) {
      return root instanceof JsonObject object && object.names().contains(member.name())
          ? values(object.values().get(object.names().indexOf(member.name())), rest)
          : Stream.empty();
    }
    if (!(root instanceof JsonArray array)) {
      return Stream.empty();
    }
    if (path.get(0) instanceof PathStep.Index index) {
      return index.index() < array.size() ? values(array.get(index.index()), rest) : Stream.empty();
    }
    return array.elements().stream().flatMap(element -> values(element, rest));
  }
}
