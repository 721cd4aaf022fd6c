package io.henge.cli;

import picocli.CommandLine.Command;

@Command(
    name = "cluster",
    description = "Ask a cluster how it is, and change its shape while it serves.",
    synopsisSubcommandLabel = "COMMAND")
final class ClusterCommand {}
