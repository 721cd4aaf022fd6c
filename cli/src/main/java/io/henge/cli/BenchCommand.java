package io.henge.cli;

import picocli.CommandLine.Command;

@Command(
    name = "bench",
    description = "Measure how fast a cluster is (ycsb), and what a split costs (split).",
    synopsisSubcommandLabel = "(ycsb | split)")
final class BenchCommand {}
