package io.henge.bench.copies;

import io.henge.api.key.Key;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * What to rename, and what goes on meanwhile.
 *
 * @param connect addresses of a cluster
 * @param source collection of the document that is renamed; one document a sharding key
 * @param key of that document
 * @param holders collection whose documents follow it, sharded by one path
 * @param rounds how often it is renamed; at the end it has its old name
 * @param splits rounds in which the shard with most copies is split midway; the first is 1
 * @param midway command of a shell that is begun when the first copy is right, with HENGE_ROUND,
 *     and in HENGE_LEADER the name of the node that led the source's shard; empty = none
 * @param after the same when all copies are right; waited for; empty = none
 * @param rate writes a second of the load
 * @param threads of the load, each with one write in flight
 * @param missing nodes that may be away when a round begins
 * @param calm for how long there is nothing but the load, before each round
 */
public record RenameOptions(
    List<String> connect,
    String source,
    Key key,
    String holders,
    int rounds,
    Set<Integer> splits,
    String midway,
    String after,
    int rate,
    int threads,
    int missing,
    Duration calm) {
  public RenameOptions {
    connect = List.copyOf(connect);
    splits = Set.copyOf(splits);
  }
}
