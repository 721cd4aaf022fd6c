package io.henge.client;

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

  public ClientOptions withTimeout(Duration limit) {
    return new ClientOptions(limit, requestsInFlightMax, bytesInFlightMax);
  }
}
