package io.henge.cli;

import io.henge.cli.output.ClusterAnswers;
import io.henge.client.HengeClient;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "nodes", description = "Its nodes: state, addresses, load.")
final class ClusterNodesCommand implements Callable<Integer> {
  private final Console console;
  private final Backend backend;
  @Mixin private final ConnectOptions connect = new ConnectOptions();
  @Mixin private final OutputOption output = new OutputOption();

  ClusterNodesCommand(Console console, Backend backend) {
    this.console = console;
    this.backend = backend;
  }

  @Override
  public Integer call() {
    try (HengeClient client = backend.connect(connect.texts(), connect.client())) {
      console.out().println(ClusterAnswers.nodes(client.admin().status()).show(output.format));
    }
    return ExitCode.OK.number();
  }
}
