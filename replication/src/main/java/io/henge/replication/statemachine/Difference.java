package io.henge.replication.statemachine;

/**
 * Something that is not as the documents say.
 *
 * @param id of the index or rule
 * @param key physical key of the document that it is about, or the row's key if that has none
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
    FIELD_WRONG
  }
}
