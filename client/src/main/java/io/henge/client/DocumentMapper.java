package io.henge.client;

import io.henge.client.internal.JacksonMapper;
import io.henge.document.value.JsonObject;

/**
 * Turns values of the application into documents and back. Thread-safe. Throws {@link
 * io.henge.api.error.HengeException} INVALID_ARGUMENT for what does not fit.
 */
public interface DocumentMapper<T> {
  /**
   * That of {@link HengeClient#documents(String, Class)}: by Jackson; members that the type does
   * not have are left out when a document is read.
   */
  static <T> DocumentMapper<T> of(Class<T> type) {
    return new JacksonMapper<>(type);
  }

  JsonObject toDocument(T value);

  T fromDocument(JsonObject document);
}
