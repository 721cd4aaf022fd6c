package io.henge.client.internal.grpc;

import io.grpc.netty.shaded.io.netty.channel.EventLoop;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.henge.client.internal.batch.Loop;
import java.util.concurrent.TimeUnit;

/** The loop of a client: netty's thread itself, so that an answer reaches its caller in one hop. */
public final class NettyLoop implements Loop {
  private final EventLoop thread;

  NettyLoop(EventLoopGroup group) {
    this.thread = group.next();
  }

  @Override
  public void execute(Runnable task) {
    thread.execute(task);
  }

  @Override
  public void schedule(Runnable task, long delayMillis) {
    if (!thread.isShuttingDown()) {
      thread.schedule(task, delayMillis, TimeUnit.MILLISECONDS);
    }
  }

  @Override
  public boolean inLoop() {
    return thread.inEventLoop();
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }
}
