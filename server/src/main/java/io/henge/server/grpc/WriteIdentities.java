package io.henge.server.grpc;

import io.henge.api.v1.Request;
import io.henge.api.v1.RequestId;
import io.henge.api.v1.WriteRequest;
import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Gives writes that came without one an identity and a not-after time, once: whatever this node
 * then retries or passes on takes effect once. Thread-safe.
 */
final class WriteIdentities {
  private final long high;
  private final long low;
  private final AtomicLong sequence = new AtomicLong();
  private final LongSupplier clusterMillis;

  /**
   * As a client of its own.
   *
   * @param clusterMillis the cluster's clock
   */
  WriteIdentities(LongSupplier clusterMillis) {
    SecureRandom random = new SecureRandom();
    this.high = random.nextLong();
    this.low = random.nextLong();
    this.clusterMillis = clusterMillis;
  }

  Request complete(Request request, int timeoutMillis) {
    if (!request.hasWrite()) {
      return request;
    }
    WriteRequest write = request.getWrite();
    if (write.hasRequestId() && write.getNotAfterMillis() != 0) {
      return request;
    }
    WriteRequest.Builder complete = write.toBuilder();
    if (!write.hasRequestId()) {
      complete.setRequestId(
          RequestId.newBuilder()
              .setClientHigh(high)
              .setClientLow(low)
              .setSequence(sequence.incrementAndGet()));
    }
    if (write.getNotAfterMillis() == 0) {
      complete.setNotAfterMillis(clusterMillis.getAsLong() + timeoutMillis);
    }
    return request.toBuilder().setWrite(complete).build();
  }
}
