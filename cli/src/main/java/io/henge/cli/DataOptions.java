package io.henge.cli;

import io.henge.api.error.HengeException;
import io.henge.client.HengeClient;
import io.henge.server.Henge;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which cluster a command that moves data works on: a running one, or one in this process. */
final class DataOptions {
  @Mixin private final ConnectOptions connect = new ConnectOptions();

  @Option(
      names = "--embedded",
      description = "Use a cluster of one node inside this process instead.")
  private boolean embedded;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "With --embedded: keep the data there.")
  private @Nullable Path directory;

  /** Work with a client. */
  interface Work {
    Integer with(HengeClient client) throws IOException;
  }

  /**
   * Does it on the cluster that was chosen. Trouble with a file is one line, like any other.
   *
   * @throws HengeException INVALID_ARGUMENT if the options exclude one another
   */
  Integer run(Console console, String command, Backend backend, Work work) {
    try {
      return run(backend, work);
    } catch (FileSystemException e) {
      String reason = e.getReason() == null ? e.getClass().getSimpleName() : e.getReason();
      console.err().println(command + ": " + e.getFile() + ": " + reason);
    } catch (IOException e) {
      console.err().println(command + ": " + e.getMessage());
    }
    return ExitCode.FAILED.number();
  }

  private Integer run(Backend backend, Work work) throws IOException {
    if (embedded && !connect.addresses.isEmpty()) {
      throw HengeException.invalid(
          "--embedded and --connect exclude one another: found both, expected one");
    }
    if (directory != null && !embedded) {
      throw HengeException.invalid("--dir belongs to --embedded: found it alone");
    }
    Logging.configure(Logging.Level.ERROR, null);
    if (embedded) {
      Henge.Builder builder = backend.embedded();
      if (directory != null) {
        builder = builder.directory(directory);
      }
      try (Henge henge = builder.start()) {
        return work.with(henge.client());
      }
    }
    try (HengeClient client = backend.connect(connect.texts(), connect.client())) {
      return work.with(client);
    }
  }
}
