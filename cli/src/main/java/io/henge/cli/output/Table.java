package io.henge.cli.output;

import java.util.ArrayList;
import java.util.List;

/** Rows under headings, in columns two blanks apart; numbers to the right. Not thread-safe. */
public final class Table {
  private final List<String> headings;
  private final List<List<String>> rows = new ArrayList<>();
  private final boolean[] numeric;

  private Table(List<String> headings) {
    this.headings = headings;
    this.numeric = new boolean[headings.size()];
    java.util.Arrays.fill(numeric, true);
  }

  public static Table of(String... headings) {
    return new Table(List.of(headings));
  }

  /**
   * Adds a row. A column in which every cell is a {@link Number}, or empty, is set to the right.
   */
  public Table row(Object... cells) {
    if (cells.length != headings.size()) {
      throw new IllegalArgumentException(
          headings.size() + " columns expected, found " + cells.length);
    }
    List<String> row = new ArrayList<>(cells.length);
    for (int i = 0; i < cells.length; i++) {
      numeric[i] &= cells[i] instanceof Number || "".equals(cells[i]);
      row.add(printable(String.valueOf(cells[i])));
    }
    rows.add(row);
    return this;
  }

  public boolean isEmpty() {
    return rows.isEmpty();
  }

  /** Lines without a trailing line break or trailing blanks. */
  @Override
  public String toString() {
    int[] widths = new int[headings.size()];
    for (int i = 0; i < widths.length; i++) {
      widths[i] = width(headings.get(i));
      for (List<String> row : rows) {
        widths[i] = Math.max(widths[i], width(row.get(i)));
      }
    }
    StringBuilder out = new StringBuilder();
    append(out, headings, widths);
    for (List<String> row : rows) {
      out.append('\n');
      append(out, row, widths);
    }
    return out.toString();
  }

  private void append(StringBuilder out, List<String> cells, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String cell = cells.get(i);
      String blanks = " ".repeat(widths[i] - width(cell));
      boolean right = numeric[i] && !rows.isEmpty();
      line.append(i == 0 ? "" : "  ").append(right ? blanks + cell : cell + blanks);
    }
    out.append(line.toString().stripTrailing());
  }

  private static int width(String cell) {
    return cell.codePointCount(0, cell.length());
  }

  /** Names come from other machines: no cell may move the cursor or break the line. */
  private static String printable(String cell) {
    if (cell.chars().noneMatch(Character::isISOControl)) {
      return cell;
    }
    String quoted = Json.quote(cell);
    return quoted.substring(1, quoted.length() - 1);
  }
}
