package io.henge.server.node;

import java.util.concurrent.CompletableFuture;

/** What this node knows of the cluster, kept up to date. Thread-safe; nothing blocks. */
public interface MetaFollower {
  /** The latest that is known. */
  MetaView view();

  /**
   * Asks for news: completes with a view that is not older than what meta held when asked; or, if
   * meta is away, with what is known.
   */
  CompletableFuture<MetaView> refresh();

  /**
   * As {@link #refresh}, for answers that must not rest on a view that lags behind: completes
   * exceptionally with UNAVAILABLE if the leader of meta has not confirmed the view.
   */
  CompletableFuture<MetaView> confirm();
}
