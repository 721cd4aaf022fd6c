package io.henge.api.item;

/** What must hold for a write to take effect; evaluated where the write is applied. */
public sealed interface Condition {
  /** Nothing. */
  enum None implements Condition {
    NONE
  }

  /** There is no item. */
  enum Absent implements Condition {
    ABSENT
  }

  /** There is an item. */
  enum Present implements Condition {
    PRESENT
  }

  /** There is an item, and this is its version. */
  record VersionIs(long version) implements Condition {}

  /** There is an item, and this is its value. */
  record ValueIs(Value value) implements Condition {}

  /**
   * There is a document, and it matches.
   *
   * @param filter in its binary form
   */
  record Matches(byte[] filter) implements Condition {}

  static Condition none() {
    return None.NONE;
  }

  static Condition absent() {
    return Absent.ABSENT;
  }

  static Condition present() {
    return Present.PRESENT;
  }
}
