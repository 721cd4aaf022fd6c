package io.henge.cli.output;

/** How answers are printed. */
public enum OutputFormat {
  /** For people. */
  TABLE,
  /** For scripts: one JSON document on one line for each answer. */
  JSON
}
