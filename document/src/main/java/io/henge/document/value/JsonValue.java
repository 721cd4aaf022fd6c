package io.henge.document.value;

import io.henge.document.DocumentLimits;
import org.jspecify.annotations.Nullable;

/**
 * A JSON value: immutable, exact, at most {@link #DEPTH_MAX} levels deep.
 *
 * <p><b>Order.</b> All values of all types have one order, used for sorting, {@code min} and {@code
 * max}, and indexes: null &lt; false &lt; true &lt; numbers &lt; texts &lt; arrays &lt; objects.
 * Numbers compare by what they are worth (1.5 and 1.50 are the same), texts by code points (the
 * order of their UTF-8 bytes), arrays element by element, a prefix before the longer one; objects
 * as the lists of their members sorted by name, name first, then value: the order of members within
 * an object does not matter.
 *
 * <p><b>Equality.</b> {@link #sameAs} (equal to {@code compareTo} giving 0) is equality of what is
 * meant. {@code equals} is stricter, as with {@link java.math.BigDecimal}: equal values have equal
 * text and equal binary form, so 1.5 does not equal 1.50 and the order of members matters.
 */
public sealed interface JsonValue extends Comparable<JsonValue>
    permits JsonNull, JsonBoolean, JsonNumber, JsonText, JsonArray, JsonObject {

  /** Deepest value that can be made: what limits allow, and a path on top of it. */
  int DEPTH_MAX = 2 * DocumentLimits.DEPTH_CEILING;

  /** The types, in their order. */
  enum Type {
    NULL(1, "null"),
    BOOLEAN(2, "a boolean"),
    NUMBER(4, "a number"),
    TEXT(8, "a text"),
    ARRAY(16, "an array"),
    OBJECT(32, "an object");

    private final int bit;
    private final String words;

    Type(int bit, String words) {
      this.bit = bit;
      this.words = words;
    }

    /** For messages: with its article. */
    public String words() {
      return words;
    }

    /** The bit of this type in a set of types. */
    public int bit() {
      return bit;
    }
  }

  Type type();

  /** Arrays and objects within each other: 0 for the other types, 1 for an empty array. */
  int depth();

  /** Steps that it takes to look at all of it: grows with its parts and the length of its texts. */
  int weight();

  /** The order of all values; see above. */
  @Override
  default int compareTo(JsonValue other) {
    return JsonOrder.compare(this, other);
  }

  /** Whether both mean the same: numbers by worth, objects whatever the order of members. */
  default boolean sameAs(JsonValue other) {
    return JsonOrder.compare(this, other) == 0;
  }

  /**
   * The JSON value of a Java value: null, a {@code JsonValue}, boolean, any whole number, {@code
   * BigDecimal}, finite {@code double} or {@code float} (its shortest decimal form), text, enum
   * (its name), collection, array or map with texts as keys.
   *
   * @throws io.henge.api.error.HengeException INVALID_ARGUMENT for anything else
   */
  static JsonValue of(@Nullable Object value) {
    return JavaValues.toJson(value, 0);
  }
}
