package io.henge.cli;

import io.henge.cli.output.Answer;
import io.henge.cli.output.Json;
import io.henge.client.ClusterStatus;
import io.henge.client.HengeClient;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "join",
    description = {
      "How a new node joins this cluster: prints the command to start it with.",
      "Data moves onto it by itself; henge cluster operations shows how far that is."
    })
final class ClusterJoinCommand implements Callable<Integer> {
  private final Console console;
  private final Backend backend;
  @Mixin private final ConnectOptions connect = new ConnectOptions();
  @Mixin private final OutputOption output = new OutputOption();

  ClusterJoinCommand(Console console, Backend backend) {
    this.console = console;
    this.backend = backend;
  }

  @Override
  public Integer call() {
    try (HengeClient client = backend.connect(connect.texts(), connect.client())) {
      console.out().println(answer(client.admin().status()).show(output.format));
    }
    return ExitCode.OK.number();
  }

  private static Answer answer(ClusterStatus status) {
    List<String> names = status.nodes().stream().map(ClusterStatus.Node::name).toList();
    String name =
        IntStream.iterate(names.size() + 1, i -> i + 1)
            .mapToObj(i -> "n" + i)
            .filter(free -> !names.contains(free))
            .findFirst()
            .orElseThrow();
    String members =
        String.join(
            ",",
            status.nodes().stream()
                .filter(ClusterStatus.Node::reachable)
                .map(ClusterStatus.Node::clientAddress)
                .toList());
    String command = "henge server --id " + name + " --dir ./" + name + " --join " + members;
    return new Answer(
        "On the new node's machine (any free name and an empty directory do; --listen HOST:PORT"
            + " if others must reach it):\n  "
            + command,
        Json.object("command", command, "id", name, "join", members));
  }
}
