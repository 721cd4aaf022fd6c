package io.henge.api.item;

/**
 * The identity of one write for ever: a retry under the same identity takes effect once.
 *
 * @param clientHigh upper half of the client's random id
 * @param clientLow lower half of it
 * @param sequence rises with every write of the client, from 1
 */
public record RequestId(long clientHigh, long clientLow, long sequence) {}
