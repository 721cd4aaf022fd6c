package io.henge.client.internal.batch;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Hands work from many callers to the loop: a lock-free stack that the loop takes as a whole. Only
 * the caller that finds it empty wakes the loop, so that under load one wake-up gathers many. It is
 * bounded by {@link Admission}, not by itself.
 *
 * @param <T> what is handed over
 */
public final class Submissions<T extends Submissions.Node<T>> {

  /**
   * A link of the stack, in the object itself.
   *
   * @param <T> the object
   */
  public abstract static class Node<T extends Node<T>> {
    private @Nullable T nextSubmitted;
  }

  private final AtomicReference<@Nullable T> head = new AtomicReference<>();

  /** Adds; true if the caller must wake the loop. */
  public boolean push(T node) {
    Node<T> link = node;
    T top;
    do {
      top = head.get();
      link.nextSubmitted = top;
    } while (!head.compareAndSet(top, node));
    return top == null;
  }

  /** Takes everything, oldest first; follow it with {@link #next}. */
  public @Nullable T takeAll() {
    T node = head.getAndSet(null);
    T oldest = null;
    while (node != null) {
      Node<T> link = node;
      T next = link.nextSubmitted;
      link.nextSubmitted = oldest;
      oldest = node;
      node = next;
    }
    return oldest;
  }

  /** The one after, which is taken out of the chain. */
  public @Nullable T next(T node) {
    Node<T> link = node;
    T next = link.nextSubmitted;
    link.nextSubmitted = null;
    return next;
  }
}
