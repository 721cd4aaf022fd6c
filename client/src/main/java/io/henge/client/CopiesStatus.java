package io.henge.client;

import io.henge.api.key.Key;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How declared copies keep up with their sources.
 *
 * @param copies in order of the collections that hold them; those that were dropped not among them
 * @param silentShards whose leader has told nothing: what they have is missing in the figures
 * @param silentNodes names of nodes that did not answer
 */
public record CopiesStatus(
    List<Figures> copies, List<Long> silentShards, List<String> silentNodes) {
  public CopiesStatus {
    copies = List.copyOf(copies);
    silentShards = List.copyOf(silentShards);
    silentNodes = List.copyOf(silentNodes);
  }

  /**
   * One declared copy. All but the first says something of copies that follow only; the others are
   * right in every state that can be read, or are meant to stay as they were written.
   *
   * @param status what is declared, and how far it is built
   * @param holders how many copies there are: several in one document count each
   * @param moreHolders there are more, counting was broken off (at a million a shard)
   * @param bound as declared
   * @param lag for how long the oldest change waits that has not reached all of its copies, or
   *     document that is not registered at what it follows; zero = none waits
   * @param worstLag longest that a change took, or has been waiting, as present leaders know it: of
   *     the last hour at most
   * @param oldest what the lag is about
   * @param outboxRows sources at which a shard with copies is still to be registered
   * @param fanoutRows sources with a change that has not reached all of its copies
   * @param holdersChanged copies changed after their sources, of the time of {@code worstLag}
   * @param shards that have anything of it
   */
  public record Figures(
      Admin.CopyStatus status,
      long holders,
      boolean moreHolders,
      Duration bound,
      Duration lag,
      Duration worstLag,
      Optional<Source> oldest,
      long outboxRows,
      long fanoutRows,
      long holdersChanged,
      List<Shard> shards) {
    public Figures {
      shards = List.copyOf(shards);
    }

    /** Whether it follows: else there are no figures. */
    public boolean follows() {
      return !bound.isZero();
    }
  }

  /** A document that is copied from. */
  public record Source(String collection, Key shardingKey, Key id) {}

  /**
   * What one shard has of it.
   *
   * @param node id of its leader
   */
  public record Shard(
      long id,
      String node,
      long holders,
      boolean moreHolders,
      Duration lag,
      Duration worstLag,
      long outboxRows,
      long fanoutRows) {}
}
