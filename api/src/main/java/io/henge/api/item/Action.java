package io.henge.api.item;

/** What a write does to one item. */
public sealed interface Action {
  /** {@link Put#ttlMillis}, {@link Touch#ttlMillis}: the default of the collection. */
  long TTL_DEFAULT = 0;

  /** {@link Put#ttlMillis}, {@link Touch#ttlMillis}: never expires. */
  long TTL_NEVER = -1;

  /** Sets the value, and when it expires: milliseconds of replicated time from now. */
  record Put(Value value, long ttlMillis) implements Action {}

  /** Deletes the item; no error if there is none. */
  enum Remove implements Action {
    REMOVE
  }

  /** Adds to a counter; a missing item counts as 0. Keeps the expiry. */
  record Add(long delta) implements Action {}

  /** Appends to a value; a missing item counts as empty. Keeps the expiry. */
  record Append(byte[] bytes) implements Action {}

  /** Sets when the item expires; NOT_FOUND if there is none. */
  record Touch(long ttlMillis) implements Action {}

  /**
   * Changes parts of a document. Keeps the expiry, unless the document says when it expires.
   *
   * @param initial document to begin from if there is none; empty = NOT_FOUND then
   * @param patch in its binary form
   */
  record Patch(byte[] initial, byte[] patch) implements Action {}

  /** Changes nothing: a condition alone. */
  enum Check implements Action {
    CHECK
  }
}
