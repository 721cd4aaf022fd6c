package io.henge.router.meta;

import org.jspecify.annotations.Nullable;

/**
 * A row of the meta state as it is stored.
 *
 * @param key its kind (one byte) and id
 * @param value a protobuf message; null = the row is deleted
 */
public record MetaRow(byte[] key, byte @Nullable [] value) {}
