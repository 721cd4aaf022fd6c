package io.henge.document.value;

import io.henge.api.error.HengeException;

/**
 * A text.
 *
 * @param value Unicode: every surrogate has its pair, so that UTF-8 keeps it as it is
 */
public record JsonText(String value) implements JsonValue {
  /** Characters that are looked at in one step. */
  private static final int CHARS_PER_STEP = 64;

  public JsonText {
    int lone = TextOrder.loneSurrogate(value);
    if (lone >= 0) {
      throw HengeException.invalid(
          "text: character "
              + lone
              + " is half a surrogate pair (U+"
              + Integer.toHexString(value.charAt(lone))
              + "), which no UTF-8 can carry");
    }
  }

  @Override
  public Type type() {
    return Type.TEXT;
  }

  @Override
  public int depth() {
    return 0;
  }

  @Override
  public int weight() {
    return 1 + value.length() / CHARS_PER_STEP;
  }

  /** As JSON: quoted. */
  @Override
  public String toString() {
    return Json.print(this);
  }
}
