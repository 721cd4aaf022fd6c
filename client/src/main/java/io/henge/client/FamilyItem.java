package io.henge.client;

/**
 * One of the items and documents of a sharding key.
 *
 * @param collection name of its collection
 */
public record FamilyItem(String collection, Item item) {}
