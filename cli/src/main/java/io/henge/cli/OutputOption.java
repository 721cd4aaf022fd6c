package io.henge.cli;

import io.henge.cli.output.OutputFormat;
import picocli.CommandLine.Option;

/** How a command prints its answer. */
final class OutputOption {
  @Option(
      names = "--output",
      paramLabel = "FORMAT",
      defaultValue = "table",
      description = "table or json (default: table).")
  OutputFormat format = OutputFormat.TABLE;
}
