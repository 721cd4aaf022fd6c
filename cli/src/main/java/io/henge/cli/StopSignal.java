package io.henge.cli;

/** How a command that runs until it is told to stop is told so. */
interface StopSignal {
  /** Waits for SIGTERM or SIGINT. */
  void await() throws InterruptedException;
}
