package io.henge.client;

/**
 * One of the items and documents of a sharding key.
 *
 * @param collection name of its collection
 */
public record FamilyItem(String collection, Item item) {
  /**
   * The document as a record or class of the application.
   *
   * @throws io.henge.api.error.HengeException INVALID_ARGUMENT if Jackson cannot make one of it
   * @throws IllegalStateException if it is no document
   */
  public <T> T as(Class<T> type) {
    return DocumentMapper.of(type).fromDocument(item.document());
  }
}
