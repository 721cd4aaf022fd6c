package io.henge.cli;

import picocli.CommandLine.Command;

@Command(
    name = "bench",
    description =
        "Measure a cluster: its speed (ycsb), what a split costs (split), a skewed load (skew).",
    synopsisSubcommandLabel = "(ycsb | split | skew)")
final class BenchCommand {}
