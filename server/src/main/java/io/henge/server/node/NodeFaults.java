package io.henge.server.node;

/** Told once when a node cannot go on; must not block. */
@FunctionalInterface
public interface NodeFaults {
  void failed(String what, Throwable fault);
}
