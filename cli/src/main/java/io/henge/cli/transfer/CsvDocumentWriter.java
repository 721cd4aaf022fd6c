package io.henge.cli.transfer;

import de.siegmar.fastcsv.writer.CsvWriter;
import de.siegmar.fastcsv.writer.LineDelimiter;
import de.siegmar.fastcsv.writer.QuoteStrategies;
import io.henge.api.error.HengeException;
import io.henge.document.value.Json;
import io.henge.document.value.JsonNull;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonText;
import io.henge.document.value.JsonValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * CSV: a line with the names of the columns, then a record for each document. Text is as it is,
 * everything else as JSON; null, or no such member, is a field with nothing in it, and text of no
 * characters has quotes: so reading it tells one from the other.
 */
final class CsvDocumentWriter implements DocumentWriter {
  private final CsvWriter out;
  private final List<String> names;
  private final List<List<String>> paths = new ArrayList<>();

  /**
   * @param names of the columns; with dots, paths
   * @throws HengeException INVALID_ARGUMENT if a name is none
   */
  CsvDocumentWriter(Writer out, char delimiter, List<String> names) {
    this.out =
        CsvWriter.builder()
            .fieldSeparator(delimiter)
            .quoteCharacter(CsvOptions.QUOTE)
            .lineDelimiter(LineDelimiter.LF)
            .quoteStrategy(QuoteStrategies.EMPTY)
            .build(out);
    this.names = List.copyOf(names);
    CsvColumns.of(names);
    names.forEach(name -> paths.add(CsvColumns.steps(name)));
    this.out.writeRecord(this.names);
  }

  @Override
  public void write(JsonObject document) throws IOException {
    List<@Nullable String> fields = new ArrayList<>(paths.size());
    for (List<String> path : paths) {
      fields.add(text(at(document, path)));
    }
    try {
      out.writeRecord(fields);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static @Nullable JsonValue at(JsonObject document, List<String> path) {
    JsonValue value = document;
    for (String name : path) {
      value = value instanceof JsonObject object ? object.get(name) : null;
    }
    return value;
  }

  private static @Nullable String text(@Nullable JsonValue value) {
    if (value == null || value instanceof JsonNull) {
      return null;
    }
    return value instanceof JsonText text ? text.value() : Json.print(value);
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
