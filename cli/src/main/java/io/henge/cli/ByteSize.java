package io.henge.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A number of bytes as it is given on the command line: {@code 512m}, {@code 2g}, {@code 256MiB}.
 */
record ByteSize(long bytes) {
  private static final Pattern FORM = Pattern.compile("([0-9]{1,15})(b|k|m|g|t)?(i?b)?");
  private static final String UNITS = "bkmgt";

  static ByteSize parse(String text) {
    Matcher matcher = FORM.matcher(text.toLowerCase(Locale.ROOT));
    if (matcher.matches()) {
      String unit = matcher.group(2);
      int exponent = unit == null ? 0 : UNITS.indexOf(unit);
      long amount = Long.parseLong(matcher.group(1));
      if (amount <= Long.MAX_VALUE >> (10 * exponent)) {
        return new ByteSize(amount << (10 * exponent));
      }
    }
    throw new TypeConversionException(
        "found '" + text + "', expected a size in bytes; examples: 256m, 1g");
  }

  /** For picocli. */
  static final class Converter implements ITypeConverter<ByteSize> {
    @Override
    public ByteSize convert(String text) {
      return parse(text);
    }
  }
}
