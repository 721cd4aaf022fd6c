package io.henge.server.copies;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.replication.statemachine.Difference;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Goes round a world's ring and verifies its copies, as a client does, while others go on. */
final class WorldVerification {
  private static final byte[] START = {};

  private final CopyWorld world;
  private final boolean repair;
  private final List<Difference> differences = new ArrayList<>();
  private long copies;
  private long mended;
  private long unasked;
  private int failures;
  private boolean over;
  private @Nullable Throwable broken;

  WorldVerification(CopyWorld world, boolean repair) {
    this.world = world;
    this.repair = repair;
  }

  /** Begins; goes on by itself with the world's time. */
  WorldVerification begin() {
    page(START, VerifyStage.FIRST.encode());
    return this;
  }

  /** Lets time pass until the ring is done. */
  WorldVerification finish() {
    long end = world.clock().millis() + 60_000;
    while (!over && world.clock().millis() < end && world.clock().step()) {
      // Time passes.
    }
    assertThat(broken).isNull();
    assertThat(over).as("round the ring in a minute").isTrue();
    return this;
  }

  private void page(byte[] from, byte[] stage) {
    world
        .verify(from, stage, repair)
        .whenComplete(
            (findings, failure) -> {
              if (failure == null) {
                went(findings);
              } else if (isExpected(failure) && ++failures < 1_000) {
                world.clock().after(10, () -> page(from, stage));
              } else {
                broken = failure;
                over = true;
              }
            });
  }

  private static boolean isExpected(Throwable failure) {
    Throwable cause = failure instanceof CompletionException e ? e.getCause() : failure;
    return cause instanceof HengeException e
        && (e.code() == ErrorCode.WRONG_SHARD || e.code() == ErrorCode.UNAVAILABLE);
  }

  private void went(CopyFindings findings) {
    differences.addAll(findings.differences());
    copies += findings.copies();
    mended += findings.mended();
    unasked += findings.unasked();
    over = findings.cursor().length == 0 && findings.stage().length == 0;
    if (!over) {
      page(findings.cursor(), findings.stage());
    }
  }

  boolean isOver() {
    return over;
  }

  List<Difference> differences() {
    return differences;
  }

  long copies() {
    return copies;
  }

  long mended() {
    return mended;
  }

  long unasked() {
    return unasked;
  }
}
