package io.henge.api;

/**
 * What a cluster writes, and so what each of its nodes must be able to read. A cluster's level only
 * rises, to what every node reads; a node that reads less cannot enter. Numbers are permanent.
 */
public final class FeatureLevel {
  /** Items in plain collections. */
  public static final int ITEMS = 1;

  /** Collections of documents, and with them all that stands in logs and rows for documents. */
  public static final int DOCUMENTS = 2;

  /** Indexes, and copies and totals within a sharding key. */
  public static final int DERIVED = 3;

  /** Change streams, and copies from other shards. */
  public static final int CHANGES = 4;

  /** What this version reads, and the level of a cluster that it forms. */
  public static final int NEWEST = CHANGES;

  private FeatureLevel() {}

  /** What a level adds to the one before, in words. */
  public static String meaning(int level) {
    return switch (level) {
      case ITEMS -> "items in plain collections";
      case DOCUMENTS -> "collections of documents";
      case DERIVED -> "indexes, and copies and totals within a sharding key";
      case CHANGES -> "change streams, and copies from other shards";
      default -> "something that this version does not know";
    };
  }
}
