package io.henge.document.value;

import io.henge.api.error.HengeException;
import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Java's values as JSON. */
final class JavaValues {
  private JavaValues() {}

  static JsonValue toJson(@Nullable Object value, int depth) {
    if (value == null) {
      return JsonNull.NULL;
    }
    if (value instanceof JsonValue json) {
      return json;
    }
    if (value instanceof Boolean bool) {
      return JsonBoolean.of(bool);
    }
    if (value instanceof Number number) {
      return number(number);
    }
    if (value instanceof CharSequence || value instanceof Character) {
      return new JsonText(value.toString());
    }
    if (value instanceof Enum<?> constant) {
      return new JsonText(constant.name());
    }
    String text = JavaTexts.of(value);
    if (text != null) {
      return new JsonText(text);
    }
    if (depth >= JsonValue.DEPTH_MAX) {
      // Before the constructors find out: Java's collections may contain themselves.
      throw HengeException.invalid("value: deeper than " + JsonValue.DEPTH_MAX + " levels");
    }
    if (value instanceof Collection<?> collection) {
      List<JsonValue> elements = new ArrayList<>(collection.size());
      for (Object element : collection) {
        elements.add(toJson(element, depth + 1));
      }
      return JsonArray.of(elements);
    }
    if (value instanceof Map<?, ?> map) {
      return object(map, depth);
    }
    if (value.getClass().isArray()) {
      List<JsonValue> elements = new ArrayList<>(Array.getLength(value));
      for (int i = 0; i < Array.getLength(value); i++) {
        elements.add(toJson(Array.get(value, i), depth + 1));
      }
      return JsonArray.of(elements);
    }
    throw HengeException.invalid(
        "value: "
            + value.getClass().getName()
            + " has no JSON form here; convert it first (records and classes: DocumentMapper.of(...).toDocument"
            + " of the Java client)");
  }

  private static JsonObject object(Map<?, ?> map, int depth) {
    JsonObject.Builder builder = JsonObject.builder();
    for (Map.Entry<?, ?> member : map.entrySet()) {
      if (!(member.getKey() instanceof String name)) {
        throw HengeException.invalid("value: names of members are texts, found " + member.getKey());
      }
      builder.put(name, toJson(member.getValue(), depth + 1));
    }
    return builder.build();
  }

  private static JsonNumber number(Number number) {
    if (number instanceof Long
        || number instanceof Integer
        || number instanceof Short
        || number instanceof Byte) {
      return JsonNumber.of(number.longValue());
    }
    if (number instanceof BigDecimal decimal) {
      return JsonNumber.of(decimal);
    }
    if (number instanceof BigInteger whole) {
      return JsonNumber.of(new BigDecimal(whole));
    }
    if (number instanceof Double || number instanceof Float) {
      if (!Double.isFinite(number.doubleValue())) {
        throw HengeException.invalid("number: " + number + " has no JSON form");
      }
      return JsonNumber.of(new BigDecimal(number.toString()));
    }
    throw HengeException.invalid(
        "value: " + number.getClass().getName() + " has no JSON form here; convert it first");
  }
}
