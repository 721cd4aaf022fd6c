package io.henge.document;

/**
 * Limits of documents. Those that a cluster can choose are in the record; those that are part of
 * what a document is are constants, equal everywhere.
 *
 * <p>What {@link io.henge.document.patch.Patch#apply} is given must be the same on every replica:
 * it comes from the log, never from a configuration.
 *
 * @param bytesMax largest document in its binary form, in bytes
 * @param textBytesMax largest JSON text that is parsed, in bytes of UTF-8; any document within
 *     {@code bytesMax} printed without white space fits into eight times as much
 * @param depthMax most arrays and objects within each other; at most {@link #DEPTH_CEILING}
 * @param arrayElementsMax most elements of one array
 * @param stepsMax steps that one filter or patch may take on one document; see {@link Steps}
 */
public record DocumentLimits(
    int bytesMax, int textBytesMax, int depthMax, int arrayElementsMax, long stepsMax) {

  /** Most digits of a number: the d of {@code d x 10^e}, without leading zeros. */
  public static final int NUMBER_DIGITS_MAX = 1_000;

  /**
   * Largest exponent of a number, and the negative of the smallest: the e of {@code d x 10^e} with
   * whole d.
   */
  public static final int NUMBER_EXPONENT_MAX = 6_144;

  /** What {@link #depthMax} may be at most: what has been stored can be read under any setting. */
  public static final int DEPTH_CEILING = 500;

  /** Most steps (members, indexes) of a path. */
  public static final int PATH_STEPS_MAX = 64;

  /** Longest text of a path, in characters. */
  public static final int PATH_CHARS_MAX = 4_096;

  /** Longest text of a filter, in characters. */
  public static final int FILTER_CHARS_MAX = 64 << 10;

  /** Most filters within each other. */
  public static final int FILTER_DEPTH_MAX = 64;

  /** Most filters within one, itself and all values of {@code in} counted. */
  public static final int FILTER_TERMS_MAX = 10_000;

  /** Longest pattern of {@code matches}, in characters. */
  public static final int PATTERN_CHARS_MAX = 1_000;

  /** Most operations of one patch. */
  public static final int PATCH_OPERATIONS_MAX = 1_000;

  public static final DocumentLimits DEFAULT =
      new DocumentLimits(1 << 20, 8 << 20, 100, 100_000, 4_000_000);

  public DocumentLimits {
    if (bytesMax < 16 || textBytesMax < 16 || arrayElementsMax < 1 || stepsMax < 1) {
      throw new IllegalArgumentException("a document limit is too small");
    }
    if (depthMax < 1 || depthMax > DEPTH_CEILING) {
      throw new IllegalArgumentException(
          "depthMax is " + depthMax + ", must be from 1 to " + DEPTH_CEILING);
    }
  }
}
