package io.henge.replication;

/**
 * Decides which messages between nodes get through: how tests cut nodes off from one another inside
 * one process. Thread-safe; must not block.
 */
@FunctionalInterface
public interface NetworkFilter {
  /** Lets everything through. */
  NetworkFilter OPEN = (from, to) -> true;

  /** Whether a message of node {@code from} reaches node {@code to}. Asked for each message. */
  boolean allows(String from, String to);
}
