package io.henge.cli;

import io.henge.cli.shell.Durations;
import io.henge.client.ClientOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Which cluster a command talks to. */
final class ConnectOptions {
  static final String DEFAULT_ADDRESS = "127.0.0.1:7400";

  @Option(
      names = "--connect",
      paramLabel = "HOST:PORT",
      split = ",",
      converter = HostPort.Converter.class,
      description = "Addresses of some nodes of the cluster (default: " + DEFAULT_ADDRESS + ").")
  List<HostPort> addresses = new ArrayList<>();

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      defaultValue = "5s",
      converter = TimeoutConverter.class,
      description = "How long one operation may take, retries included (default: 5s).")
  Duration timeout = ClientOptions.DEFAULT.timeout();

  List<String> texts() {
    return addresses.isEmpty()
        ? List.of(DEFAULT_ADDRESS)
        : addresses.stream().map(HostPort::text).toList();
  }

  ClientOptions client() {
    return ClientOptions.DEFAULT.withTimeout(timeout);
  }

  /** For picocli. */
  static final class TimeoutConverter implements ITypeConverter<Duration> {
    private static final Duration MAX = Duration.ofMinutes(1);

    @Override
    public Duration convert(String text) {
      return Durations.parse(text)
          .filter(d -> !d.isZero() && d.compareTo(MAX) <= 0)
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      "found '"
                          + text
                          + "', expected a duration above zero, at most 1m; examples: 500ms, 5s"));
    }
  }
}
