package io.henge.client;

import java.util.Optional;

/**
 * What became of a write of a document.
 *
 * @param version of the document afterwards; 0 = there is none
 * @param existed whether there was a document before; not looked up, and false, for an upsert
 *     without condition that does not return the previous one
 * @param returned the document before or afterwards, if it was asked for and exists
 */
public record DocumentResult<T>(long version, boolean existed, Optional<Stored<T>> returned) {}
