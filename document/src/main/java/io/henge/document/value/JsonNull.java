package io.henge.document.value;

/** The value {@code null}: there, and nothing. */
public final class JsonNull implements JsonValue {
  public static final JsonNull NULL = new JsonNull();

  private JsonNull() {}

  @Override
  public Type type() {
    return Type.NULL;
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
    return "null";
  }
}
