package io.henge.document.value;

/** {@code true} or {@code false}. */
public record JsonBoolean(boolean value) implements JsonValue {
  public static final JsonBoolean TRUE = new JsonBoolean(true);
  public static final JsonBoolean FALSE = new JsonBoolean(false);

  public static JsonBoolean of(boolean value) {
    return value ? TRUE : FALSE;
  }

  @Override
  public Type type() {
    return Type.BOOLEAN;
  }

  @Override
  public int depth() {
    return 0;
  }

  @Override
  public int weight() {
    return 1;
  }

  @Override
  public String toString() {
    return value ? "true" : "false";
  }
}
