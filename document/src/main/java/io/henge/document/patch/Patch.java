package io.henge.document.patch;

import io.henge.api.error.HengeException;
import io.henge.document.DocumentLimits;
import io.henge.document.Steps;
import io.henge.document.filter.Filter;
import io.henge.document.path.Path;
import io.henge.document.value.Json;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A change of a document: operations, applied in order, each on what the one before left; all take
 * effect or none. Applying is a pure function: same document, patch and limits, same outcome,
 * everywhere.
 *
 * <p>Immutable: {@code set} and the rest give a new patch with one operation more. Begin with
 * {@link Patches}, {@link #parse} or {@link PatchCodec}. Paths are as {@link Path#parse} takes
 * them, values as {@link JsonValue#of} does; INVALID_ARGUMENT otherwise.
 */
public final class Patch {
  /** Changes nothing. */
  static final Patch EMPTY = new Patch(List.of());

  /** A list of objects of operations, with places, with what they do, with a list of values. */
  private static final int WRAPPED_IN = 5;

  /** Of a patch as text: a value in it may be as deep as one in a document. */
  private static final DocumentLimits TEXT =
      new DocumentLimits(
          DocumentLimits.DEFAULT.bytesMax(),
          DocumentLimits.DEFAULT.textBytesMax(),
          DocumentLimits.DEFAULT.depthMax() + WRAPPED_IN,
          DocumentLimits.DEFAULT.arrayElementsMax(),
          DocumentLimits.DEFAULT.stepsMax());

  private final List<PatchOperation> operations;

  private Patch(List<PatchOperation> operations) {
    this.operations = operations;
  }

  /**
   * A patch of these operations.
   *
   * @throws HengeException INVALID_ARGUMENT if they are too many
   */
  public static Patch of(List<PatchOperation> operations) {
    if (operations.size() > DocumentLimits.PATCH_OPERATIONS_MAX) {
      throw HengeException.invalid(
          "patch: "
              + operations.size()
              + " operations, the limit is "
              + DocumentLimits.PATCH_OPERATIONS_MAX);
    }
    return operations.isEmpty() ? EMPTY : new Patch(List.copyOf(operations));
  }

  /**
   * Parses the JSON form, see docs/internals/documents-format.md.
   *
   * @throws HengeException INVALID_ARGUMENT naming the operation and what was found
   */
  public static Patch parse(String json) {
    return PatchParser.parse(Json.parse(json, TEXT));
  }

  /** The same from a value. */
  public static Patch of(JsonValue json) {
    return PatchParser.parse(json);
  }

  /** The operations; cannot be changed. */
  public List<PatchOperation> operations() {
    return operations;
  }

  /**
   * Applies the patch under the default limits.
   *
   * @param current null if there is no document: then as to an empty one
   * @param steps the budget
   */
  public PatchResult apply(@Nullable JsonObject current, Steps steps) {
    return apply(current, steps, DocumentLimits.DEFAULT);
  }

  /**
   * Applies the patch. Never throws on input: whatever does not fit is a {@link PatchFailure}.
   *
   * @param current null if there is no document: then as to an empty one
   * @param steps the budget; what remains of it may be used for the next patch
   * @param limits of the outcome
   */
  public PatchResult apply(@Nullable JsonObject current, Steps steps, DocumentLimits limits) {
    return new PatchApplier(steps, limits)
        .apply(current == null ? JsonObject.EMPTY : current, operations);
  }

  /** And sets a value. */
  public Patch set(String path, @Nullable Object value) {
    return and(new PatchOperation.Set(Path.parse(path), JsonValue.of(value)));
  }

  /** And removes a member or element. */
  public Patch unset(String path) {
    return and(new PatchOperation.Unset(Path.parse(path)));
  }

  /** And adds to a number. */
  public Patch inc(String path, Number by) {
    return and(new PatchOperation.Inc(Path.parse(path), (JsonNumber) JsonValue.of(by)));
  }

  /** And lowers a value to this one. */
  public Patch min(String path, Object value) {
    return and(new PatchOperation.Min(Path.parse(path), JsonValue.of(value)));
  }

  /** And raises a value to this one. */
  public Patch max(String path, Object value) {
    return and(new PatchOperation.Max(Path.parse(path), JsonValue.of(value)));
  }

  /** And appends to an array. */
  public Patch push(String path, @Nullable Object... values) {
    return and(new PatchOperation.Push(Path.parse(path), json(values), null, null));
  }

  /** And appends to an array with a cap. */
  public Patch push(String path, @Nullable Object value, PatchOperation.Keep keep) {
    return and(new PatchOperation.Push(Path.parse(path), json(value), keep, null));
  }

  /** And inserts into a sorted array with a cap: ascending by a path within its elements. */
  public Patch push(String path, @Nullable Object value, PatchOperation.Keep keep, String by) {
    PatchOperation.ArrayOrder order = new PatchOperation.ArrayOrder(Path.parse(by), false, null);
    return and(new PatchOperation.Push(Path.parse(path), json(value), keep, order));
  }

  /** And removes elements of an array that are the same as one of these. */
  public Patch pull(String path, @Nullable Object... values) {
    return and(new PatchOperation.Pull(Path.parse(path), json(values)));
  }

  /** And removes elements of an array for which a filter holds. */
  public Patch pullWhere(String path, Filter filter) {
    return and(new PatchOperation.PullWhere(Path.parse(path), filter));
  }

  /** And appends to an array what is not in it yet. */
  public Patch addToSet(String path, @Nullable Object... values) {
    return and(new PatchOperation.AddToSet(Path.parse(path), json(values)));
  }

  /** And merges: JSON Merge Patch, RFC 7396. */
  public Patch merge(JsonObject patch) {
    return and(new PatchOperation.Merge(patch));
  }

  /** And replaces the whole document. */
  public Patch replace(JsonObject document) {
    return and(new PatchOperation.Replace(document));
  }

  /** And does one thing more. */
  public Patch and(PatchOperation operation) {
    List<PatchOperation> more = new ArrayList<>(operations);
    more.add(operation);
    return of(more);
  }

  /** The JSON form: one object, or a list of them where the order needs it. */
  public JsonValue toJson() {
    return PatchPrinter.toJson(operations);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Patch patch && operations.equals(patch.operations);
  }

  @Override
  public int hashCode() {
    return operations.hashCode();
  }

  /** The JSON form; {@link #parse} reads it back. */
  @Override
  public String toString() {
    return toJson().toString();
  }

  private static List<JsonValue> json(@Nullable Object... values) {
    return Arrays.stream(values).map(JsonValue::of).toList();
  }
}
