package io.henge.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * An address as it is given on the command line.
 *
 * @param text {@code host:port}; an IPv6 host in brackets
 */
record HostPort(String text, int port) {
  private static final Pattern FORM =
      Pattern.compile("(\\[[0-9a-fA-F:.%]+]|[^:\\s/,]+):([0-9]{1,5})");
  private static final int PORT_MAX = 65_535;

  static HostPort parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw new TypeConversionException(
          "found '" + text + "', expected HOST:PORT; example: 127.0.0.1:7400");
    }
    int port = Integer.parseInt(matcher.group(2));
    if (port > PORT_MAX) {
      throw new TypeConversionException(
          "found port " + port + " in '" + text + "', expected 0 to " + PORT_MAX);
    }
    return new HostPort(text, port);
  }

  /** For picocli. */
  static final class Converter implements ITypeConverter<HostPort> {
    @Override
    public HostPort convert(String text) {
      return parse(text);
    }
  }
}
