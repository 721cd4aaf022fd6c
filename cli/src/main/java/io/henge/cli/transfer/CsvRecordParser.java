package io.henge.cli.transfer;

import de.siegmar.fastcsv.reader.AbstractBaseCsvCallbackHandler;
import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import io.henge.api.error.HengeException;
import io.henge.document.value.JsonNull;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonValue;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * CSV: a document of each record, with the columns as its members. Each record is parsed by itself,
 * so that a malformed one does no harm to the others. Not thread-safe.
 */
final class CsvRecordParser implements RecordParser {
  private final CsvOptions options;
  private final Fields fields = new Fields();
  private final CsvReader.CsvReaderBuilder reader;
  private final CsvColumns columns;
  private final List<ColumnType> types = new ArrayList<>();
  private final Set<String> nulls;

  /**
   * A parser.
   *
   * @param names of the columns
   * @throws HengeException INVALID_ARGUMENT if they cannot be members of one document, or a type is
   *     given for a column that there is not
   */
  CsvRecordParser(CsvOptions options, List<String> names) {
    this.options = options;
    this.reader = reader(options);
    this.columns = CsvColumns.of(names);
    this.nulls = Set.copyOf(options.nulls());
    for (String name : names) {
      types.add(options.types().getOrDefault(name, options.otherwise()));
    }
    for (String name : options.types().keySet()) {
      if (!names.contains(name)) {
        throw HengeException.invalid(
            "--types: there is no column " + name + " among " + String.join(", ", names));
      }
    }
  }

  /**
   * The fields of a record that has the names of the columns.
   *
   * @throws HengeException INVALID_ARGUMENT if it is malformed
   */
  static List<String> names(CsvOptions options, byte[] header) {
    return read(reader(options), new Fields(), text(header, options)).texts.stream()
        .map(String::strip)
        .toList();
  }

  private static CsvReader.CsvReaderBuilder reader(CsvOptions options) {
    return CsvReader.builder()
        .fieldSeparator(options.delimiter())
        .quoteCharacter(CsvOptions.QUOTE)
        .allowUnclosedQuote(false);
  }

  @Override
  public JsonObject parse(byte[] record) {
    Fields found = read(reader, fields, text(record, options));
    if (found.texts.size() != types.size()) {
      throw HengeException.invalid(
          "CSV: "
              + types.size()
              + " fields expected, found "
              + found.texts.size()
              + "; check the columns, the delimiter and the quotes");
    }
    return columns.document(this::value);
  }

  private @Nullable JsonValue value(int column) {
    String text = fields.texts.get(column);
    boolean quoted = fields.quoted.get(column);
    if (!quoted && nulls.contains(text)) {
      return options.skipNulls() ? null : JsonNull.NULL;
    }
    try {
      return types.get(column).value(text, quoted);
    } catch (HengeException e) {
      throw HengeException.invalid("column " + columns.name(column) + ": " + e.getMessage());
    }
  }

  private static Fields read(CsvReader.CsvReaderBuilder reader, Fields into, String text) {
    try {
      if (text.indexOf('\r') >= 0) {
        requireOneRecord(reader, text);
      }
      return reader.ofSingleCsvRecord(into, text);
    } catch (CsvParseException e) {
      String reason = String.valueOf(e.getMessage()).replace(" (record starting at line 1)", "");
      throw HengeException.invalid("CSV: " + reason);
    }
  }

  /** A carriage return alone ends a record for the library, and is part of one for us. */
  private static void requireOneRecord(CsvReader.CsvReaderBuilder reader, String text) {
    Iterator<Fields> records = reader.build(new Fields(), text).iterator();
    records.next();
    if (records.hasNext()) {
      throw HengeException.invalid(
          "CSV: found a carriage return outside of quotes, expected one before a line break only");
    }
  }

  private static String text(byte[] record, CsvOptions options) {
    String text = new String(record, StandardCharsets.UTF_8);
    // What was malformed has become U+FFFD. Looking for that is cheaper than a strict decoder.
    if (text.indexOf('\uFFFD') >= 0) {
      try {
        StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(record));
      } catch (CharacterCodingException e) {
        throw HengeException.invalid(
            "CSV: the text is not UTF-8; convert the file, for example with iconv");
      }
    }
    return options.escape() != 0 && text.indexOf(options.escape()) >= 0
        ? unescaped(text, options)
        : text;
  }

  /**
   * The same record without escapes, as RFC 4180 has it. Only what is quoted has escapes: {@code
   * \N} for null stays as it is.
   */
  private static String unescaped(String text, CsvOptions options) {
    StringBuilder out = new StringBuilder(text.length() + 16);
    boolean quoted = false;
    boolean fieldStart = true;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quoted && c == options.escape() && i + 1 < text.length()) {
        char next = text.charAt(++i);
        out.append(
            switch (next) {
              case 'n' -> "\n";
              case 'r' -> "\r";
              case 't' -> "\t";
              case CsvOptions.QUOTE -> "\"\"";
              default -> String.valueOf(next);
            });
        continue;
      }
      if (quoted) {
        quoted = c != CsvOptions.QUOTE;
        fieldStart = !quoted;
      } else {
        quoted = fieldStart && c == CsvOptions.QUOTE;
        fieldStart = c == options.delimiter();
      }
      out.append(c);
    }
    return out.toString();
  }

  /** What the library finds in a record. */
  private static final class Fields extends AbstractBaseCsvCallbackHandler<Fields> {
    final List<String> texts = new ArrayList<>();
    final List<Boolean> quoted = new ArrayList<>();

    @Override
    protected void handleBegin(long line) {
      texts.clear();
      quoted.clear();
    }

    @Override
    protected void handleField(int index, char[] buffer, int offset, int length, boolean inQuotes) {
      texts.add(new String(buffer, offset, length));
      quoted.add(inQuotes);
    }

    @Override
    protected Fields buildRecord() {
      return this;
    }
  }
}
