package io.henge.client;

import io.henge.document.value.JsonObject;

/**
 * Turns values of the application into documents and back. Thread-safe. Throws {@link
 * io.henge.api.error.HengeException} INVALID_ARGUMENT for what does not fit.
 */
public interface DocumentMapper<T> {
  JsonObject toDocument(T value);

  T fromDocument(JsonObject document);
}
