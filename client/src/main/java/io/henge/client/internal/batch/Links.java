package io.henge.client.internal.batch;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * All links of a client, by address. What one event of the loop puts into them leaves together when
 * the event is over: {@link #flush}. One thread only, but for the counter.
 */
public final class Links {
  private final NodeTransport transport;
  private final Loop loop;
  private final Map<String, Link> byAddress = new HashMap<>();
  private final List<Link> dirty = new ArrayList<>();
  private boolean flushing;
  private final AtomicLong messages = new AtomicLong();

  public Links(NodeTransport transport, Loop loop) {
    this.transport = transport;
    this.loop = loop;
  }

  /** The link to an address; not connected before it is used. */
  public Link get(String address) {
    return byAddress.computeIfAbsent(address, key -> new Link(key, transport, loop, this));
  }

  public Collection<Link> all() {
    return byAddress.values();
  }

  /** Sends what was put into links since the last flush. */
  public void flush() {
    if (flushing) {
      return;
    }
    flushing = true;
    try {
      // Flushing may fail a link, which moves its requests to others: they come behind.
      for (int i = 0; i < dirty.size(); i++) {
        Link link = dirty.get(i);
        link.unmark();
        link.flush();
      }
    } finally {
      dirty.clear();
      flushing = false;
    }
  }

  void markDirty(Link link) {
    dirty.add(link);
  }

  void countMessage() {
    // Only the loop writes it.
    messages.lazySet(messages.get() + 1);
  }

  /** Messages sent so far. From any thread. */
  public long messages() {
    return messages.get();
  }

  /** Gives up every connection; requests in them are not told. */
  public void close() {
    byAddress.values().forEach(Link::close);
    byAddress.clear();
  }
}
