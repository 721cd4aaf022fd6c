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
   * not have are left out when a document is read. Times of {@code java.time} are texts as in ISO
   * 8601, an {@code Instant} with nine digits behind the second, so that it sorts as the text that
   * it is, and filters and patches take it; an empty {@code Optional} is null. For parts of
   * documents, too: what is pushed in a patch, for instance.
   */
  static <T> DocumentMapper<T> of(Class<T> type) {
    return new JacksonMapper<>(type);
  }

  JsonObject toDocument(T value);

  T fromDocument(JsonObject document);
}
