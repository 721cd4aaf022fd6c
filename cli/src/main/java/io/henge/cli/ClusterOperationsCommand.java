package io.henge.cli;

import io.henge.cli.shell.Statement;
import io.henge.client.HengeClient;
import io.henge.client.Operations.Operation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "operations",
    description = "What is under way: how far it is, how fast it goes, what hinders it.",
    synopsisSubcommandLabel = "[pause | resume | cancel]",
    footer = {
      "",
      "Examples:",
      "  henge cluster operations --watch",
      "  henge cluster operations --all",
      "  henge cluster operations pause 7"
    })
final class ClusterOperationsCommand extends OperatorCommand {
  private static final long WATCH_MILLIS = 1_000;

  @Option(names = "--all", description = "Those that have ended, too, as far as they are known.")
  private boolean all;

  @Option(names = "--watch", description = "Say it again every second until nothing is under way.")
  private boolean watch;

  ClusterOperationsCommand(Console console, Backend backend) {
    super(console, backend);
  }

  @Override
  Statement statement() {
    return new Statement.ListOperations(all);
  }

  @Override
  void run(HengeClient client, Statement statement) {
    super.run(client, statement);
    while (watch && client.operations().list(false).stream().anyMatch(this::isMoving)) {
      try {
        Thread.sleep(WATCH_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
      super.run(client, statement);
    }
  }

  private boolean isMoving(Operation operation) {
    return !operation.state().isEnded();
  }
}
