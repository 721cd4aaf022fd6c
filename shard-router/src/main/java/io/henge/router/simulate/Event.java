package io.henge.router.simulate;

import java.util.Locale;

/**
 * Something that happens to a cluster.
 *
 * @param count how many nodes, or which zone (by its place, from 1)
 */
public record Event(Kind kind, int count) {
  /** What happens. */
  public enum Kind {
    NODE_JOINS,
    NODES_DIE,
    ZONE_DIES,
    NODES_DRAIN,
    NOTHING;

    /** As it is written. */
    public String word() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /**
   * Reads {@code node-joins}, {@code nodes-die:10}, {@code zone-dies}, {@code nodes-drain:3} or
   * {@code nothing}; without a number it is 1.
   *
   * @throws IllegalArgumentException with what there is
   */
  public static Event parse(String text) {
    int colon = text.indexOf(':');
    String word = colon < 0 ? text : text.substring(0, colon);
    String number = colon < 0 ? "1" : text.substring(colon + 1);
    for (Kind kind : Kind.values()) {
      if (kind.word().equals(word) && number.matches("[1-9][0-9]{0,4}")) {
        return new Event(kind, Integer.parseInt(number));
      }
    }
    throw new IllegalArgumentException(
        "found '"
            + text
            + "', expected node-joins, nodes-die, zone-dies, nodes-drain or nothing, with a number"
            + " behind a colon if it is not 1; example: nodes-die:10");
  }

  @Override
  public String toString() {
    return kind.word() + ":" + count;
  }
}
