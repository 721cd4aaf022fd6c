package io.henge.cli;

import io.henge.api.error.HengeException;
import io.henge.cli.transfer.ColumnType;
import io.henge.cli.transfer.CsvOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** How a file of documents is written. */
final class CsvOption {
  /** Forms of files. */
  enum Form {
    JSONL,
    CSV,
    TSV
  }

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = {
        "jsonl, csv or tsv (default: as the name of the file ends; csv with --columns; else jsonl)."
      })
  private @Nullable Form form;

  @Option(
      names = "--columns",
      paramLabel = "A,B,C",
      split = ",",
      description = {
        "CSV: the columns; a name with dots is a path (address.city). To import they are for a",
        "file that has no line with their names, and - leaves a column out. An export begins",
        "with that line."
      })
  List<String> columns = new ArrayList<>();

  @Option(
      names = "--delimiter",
      paramLabel = "CHAR",
      converter = OneCharacter.class,
      description = "CSV: between fields (default: a comma; in tsv a tab; \\t is a tab).")
  private @Nullable Character delimiter;

  /** The form of a file of this name. */
  Form form(String file) {
    if (form != null) {
      return form;
    }
    String name = file.toLowerCase(Locale.ROOT);
    if (name.endsWith(".tsv")) {
      return Form.TSV;
    }
    return name.endsWith(".csv") || !columns.isEmpty() ? Form.CSV : Form.JSONL;
  }

  char delimiter(Form of) {
    return delimiter != null ? delimiter : of == Form.TSV ? '\t' : ',';
  }

  /** How to read CSV; only with {@code henge import}. */
  static final class Reading {
    @Option(
        names = "--null",
        paramLabel = "TEXT",
        description = {
          "CSV: what stands for null where it is not quoted; may be given several times",
          "(default: nothing at all)."
        })
    private @Nullable List<String> nulls;

    @Option(names = "--skip-nulls", description = "CSV: leave such members out instead.")
    private boolean skipNulls;

    @Option(
        names = "--escape",
        paramLabel = "CHAR",
        converter = OneCharacter.class,
        description = {
          "CSV: takes the next character as it is, within quotes (default: none; a quote in",
          "quotes is doubled in any case). --escape '\\' reads what MySQL and others write."
        })
    private @Nullable Character escape;

    @Option(
        names = "--types",
        paramLabel = "COLUMN:TYPE",
        split = ",",
        description = "CSV: text, number, boolean, json or infer, for these columns.")
    private List<String> types = new ArrayList<>();

    @Option(
        names = "--infer",
        description = {
          "CSV: where no type is given, take what is not quoted and written as JSON writes a",
          "number or boolean as one (default: all is text)."
        })
    private boolean infer;

    CsvOptions options(CsvOption csv, Form form) {
      return new CsvOptions(
          csv.columns.stream().map(name -> name.equals("-") ? "" : name).toList(),
          csv.delimiter(form),
          escape == null ? '\0' : escape,
          nulls == null ? List.of("") : nulls,
          skipNulls,
          types(),
          infer ? ColumnType.INFER : ColumnType.TEXT);
    }

    private Map<String, ColumnType> types() {
      Map<String, ColumnType> byName = new LinkedHashMap<>();
      for (String text : types) {
        int colon = text.lastIndexOf(':');
        try {
          byName.put(
              text.substring(0, Math.max(0, colon)),
              ColumnType.valueOf(text.substring(colon + 1).toUpperCase(Locale.ROOT)));
        } catch (IllegalArgumentException e) {
          throw HengeException.invalid(
              "--types: found '"
                  + text
                  + "', expected a column and text, number, boolean, json or infer; example:"
                  + " price:number,code:text");
        }
      }
      return byName;
    }
  }

  /** For picocli: one character, or a tab as it is typed. */
  static final class OneCharacter implements ITypeConverter<Character> {
    @Override
    public Character convert(String text) {
      if (text.equals("\\t") || text.equals("tab")) {
        return '\t';
      }
      if (text.length() != 1) {
        throw new TypeConversionException("found '" + text + "', expected one character");
      }
      return text.charAt(0);
    }
  }
}
