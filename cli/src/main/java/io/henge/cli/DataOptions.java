package io.henge.cli;

import io.henge.api.error.HengeException;
import io.henge.client.HengeClient;
import io.henge.server.Henge;
import java.io.IOException;
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
   * Does it on the cluster that was chosen.
   *
   * @throws HengeException INVALID_ARGUMENT if the options exclude one another
   */
  Integer run(Backend backend, Work work) throws IOException {
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
