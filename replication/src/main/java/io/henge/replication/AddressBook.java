package io.henge.replication;

import org.jspecify.annotations.Nullable;

/** Where nodes are now. Thread-safe; must not block. */
@FunctionalInterface
public interface AddressBook {
  /** Replication address of a node as {@code host:port}, or null if it is not known. */
  @Nullable String raftAddress(String nodeId);
}
