package io.henge.bench.copies;

import java.util.Map;

/**
 * One family read with its copies, and without them from the copies' sources.
 *
 * @param settings what it was measured with
 * @param documents in the family
 * @param sources different ones that the look-ups read
 * @param shards that the look-ups, and the family itself, lie on
 * @param differing documents whose copies are not what their sources say
 */
public record CopiesReport(
    Map<String, Object> settings,
    int documents,
    int sources,
    int shards,
    int differing,
    Cost withCopies,
    Cost withLookUps) {

  /**
   * What one reading costs.
   *
   * @param requests that were sent for it
   * @param bytes of messages in both directions
   */
  public record Cost(long p50Micros, long p99Micros, double requests, double bytes) {}
}
