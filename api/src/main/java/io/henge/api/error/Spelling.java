package io.henge.api.error;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** What a mistyped word may have been meant to be, for the messages of errors. */
public final class Spelling {
  private Spelling() {}

  /**
   * The word nearest to what was typed, if one is near: at most two slips, fewer if it is short.
   */
  public static Optional<String> nearest(String typed, Collection<String> words) {
    String lower = typed.toLowerCase(Locale.ROOT);
    String best = null;
    int least = Math.max(1, Math.min(2, lower.length() / 2)) + 1;
    for (String word : words) {
      int slips = slips(lower, word);
      if (slips < least) {
        least = slips;
        best = word;
      }
    }
    return Optional.ofNullable(best);
  }

  /**
   * Letters to insert, remove, replace or swap with their neighbour to get from one to the other.
   */
  private static int slips(String a, String b) {
    int[][] slips = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          slips[i][j] = i + j;
          continue;
        }
        int replace = slips[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        slips[i][j] = Math.min(replace, Math.min(slips[i - 1][j], slips[i][j - 1]) + 1);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          slips[i][j] = Math.min(slips[i][j], slips[i - 2][j - 2] + 1);
        }
      }
    }
    return slips[a.length()][b.length()];
  }
}
