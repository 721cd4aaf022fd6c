package io.henge.testkit.history;

/** A key that is appended to and read. Empty at first. */
public final class AppendText implements Model<String> {
  /** Output: the text. */
  public record Read() {
    @Override
    public String toString() {
      return "read";
    }
  }

  /** Output: null. */
  public record Append(String text) {
    @Override
    public String toString() {
      return "append " + text;
    }
  }

  @Override
  public String initial() {
    return "";
  }

  @Override
  public Effect<String> apply(String state, Object input) {
    if (input instanceof Read) {
      return new Effect<>(state, state);
    } else if (input instanceof Append append) {
      return new Effect<>(state + append.text, null);
    }
    throw new IllegalArgumentException("not an operation on an appended text: " + input);
  }

  @Override
  public boolean isRead(Object input) {
    return input instanceof Read;
  }
}
