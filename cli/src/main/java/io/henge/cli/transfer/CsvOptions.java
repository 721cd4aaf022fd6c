package io.henge.cli.transfer;

import io.henge.api.error.HengeException;
import java.util.List;
import java.util.Map;

/**
 * How to read CSV. The form is that of RFC 4180, with line breaks of either kind.
 *
 * @param columns their names; empty = the first record has them
 * @param delimiter between fields
 * @param escape takes the next character as it is, within quotes; 0 = there is none
 * @param nulls texts of fields without quotes that stand for null
 * @param skipNulls whether such a field is left out of the document instead
 * @param types of columns, by name
 * @param otherwise the type of all other columns
 */
public record CsvOptions(
    List<String> columns,
    char delimiter,
    char escape,
    List<String> nulls,
    boolean skipNulls,
    Map<String, ColumnType> types,
    ColumnType otherwise) {
  static final char QUOTE = '"';

  public static final CsvOptions DEFAULT =
      new CsvOptions(List.of(), ',', '\0', List.of(""), false, Map.of(), ColumnType.TEXT);

  /**
   * Checked options.
   *
   * @throws HengeException INVALID_ARGUMENT if characters clash or are not ASCII
   */
  public CsvOptions {
    columns = List.copyOf(columns);
    nulls = List.copyOf(nulls);
    types = Map.copyOf(types);
    requirePlain("--delimiter", delimiter);
    if (escape != 0) {
      requirePlain("--escape", escape);
      if (escape == delimiter) {
        throw HengeException.invalid("--escape: it is the delimiter, another character expected");
      }
    }
  }

  private static void requirePlain(String option, char c) {
    if (c >= 128 || c == '\n' || c == '\r' || c == QUOTE) {
      throw HengeException.invalid(
          option + ": an ASCII character other than a quote or a line break expected");
    }
  }

  RecordSplitter.Quoting quoting() {
    return new RecordSplitter.Quoting(delimiter, QUOTE, escape);
  }
}
