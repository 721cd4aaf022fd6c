package io.henge.client.internal.routing;

import io.henge.client.internal.batch.Link;

/**
 * A node as the client knows it.
 *
 * @param nodeId its incarnation; empty for an address that was given and not yet met in a map
 * @param name the operator's name for it, or its address
 */
public record Peer(String nodeId, String name, Link link) {
  /** For messages: name and address. */
  @Override
  public String toString() {
    return name.equals(link.address()) ? name : name + " at " + link.address();
  }
}
