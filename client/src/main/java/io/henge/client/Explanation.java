package io.henge.client;

import java.util.List;
import java.util.Optional;

/**
 * The path a request took.
 *
 * @param item what it found
 * @param node name of the node that served it
 * @param role of that node in the shard: leader or follower
 * @param attempts how often the client asked, 1 = no retry
 * @param stalenessMillis how far behind the answer may be, at most; -1 = unknown
 * @param steps in order, for people: routing, retries, forwarding, waiting, reading
 */
public record Explanation(
    Optional<Item> item,
    long shardId,
    long epoch,
    String node,
    String role,
    int attempts,
    long stalenessMillis,
    long serverMicros,
    long totalMicros,
    List<String> steps) {}
