package io.henge.replication.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LeaseTest {
  private static final LeaseTiming TIMING =
      new LeaseTiming(
          Duration.ofMillis(300), Duration.ofMillis(100), 10_000, Duration.ofMillis(500));

  /** Length, tolerance, and 1 % of both. */
  private static final long WAIT_MILLIS = 404;

  private final ManualClock clock = new ManualClock();
  private final Lease lease = Lease.ofNewGroup(TIMING, clock::nanoTime, clock::wallMillis);

  @Test
  void shouldCountFromTheProposalAndNotFromTheApply() {
    lease.leadershipBegan();
    assertThat(lease.isValid()).isFalse();
    Lease.Stamp stamp = lease.beforeProposal();
    clock.advance(200);
    lease.renew(stamp);
    assertThat(lease.isValid()).isTrue();
    clock.advance(99);
    assertThat(lease.isValid()).isTrue();
    clock.advance(1);
    assertThat(lease.isValid()).isFalse();
  }

  @Test
  void shouldNotBeGrantedByAnEntryThatTookTooLong() {
    lease.leadershipBegan();
    Lease.Stamp stamp = lease.beforeProposal();
    clock.advance(300);
    lease.renew(stamp);
    assertThat(lease.isValid()).isFalse();
  }

  @Test
  void shouldKeepTheLatestRenewal() {
    lease.leadershipBegan();
    Lease.Stamp first = lease.beforeProposal();
    clock.advance(100);
    Lease.Stamp second = lease.beforeProposal();
    lease.renew(second);
    lease.renew(first);
    clock.advance(299);
    assertThat(lease.isValid()).isTrue();
  }

  @Test
  void shouldBeginAChildWithWhatItsParentKnows() {
    lease.foreignEntry(3, 1);
    clock.advance(100);
    Lease child = Lease.ofChild(TIMING, clock::nanoTime, clock::wallMillis, lease.bequeath());
    assertThat(child.waitNanos()).isEqualTo(lease.waitNanos()).isPositive();
    clock.advance(WAIT_MILLIS - 100);
    assertThat(child.waitNanos()).isLessThanOrEqualTo(0);
    // Where nothing is known, all is to be feared.
    Lease other = Lease.ofStartedReplica(TIMING, clock::nanoTime, clock::wallMillis);
    assertThat(other.waitNanos()).isEqualTo(WAIT_MILLIS * 1_000_000);
    Lease late = Lease.ofChild(TIMING, clock::nanoTime, clock::wallMillis, other.bequeath());
    assertThat(late.waitNanos()).isEqualTo(other.waitNanos());
    // A lease of the parent's is not the child's.
    lease.leadershipBegan();
    lease.renew(lease.beforeProposal());
    child.leadershipBegan();
    assertThat(child.isValid()).isFalse();
  }

  @Test
  void shouldBelongToOneLeadership() {
    lease.leadershipBegan();
    Lease.Stamp stamp = lease.beforeProposal();
    lease.renew(stamp);
    lease.leadershipEnded();
    assertThat(lease.isValid()).isFalse();
    lease.renew(stamp);
    assertThat(lease.isValid()).isFalse();
    lease.leadershipBegan();
    lease.renew(stamp);
    assertThat(lease.isValid()).isFalse();
    lease.renew(lease.beforeProposal());
    assertThat(lease.isValid()).isTrue();
  }

  @Test
  void shouldNotBeRenewedAfterReleaseByAnEntryProposedBefore() {
    lease.leadershipBegan();
    lease.renew(lease.beforeProposal());
    Lease.Stamp inFlight = lease.beforeProposal();
    lease.release();
    assertThat(lease.isValid()).isFalse();
    lease.renew(inFlight);
    assertThat(lease.isValid()).isFalse();
    lease.renew(lease.beforeProposal());
    assertThat(lease.isValid()).isTrue();
  }

  @Test
  void shouldWaitForNobodyInANewGroup() {
    assertThat(lease.waitNanos()).isZero();
  }

  @Test
  void shouldWaitAfterAStartAndAfterASnapshot() {
    Lease started = Lease.ofStartedReplica(TIMING, clock::nanoTime, clock::wallMillis);
    assertThat(millis(started.waitNanos())).isEqualTo(WAIT_MILLIS);
    clock.advance(WAIT_MILLIS);
    assertThat(started.waitNanos()).isZero();
    started.replaced();
    assertThat(millis(started.waitNanos())).isEqualTo(WAIT_MILLIS);
  }

  @Test
  void shouldWaitFromTheLastForeignAppend() {
    lease.foreignEntry(1, 1);
    clock.advance(400);
    lease.foreignEntry(1, 1);
    clock.advance(100);
    assertThat(millis(lease.waitNanos())).isEqualTo(WAIT_MILLIS - 100);
    clock.advance(WAIT_MILLIS - 100);
    assertThat(lease.waitNanos()).isZero();
  }

  @Test
  void shouldNotWaitAfterAForeignRelease() {
    lease.foreignEntry(1, 1);
    lease.foreignReleased(1, 2);
    assertThat(lease.waitNanos()).isZero();
    lease.foreignEntry(1, 1);
    assertThat(millis(lease.waitNanos())).isEqualTo(WAIT_MILLIS);
  }

  @Test
  void shouldWaitAfterAForeignReleaseThatALaterProposalHasOvertaken() {
    lease.foreignEntry(1, 3);
    lease.foreignReleased(1, 2);
    assertThat(millis(lease.waitNanos())).isEqualTo(WAIT_MILLIS);
    lease.foreignReleased(1, 4);
    assertThat(lease.waitNanos()).isZero();
  }

  @Test
  void shouldWaitAfterAForeignReleaseThatSpeaksForAnotherLeadership() {
    lease.foreignEntry(1, 3);
    lease.foreignReleased(2, 4);
    assertThat(millis(lease.waitNanos())).isEqualTo(WAIT_MILLIS);
    lease.foreignEntry(2, 5);
    lease.foreignReleased(1, 6);
    assertThat(millis(lease.waitNanos())).isEqualTo(WAIT_MILLIS);
    lease.foreignReleased(2, 6);
    assertThat(lease.waitNanos()).isZero();
  }

  @Test
  void shouldWaitAfterAStartAlthoughAReleaseIsReplayed() {
    // What was appended after the release and before the crash is not remembered.
    Lease started = Lease.ofStartedReplica(TIMING, clock::nanoTime, clock::wallMillis);
    clock.advance(10);
    started.foreignReleased(1, 2);
    assertThat(millis(started.waitNanos())).isEqualTo(WAIT_MILLIS - 10);
  }

  @Test
  void shouldBeDroppedWhenTheMonotonicClockStoodStill() {
    lease.leadershipBegan();
    lease.renew(lease.beforeProposal());
    clock.advance(50);
    clock.suspend(101);
    assertThat(lease.isValid()).isFalse();
    clock.advanceWall(-101);
    assertThat(lease.isValid()).as("dropped for good, whatever the clocks say later").isFalse();
  }

  @Test
  void shouldBeDroppedWhenTheWallClockIsSetBack() {
    lease.leadershipBegan();
    lease.renew(lease.beforeProposal());
    clock.advanceWall(-101);
    assertThat(lease.isValid()).isFalse();
  }

  @Test
  void shouldOutwaitASuspensionThatTheHolderCannotNotice() {
    // The holder's clock stands still for as long as is tolerated: its lease ends that much later.
    ManualClock other = new ManualClock();
    Lease successor = Lease.ofNewGroup(TIMING, other::nanoTime, other::wallMillis);
    lease.leadershipBegan();
    Lease.Stamp stamp = lease.beforeProposal();
    successor.foreignEntry(1, 1);
    lease.renew(stamp);
    clock.suspend(100);
    other.advance(100);
    clock.advance(299);
    other.advance(299);
    assertThat(lease.isValid()).isTrue();
    assertThat(successor.waitNanos()).isPositive();
  }

  @Test
  void shouldSurviveTheMonotonicClockPassingItsLargestValue() {
    clock.setNanos(Long.MAX_VALUE - 1_000_000);
    lease.leadershipBegan();
    lease.renew(lease.beforeProposal());
    lease.foreignEntry(1, 1);
    clock.advance(100);
    assertThat(lease.isValid()).isTrue();
    assertThat(millis(lease.waitNanos())).isEqualTo(WAIT_MILLIS - 100);
    clock.advance(200);
    assertThat(lease.isValid()).isFalse();
  }

  @Test
  void shouldRefuseALeaseThatIsLongForTheElectionTimeout() {
    assertThatThrownBy(() -> LeaseTiming.of(Duration.ofMillis(400), Duration.ofMillis(500)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("two thirds")
        .hasMessageContaining("500 ms")
        .hasMessageContaining("400 ms");
  }

  private static long millis(long nanos) {
    return nanos / 1_000_000;
  }
}
