package io.henge.api;

/**
 * Limits of one request, checked before anything is allocated or replicated.
 *
 * @param keyBytesMax largest physical key (token, sharding key, collection id, sort key), in bytes
 * @param valueBytesMax largest value, in bytes
 * @param batchMutationsMax most mutations in one write
 * @param batchBytesMax largest write, keys and values together, in bytes
 * @param pageItemsMax most items in one page of a scan
 * @param pageBytesMax most bytes in one page of a scan (a single larger item still fits)
 * @param timeoutMillisMax longest time a caller may wait, and a write may be retried for
 */
public record Limits(
    int keyBytesMax,
    int valueBytesMax,
    int batchMutationsMax,
    int batchBytesMax,
    int pageItemsMax,
    int pageBytesMax,
    int timeoutMillisMax) {

  public static final Limits DEFAULT =
      new Limits(4 << 10, 1 << 20, 1_000, 2 << 20, 10_000, 2 << 20, 60_000);
}
