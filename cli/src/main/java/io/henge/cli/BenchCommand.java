package io.henge.cli;

import picocli.CommandLine.Command;

@Command(
    name = "bench",
    description = "Measure how fast a cluster is: ycsb.",
    synopsisSubcommandLabel = "(ycsb)")
final class BenchCommand {}
