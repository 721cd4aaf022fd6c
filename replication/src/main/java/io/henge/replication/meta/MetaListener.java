package io.henge.replication.meta;

import io.henge.router.meta.MetaState;

/** Hears of every change of the meta state, in order. Must not block and must not throw. */
@FunctionalInterface
public interface MetaListener {
  /**
   * The state has changed. On the applying thread, or the installing one.
   *
   * @param before the state that this listener was told of last, or that was there when it was
   *     added; {@code after.mapUpdate(before.version(), ...)} is what has changed
   */
  void changed(MetaState before, MetaState after);
}
