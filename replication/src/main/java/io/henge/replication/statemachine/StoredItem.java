package io.henge.replication.statemachine;

import io.henge.api.item.Value;

/**
 * An item as it is stored.
 *
 * @param key physical key
 * @param version 64-bit hybrid time: 48 bits of milliseconds, 16 bits of counter
 * @param expiresAtMillis replicated time; 0 = never
 */
public record StoredItem(byte[] key, Value value, long version, long expiresAtMillis) {}
