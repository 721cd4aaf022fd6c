package io.henge.client.internal.batch;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Bounds what waits for an answer, so that a slow cluster cannot fill the application's memory. */
public final class Admission {
  private static final long RETRY_AFTER_MILLIS = 10;

  private final int requestsMax;
  private final long bytesMax;
  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();

  public Admission(int requestsMax, long bytesMax) {
    this.requestsMax = requestsMax;
    this.bytesMax = bytesMax;
  }

  /**
   * Takes room for a request.
   *
   * @throws HengeException BUSY if there is none; nothing is taken then
   */
  public void admit(int size) {
    if (requests.incrementAndGet() > requestsMax) {
      requests.decrementAndGet();
      throw busy("requestsInFlightMax", requestsMax, "requests");
    }
    if (bytes.addAndGet(size) > bytesMax) {
      release(size);
      throw busy("bytesInFlightMax", bytesMax, "bytes of requests");
    }
  }

  public void release(int size) {
    requests.decrementAndGet();
    bytes.addAndGet(-size);
  }

  public int requests() {
    return requests.get();
  }

  private static HengeException busy(String limit, long max, String what) {
    return new HengeException(
        ErrorCode.BUSY,
        "client: as many "
            + what
            + " wait for answers as ClientOptions."
            + limit
            + " = "
            + max
            + " allows; wait for some, or raise the limit",
        RETRY_AFTER_MILLIS,
        null);
  }
}
