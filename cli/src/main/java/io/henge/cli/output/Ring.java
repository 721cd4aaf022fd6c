package io.henge.cli.output;

import java.util.List;

/** The picture of the ring in a terminal: a circle of stones, each marked with its shard. */
public final class Ring {
  private static final String MARKS =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  private static final int[] COLOURS = {36, 33, 35, 32, 34, 31};

  /** Cells of a terminal are twice as high as wide. */
  private static final double ASPECT = 2.0;

  private Ring() {}

  /**
   * A shard's part of the ring.
   *
   * @param start its first position, 0 (inclusive) to 1 (exclusive), clockwise from the top
   */
  public record Arc(long shard, double start, String leader) {}

  /** A position on the ring (an unsigned token) as a fraction of it. */
  public static double fraction(long token) {
    return (token >>> 11) * 0x1.0p-53;
  }

  /** The mark of the n-th shard in the picture; from the 63rd shard on they repeat. */
  public static char mark(int index) {
    return MARKS.charAt(index % MARKS.length());
  }

  /**
   * Draws a circle.
   *
   * @param arcs in order of their start; the first starts at 0
   * @param radius in lines
   * @param colour with escape sequences for colours
   */
  public static String draw(List<Arc> arcs, int radius, boolean colour) {
    String label = arcs.size() + (arcs.size() == 1 ? " shard" : " shards");
    int columns = (int) (radius * ASPECT);
    StringBuilder out = new StringBuilder();
    for (int y = -radius; y <= radius; y++) {
      StringBuilder line = new StringBuilder();
      for (int x = -columns; x <= columns; x++) {
        int letter = y == 0 ? x + label.length() / 2 : -1;
        double distance = Math.hypot(x / ASPECT, y);
        if (Math.abs(distance - radius) < 0.5) {
          appendStone(line, arcs, position(x, y), colour);
        } else if (letter >= 0 && letter < label.length()) {
          line.append(label.charAt(letter));
        } else {
          line.append(' ');
        }
      }
      out.append(line.toString().stripTrailing()).append(y < radius ? "\n" : "");
    }
    return out.toString();
  }

  private static double position(int x, int y) {
    double turn = Math.atan2(x / ASPECT, -y) / (2 * Math.PI);
    return turn < 0 ? turn + 1 : turn;
  }

  private static void appendStone(
      StringBuilder line, List<Arc> arcs, double position, boolean colour) {
    int index = 0;
    while (index + 1 < arcs.size() && arcs.get(index + 1).start() <= position) {
      index++;
    }
    if (colour) {
      line.append("\u001b[").append(COLOURS[index % COLOURS.length]).append('m');
    }
    line.append(mark(index));
    if (colour) {
      line.append("\u001b[0m");
    }
  }
}
