package io.henge.cli;

import io.henge.cli.shell.Statement;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "set",
    description = "Change a setting of the cluster.",
    footer = {
      "",
      "Examples:",
      "  henge cluster settings set split-bytes 1g",
      "  henge cluster settings set split-bytes default"
    })
final class SettingsSetCommand extends OperatorCommand {
  @Parameters(
      index = "0",
      paramLabel = "SETTING",
      description = "Its name (henge cluster settings lists them).")
  private String setting = "";

  @Parameters(
      index = "1",
      paramLabel = "VALUE",
      description = "The new value, or the word default.")
  private String value = "";

  SettingsSetCommand(Console console, Backend backend) {
    super(console, backend);
  }

  @Override
  Statement statement() {
    return new Statement.Set(setting, value.equals("default") ? "" : value);
  }
}
