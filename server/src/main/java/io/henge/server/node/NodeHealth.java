package io.henge.server.node;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether a node is fit to serve; what it does once it is not. Thread-safe. */
final class NodeHealth {
  private static final Logger LOG = LoggerFactory.getLogger(NodeHealth.class);

  private final String name;
  private final Path directory;
  private final NodeFaults faults;
  private final BooleanSupplier closed;
  private final Runnable withdraw;
  private volatile @Nullable String fault;

  /**
   * @param name of the node
   * @param faults told of the first fault
   * @param closed whether the node is stopping: what fails then is nobody's concern
   * @param withdraw stops what must not begin any more, and gives away what others can lead
   */
  NodeHealth(
      String name, Path directory, NodeFaults faults, BooleanSupplier closed, Runnable withdraw) {
    this.name = name;
    this.directory = directory;
    this.faults = faults;
    this.closed = closed;
    this.withdraw = withdraw;
  }

  /** A sentence about the fault that it will not recover from; null = it is whole. */
  @Nullable String fault() {
    return fault;
  }

  /**
   * A version that was put back on a node after the level was raised must not go on guessing.
   *
   * @param reads newest level that this version reads
   * @param level of the cluster
   */
  void requireReadable(int reads, int level) {
    if (Integer.compareUnsigned(reads, level) < 0 && fault() == null) {
      fail(
          "this version is too old for its cluster",
          new HengeException(
              ErrorCode.CONDITION_FAILED,
              "it reads formats up to level "
                  + reads
                  + ", the cluster writes level "
                  + Integer.toUnsignedString(level)
                  + ": install the version that was here before, or a newer one"));
    }
  }

  /** Something cannot go on. The first time, the node takes itself out. */
  void fail(String what, Throwable reason) {
    if (closed.getAsBoolean()) {
      return;
    }
    String sentence = Outage.sentence(what, directory, reason);
    synchronized (this) {
      if (fault != null) {
        // A disk that fails one replica fails the others, too: the first says it all.
        LOG.warn("{}", sentence, reason);
        return;
      }
      fault = sentence;
    }
    LOG.error("node {} takes itself out: {}", name, sentence);
    LOG.warn("why node {} took itself out", name, reason);
    faults.failed(sentence, reason);
    withdraw.run();
  }
}
