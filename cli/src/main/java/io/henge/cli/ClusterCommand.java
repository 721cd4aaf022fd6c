package io.henge.cli;

import picocli.CommandLine.Command;

@Command(
    name = "cluster",
    description = "Ask a cluster how it is: status, nodes, shards.",
    synopsisSubcommandLabel = "(status | nodes | shards)")
final class ClusterCommand {}
