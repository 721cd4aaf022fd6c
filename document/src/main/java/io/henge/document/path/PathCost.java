package io.henge.document.path;

/** What following a path costs, in steps; see {@link PathReader}. These are part of the formats. */
public final class PathCost {
  /** A step that the value has no place for. */
  public static final int NOWHERE = 1;

  /** To go into an array at any element. */
  public static final int ANY = 1;

  /** Each element looked at. */
  public static final int ANY_ELEMENT = 1;

  private static final int SKIPPED_PER_STEP = 16;

  private PathCost() {}

  /**
   * To find a member.
   *
   * @param members of the object
   */
  public static int member(int members) {
    return 1 + members / SKIPPED_PER_STEP;
  }

  /** To find an element. */
  public static int index(int index, int elements) {
    return 1 + Math.min(index, elements) / SKIPPED_PER_STEP;
  }
}
