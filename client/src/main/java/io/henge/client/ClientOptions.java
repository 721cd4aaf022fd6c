package io.henge.client;

import io.henge.api.error.HengeException;
import java.time.Duration;

/**
 * Settings of a client.
 *
 * @param timeout for a call with all its retries, unless the call says otherwise
 * @param requestsInFlightMax requests that may wait for an answer; more are refused with BUSY
 * @param bytesInFlightMax the same in bytes
 */
public record ClientOptions(Duration timeout, int requestsInFlightMax, long bytesInFlightMax) {
  public static final ClientOptions DEFAULT =
      new ClientOptions(Duration.ofSeconds(5), 10_000, 64L << 20);

  public ClientOptions {
    if (timeout.compareTo(Duration.ofMillis(1)) < 0) {
      throw HengeException.invalid("timeout: at least 1 ms expected, found " + timeout);
    }
    if (requestsInFlightMax < 1) {
      throw HengeException.invalid(
          "requestsInFlightMax: at least 1 expected, found " + requestsInFlightMax);
    }
    if (bytesInFlightMax < 1) {
      throw HengeException.invalid(
          "bytesInFlightMax: at least 1 expected, found " + bytesInFlightMax);
    }
  }

  public ClientOptions withTimeout(Duration limit) {
    return new ClientOptions(limit, requestsInFlightMax, bytesInFlightMax);
  }

  public ClientOptions withRequestsInFlightMax(int requests) {
    return new ClientOptions(timeout, requests, bytesInFlightMax);
  }

  public ClientOptions withBytesInFlightMax(long bytes) {
    return new ClientOptions(timeout, requestsInFlightMax, bytes);
  }
}
