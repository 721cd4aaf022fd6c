package io.henge.cli;

import picocli.CommandLine.Command;

@Command(
    name = "bench",
    description = "Measure a cluster: its speed, splits, a skewed load, what copies save.",
    synopsisSubcommandLabel = "(ycsb | split | skew | copies)")
final class BenchCommand {}
