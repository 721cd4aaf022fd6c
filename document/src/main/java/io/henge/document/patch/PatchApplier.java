package io.henge.document.patch;

import io.henge.document.DocumentLimits;
import io.henge.document.Steps;
import io.henge.document.StepsExhaustedException;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.patch.PatchFailure.Reason;
import io.henge.document.path.Path;
import io.henge.document.path.PathCost;
import io.henge.document.path.PathStep;
import io.henge.document.value.JsonArray;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonValue;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Applies patches. Each operation takes a step, what following its path takes ({@link PathCost}),
 * and a step for every 8 members or elements of the objects and arrays that are made anew.
 */
final class PatchApplier {
  private static final int COPIED_PER_STEP = 8;

  /** Digits by which two numbers are moved against each other, in one step of an addition. */
  private static final int SHIFTED_PER_STEP = 4;

  private final Steps steps;
  private final DocumentLimits limits;
  private final ArrayPatch arrays;
  private int operation;

  PatchApplier(Steps steps, DocumentLimits limits) {
    this.steps = steps;
    this.limits = limits;
    this.arrays = new ArrayPatch(steps, limits);
  }

  // The same object says that nothing changed; comparing all of it would say no more.
  @SuppressWarnings("ReferenceEquality")
  PatchResult apply(JsonObject current, List<PatchOperation> operations) {
    JsonObject document = current;
    try {
      for (operation = 0; operation < operations.size(); operation++) {
        steps.take(1);
        document = apply(document, operations.get(operation));
      }
    } catch (Unfit e) {
      return new PatchFailure(
          e.reason, operation, operations.get(operation).path().toString(), e.getMessage());
    } catch (StepsExhaustedException e) {
      String path = operations.get(operation).path().toString();
      return new PatchFailure(Reason.TOO_EXPENSIVE, operation, path, steps.used() + " steps");
    }
    return document == current ? new PatchResult.Patched(current) : checked(document);
  }

  private PatchResult checked(JsonObject document) {
    if (document.depth() > limits.depthMax()) {
      return outcome(Reason.TOO_DEEP, document.depth(), limits.depthMax());
    }
    if (document.longestArray() > limits.arrayElementsMax()) {
      return outcome(Reason.ARRAY_TOO_LONG, document.longestArray(), limits.arrayElementsMax());
    }
    long bytes = DocumentCodec.size(document);
    if (bytes > limits.bytesMax()) {
      return outcome(Reason.TOO_LARGE, bytes, limits.bytesMax());
    }
    return new PatchResult.Patched(document);
  }

  private static PatchFailure outcome(Reason reason, long found, long limit) {
    return new PatchFailure(reason, -1, "", found + ", the limit is " + limit);
  }

  private JsonObject apply(JsonObject document, PatchOperation change) {
    if (change instanceof PatchOperation.Replace replace) {
      return replace.document();
    }
    if (change instanceof PatchOperation.Merge merge) {
      return (JsonObject) MergePatch.apply(document, merge.patch(), steps);
    }
    boolean makes =
        !(change instanceof PatchOperation.Unset
            || change instanceof PatchOperation.Pull
            || change instanceof PatchOperation.PullWhere);
    JsonValue changed = descend(document, change, 0, makes);
    return changed instanceof JsonObject object ? object : document;
  }

  /**
   * The value with the change made within it.
   *
   * @param done steps of the path that lead here
   * @param makes whether missing objects are made
   * @return null to remove the value
   */
  private @Nullable JsonValue descend(
      JsonValue value, PatchOperation change, int done, boolean makes) {
    Path path = change.path();
    if (done == path.size()) {
      return leaf(value, change);
    }
    PathStep step = path.steps().get(done);
    if (step instanceof PathStep.Member member && value instanceof JsonObject object) {
      return inObject(object, member.name(), change, done, makes);
    }
    if (step instanceof PathStep.Index index && value instanceof JsonArray array) {
      return inArray(array, index.index(), change, done, makes);
    }
    if (makes) {
      throw new Unfit(Reason.NO_WAY, "found " + value.type().words());
    }
    return value;
  }

  private JsonValue inObject(
      JsonObject object, String name, PatchOperation change, int done, boolean makes) {
    steps.take(PathCost.member(object.size()));
    JsonValue before = object.get(name);
    if (before == null && !makes) {
      return object;
    }
    JsonValue after;
    if (before != null) {
      after = descend(before, change, done + 1, makes);
    } else if (done + 1 == change.path().size()) {
      after = leaf(null, change);
    } else if (change.path().steps().get(done + 1) instanceof PathStep.Member) {
      after = descend(JsonObject.EMPTY, change, done + 1, makes);
    } else {
      throw new Unfit(Reason.NO_ELEMENT, "there is no array");
    }
    if (after == before) {
      return object;
    }
    steps.take(object.size() / COPIED_PER_STEP);
    return after == null ? object.without(name) : object.with(name, after);
  }

  private JsonValue inArray(
      JsonArray array, int index, PatchOperation change, int done, boolean makes) {
    steps.take(PathCost.index(index, array.size()));
    if (index >= array.size()) {
      if (makes) {
        throw new Unfit(Reason.NO_ELEMENT, "the array has " + array.size());
      }
      return array;
    }
    JsonValue before = array.get(index);
    JsonValue after = descend(before, change, done + 1, makes);
    if (after == before) {
      return array;
    }
    steps.take(array.size() / COPIED_PER_STEP);
    List<JsonValue> elements = new ArrayList<>(array.elements());
    if (after == null) {
      elements.remove(index);
    } else {
      elements.set(index, after);
    }
    return JsonArray.of(elements);
  }

  /** What comes to the place; null for nothing. */
  private @Nullable JsonValue leaf(@Nullable JsonValue before, PatchOperation change) {
    if (change instanceof PatchOperation.Set set) {
      return before != null && before.equals(set.value()) ? before : set.value();
    }
    if (change instanceof PatchOperation.Unset) {
      return null;
    }
    if (change instanceof PatchOperation.Inc inc) {
      return before == null ? inc.by() : sum(before, inc.by());
    }
    if (change instanceof PatchOperation.Min min) {
      return before == null || compare(before, min.value()) > 0 ? min.value() : before;
    }
    if (change instanceof PatchOperation.Max max) {
      return before == null || compare(before, max.value()) < 0 ? max.value() : before;
    }
    if (before != null && !(before instanceof JsonArray)) {
      throw new Unfit(Reason.TYPE_CLASH, "an array is wanted, found " + before.type().words());
    }
    JsonArray array = before == null ? JsonArray.EMPTY : (JsonArray) before;
    return arrays.apply(array, change);
  }

  private JsonNumber sum(JsonValue before, JsonNumber by) {
    if (!(before instanceof JsonNumber number)) {
      throw new Unfit(Reason.TYPE_CLASH, "a number is wanted, found " + before.type().words());
    }
    if (!number.isLong() || !by.isLong()) {
      int shift = Math.abs(number.decimal().scale() - by.decimal().scale());
      steps.take(number.weight() + by.weight() + shift / SHIFTED_PER_STEP);
    }
    JsonNumber sum = number.plus(by);
    if (sum == null) {
      throw new Unfit(
          Reason.NUMBER_LIMIT,
          "more than "
              + DocumentLimits.NUMBER_DIGITS_MAX
              + " digits, or an exponent beyond "
              + DocumentLimits.NUMBER_EXPONENT_MAX);
    }
    return sum;
  }

  private int compare(JsonValue before, JsonValue value) {
    if (before.type() != value.type()) {
      throw new Unfit(
          Reason.TYPE_CLASH, value.type().words() + " is wanted, found " + before.type().words());
    }
    steps.take(Math.min(before.weight(), value.weight()));
    return before.compareTo(value);
  }

  /** The patch does not fit the document. Never leaves this class. */
  static final class Unfit extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Reason reason;

    Unfit(Reason reason, String found) {
      super(found, null, false, false);
      this.reason = reason;
    }

    @Override
    public String getMessage() {
      return String.valueOf(super.getMessage());
    }
  }
}
