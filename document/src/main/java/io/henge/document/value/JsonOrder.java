package io.henge.document.value;

/** The order of all values, as {@link JsonValue} describes it. */
final class JsonOrder {
  private JsonOrder() {}

  static int compare(JsonValue left, JsonValue right) {
    if (left == right) {
      return 0;
    }
    if (left.type() != right.type()) {
      return left.type().compareTo(right.type());
    }
    if (left instanceof JsonText a && right instanceof JsonText b) {
      return TextOrder.compare(a.value(), b.value());
    }
    if (left instanceof JsonNumber a && right instanceof JsonNumber b) {
      return a.compareWorth(b);
    }
    if (left instanceof JsonBoolean a && right instanceof JsonBoolean b) {
      return Boolean.compare(a.value(), b.value());
    }
    if (left instanceof JsonArray a && right instanceof JsonArray b) {
      return compareArrays(a, b);
    }
    if (left instanceof JsonObject a && right instanceof JsonObject b) {
      return compareObjects(a, b);
    }
    return 0;
  }

  private static int compareArrays(JsonArray left, JsonArray right) {
    int common = Math.min(left.size(), right.size());
    for (int i = 0; i < common; i++) {
      int comparison = compare(left.get(i), right.get(i));
      if (comparison != 0) {
        return comparison;
      }
    }
    return Integer.compare(left.size(), right.size());
  }

  private static int compareObjects(JsonObject left, JsonObject right) {
    int[] leftOrder = left.sorted();
    int[] rightOrder = right.sorted();
    int common = Math.min(leftOrder.length, rightOrder.length);
    for (int i = 0; i < common; i++) {
      int a = leftOrder[i];
      int b = rightOrder[i];
      int comparison = TextOrder.compare(left.names().get(a), right.names().get(b));
      if (comparison == 0) {
        comparison = compare(left.values().get(a), right.values().get(b));
      }
      if (comparison != 0) {
        return comparison;
      }
    }
    return Integer.compare(leftOrder.length, rightOrder.length);
  }
}
