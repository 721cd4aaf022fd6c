package io.henge.replication.statemachine;

/**
 * Something that is not as the documents say.
 *
 * @param id of the index or rule
 * @param key physical key of the document that it is about (of SOURCE ones that is the source), or
 *     the row's key if that has none
 */
public record Difference(Kind kind, int id, byte[] key) {
  /** What is wrong. */
  public enum Kind {
    /** A row of an index, a list or a total is missing. */
    ROW_MISSING,
    /** A row is there that nothing gives. */
    ROW_STRAY,
    /** A total says something else. */
    ROW_WRONG,
    /** A field that a rule owns says something else. */
    FIELD_WRONG,
    /** A followed copy is an older one, and nothing is on its way that would change that. */
    FIELD_STALE,
    /** A document has a followed copy, and is not in the list by which changes find it. */
    HOLDER_MISSING,
    /** A document is in that list, and has no such copy. */
    HOLDER_STRAY,
    /** The list says that a document's copy is newer than anything known of the source. */
    HOLDER_WRONG,
    /** What a shard has been told of a source is not what the source says. */
    SOURCE_WRONG,
    /** Nothing at the source says that there are copies here: a change of it would not come. */
    SOURCE_UNWATCHED
  }
}
