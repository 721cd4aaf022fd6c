package io.henge.cli;

/** How a command that runs until it is told to stop is told so. */
interface StopSignal {
  /** Runs an action at SIGTERM or SIGINT; the process does not end by itself any more. */
  void whenTold(Runnable action);
}
