package io.henge.cli;

import io.henge.cli.output.Answer;
import io.henge.cli.output.Json;
import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Mixin;

@Command(name = "version", description = "Print the version of Henge and of Java.")
final class VersionCommand implements Callable<Integer> {
  private final Console console;
  @Mixin private final OutputOption output = new OutputOption();

  VersionCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    Answer answer =
        new Answer(
            line(), Json.object("henge", hengeVersion(), "java", Runtime.version().toString()));
    console.out().println(answer.show(output.format));
    return ExitCode.OK.number();
  }

  private static String line() throws IOException {
    return "henge " + hengeVersion() + " (Java " + Runtime.version() + ")";
  }

  /** For picocli's {@code --version}. */
  static final class Provider implements IVersionProvider {
    @Override
    public String[] getVersion() throws IOException {
      return new String[] {line()};
    }
  }

  /** As the build wrote it. */
  static String hengeVersion() throws IOException {
    try (InputStream in = VersionCommand.class.getResourceAsStream("version.properties")) {
      Properties properties = new Properties();
      properties.load(in);
      return properties.getProperty("version");
    }
  }
}
