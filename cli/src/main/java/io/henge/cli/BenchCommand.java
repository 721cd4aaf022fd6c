package io.henge.cli;

import picocli.CommandLine.Command;

@Command(
    name = "bench",
    description = {
      "Measure a cluster: its speed (ycsb), what a split costs (split), a skewed load (skew),",
      "what copies save (copies)."
    },
    synopsisSubcommandLabel = "(ycsb | split | skew | copies)")
final class BenchCommand {}
