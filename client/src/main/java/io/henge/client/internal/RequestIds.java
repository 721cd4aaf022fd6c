package io.henge.client.internal;

import io.henge.api.v1.RequestId;
import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The identities of one client's writes: a random id made at its start, and a number that rises.
 */
final class RequestIds {
  private final long high;
  private final long low;
  private final AtomicLong sequence = new AtomicLong();

  RequestIds() {
    SecureRandom random = new SecureRandom();
    this.high = random.nextLong();
    this.low = random.nextLong();
  }

  RequestId next() {
    return RequestId.newBuilder()
        .setClientHigh(high)
        .setClientLow(low)
        .setSequence(sequence.incrementAndGet())
        .build();
  }
}
