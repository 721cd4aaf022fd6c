package io.henge.client.internal;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.henge.api.error.HengeException;
import io.henge.client.DocumentMapper;
import io.henge.document.value.Json;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonText;
import io.henge.document.value.JsonValue;
import java.io.IOException;
import java.time.Instant;

/** Maps by way of JSON text, so that numbers stay exact. */
public final class JacksonMapper<T> implements DocumentMapper<T> {
  private static final JsonMapper JACKSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
          .addModules(
              new JavaTimeModule(),
              new Jdk8Module(),
              new SimpleModule("henge").addSerializer(Instant.class, new Moment()))
          .build();

  /** As in filters and patches: the order of these texts is that of time. */
  private static final class Moment extends StdSerializer<Instant> {
    private static final long serialVersionUID = 1;

    Moment() {
      super(Instant.class);
    }

    @Override
    public void serialize(Instant moment, JsonGenerator out, SerializerProvider provider)
        throws IOException {
      out.writeString(((JsonText) JsonValue.of(moment)).value());
    }
  }

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
