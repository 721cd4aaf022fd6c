package io.henge.client.internal.grpc;

import io.henge.client.internal.batch.Loop;

/**
 * Delivers what gRPC says on the loop. With a direct executor that is where it says nearly
 * everything; but a failure to resolve or connect may come on another thread, or before the call
 * that opens a stream has returned.
 */
final class LoopDelivery {
  private final Loop loop;
  private boolean opened;

  LoopDelivery(Loop loop) {
    this.loop = loop;
  }

  void opened() {
    opened = true;
  }

  void deliver(Runnable task) {
    if (isDirect()) {
      task.run();
    } else {
      loop.execute(task);
    }
  }

  /** Whether to go on right here. */
  boolean isDirect() {
    return loop.inLoop() && opened;
  }
}
