package io.henge.document.patch;

import io.henge.document.DocumentLimits;
import io.henge.document.Steps;
import io.henge.document.patch.PatchFailure.Reason;
import io.henge.document.patch.PatchOperation.ArrayOrder;
import io.henge.document.patch.PatchOperation.Keep;
import io.henge.document.path.Path;
import io.henge.document.path.PathReader;
import io.henge.document.value.JsonArray;
import io.henge.document.value.JsonValue;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The operations on arrays. Looking at an element takes its weight; sorting takes the weight of
 * all, times the number of halvings.
 */
final class ArrayPatch {
  private final Steps steps;
  private final DocumentLimits limits;

  ArrayPatch(Steps steps, DocumentLimits limits) {
    this.steps = steps;
    this.limits = limits;
  }

  /** The array after the change; the same object if nothing changed. */
  JsonArray apply(JsonArray array, PatchOperation change) {
    steps.take(array.size());
    if (change instanceof PatchOperation.Push push) {
      return push(array, push);
    }
    if (change instanceof PatchOperation.AddToSet add) {
      return addToSet(array, add.values());
    }
    if (change instanceof PatchOperation.Pull pull) {
      return pull(array, pull.values());
    }
    if (change instanceof PatchOperation.PullWhere pull) {
      List<JsonValue> rest = new ArrayList<>();
      for (JsonValue element : array) {
        if (!pull.filter().test(element, steps)) {
          rest.add(element);
        }
      }
      return changed(array, rest);
    }
    throw new IllegalStateException("no operation on arrays: " + change);
  }

  private JsonArray push(JsonArray array, PatchOperation.Push push) {
    List<JsonValue> elements = new ArrayList<>(array.elements());
    elements.addAll(push.values());
    steps.take(elements.size());
    ArrayOrder order = push.order();
    if (order != null) {
      elements = sorted(elements, order);
    }
    Keep keep = push.keep();
    if (keep != null && elements.size() > keep.count()) {
      int size = elements.size();
      elements =
          keep.last()
              ? elements.subList(size - keep.count(), size)
              : elements.subList(0, keep.count());
    }
    checkLength(elements.size());
    return array.elements().equals(elements) ? array : JsonArray.of(elements);
  }

  /** An element and what it is ordered by. */
  private record Ranked(JsonValue element, @Nullable JsonValue by, @Nullable JsonValue tie) {}

  private List<JsonValue> sorted(List<JsonValue> elements, ArrayOrder order) {
    int halvings = Integer.SIZE - Integer.numberOfLeadingZeros(elements.size());
    List<Ranked> ranked = new ArrayList<>(elements.size());
    long weight = 0;
    Path tie = order.tie();
    for (JsonValue element : elements) {
      PathReader reader = PathReader.of(element);
      ranked.add(
          new Ranked(
              element, reader.get(order.by(), steps), tie == null ? null : reader.get(tie, steps)));
      weight += element.weight();
    }
    steps.take(weight * halvings);
    Comparator<Ranked> comparator = (a, b) -> compareMissingFirst(a.by, b.by);
    if (order.descending()) {
      comparator = comparator.reversed();
    }
    ranked.sort(
        comparator
            .thenComparing((a, b) -> compareMissingFirst(a.tie, b.tie))
            .thenComparing(Ranked::element));
    List<JsonValue> sorted = new ArrayList<>(ranked.size());
    for (Ranked one : ranked) {
      sorted.add(one.element);
    }
    return sorted;
  }

  private static int compareMissingFirst(@Nullable JsonValue left, @Nullable JsonValue right) {
    if (left == null || right == null) {
      return Boolean.compare(left != null, right != null);
    }
    return left.compareTo(right);
  }

  private JsonArray addToSet(JsonArray array, List<JsonValue> values) {
    List<JsonValue> elements = new ArrayList<>(array.elements());
    for (JsonValue value : values) {
      if (!isAmong(elements, value)) {
        elements.add(value);
        checkLength(elements.size());
      }
    }
    return changed(array, elements);
  }

  private JsonArray pull(JsonArray array, List<JsonValue> values) {
    List<JsonValue> rest = new ArrayList<>();
    for (JsonValue element : array) {
      if (!isAmong(values, element)) {
        rest.add(element);
      }
    }
    return changed(array, rest);
  }

  private boolean isAmong(List<JsonValue> values, JsonValue wanted) {
    for (int i = 0; i < values.size(); i++) {
      JsonValue value = values.get(i);
      steps.take(Math.min(value.weight(), wanted.weight()));
      if (value.sameAs(wanted)) {
        return true;
      }
    }
    return false;
  }

  private static JsonArray changed(JsonArray before, List<JsonValue> elements) {
    return before.size() == elements.size() ? before : JsonArray.of(elements);
  }

  private void checkLength(int length) {
    if (length > limits.arrayElementsMax()) {
      throw new PatchApplier.Unfit(
          Reason.ARRAY_TOO_LONG,
          length + " elements, the limit is " + limits.arrayElementsMax() + "; use keep");
    }
  }
}
