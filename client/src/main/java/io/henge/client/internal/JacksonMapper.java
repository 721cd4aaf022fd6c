package io.henge.client.internal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.henge.api.error.HengeException;
import io.henge.client.DocumentMapper;
import io.henge.document.value.Json;
import io.henge.document.value.JsonObject;

/** Maps by way of JSON text, so that numbers stay exact. */
public final class JacksonMapper<T> implements DocumentMapper<T> {
  private static final JsonMapper JACKSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private final Class<T> type;

  public JacksonMapper(Class<T> type) {
    this.type = type;
  }

  @Override
  public JsonObject toDocument(T value) {
    try {
      return Json.parseObject(JACKSON.writeValueAsString(value));
    } catch (JsonProcessingException e) {
      throw HengeException.invalid(
          "document: Jackson cannot write " + type.getName() + ": " + e.getOriginalMessage());
    }
  }

  @Override
  public T fromDocument(JsonObject document) {
    try {
      return JACKSON.readValue(Json.print(document), type);
    } catch (JsonProcessingException e) {
      throw HengeException.invalid(
          "document: Jackson cannot read it as "
              + type.getName()
              + ": "
              + e.getOriginalMessage()
              + "; read it as JsonObject to look at it");
    }
  }
}
