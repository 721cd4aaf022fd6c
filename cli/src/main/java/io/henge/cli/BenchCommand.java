package io.henge.cli;

import picocli.CommandLine.Command;

@Command(
    name = "bench",
    description = "Measure a cluster: its speed, splits, a skewed load, copies.",
    synopsisSubcommandLabel = "(ycsb | split | skew | copies | rename)")
final class BenchCommand {}
