package io.henge.replication.sim;

import java.time.Duration;

/**
 * How the simulated world behaves.
 *
 * @param delayMin shortest way of a message
 * @param delayMax longest way of a message
 * @param messageLoss share of messages that are lost
 * @param replyLoss share of proposals whose outcome is not reported to the proposer
 * @param syncMax longest time until an appended entry is on disk
 * @param applyMax longest time between two applies of one replica
 * @param electionTimeoutMin shortest time without a leader's message until a follower stands
 * @param electionTimeoutMax longest such time
 * @param heartbeat how often a leader shows itself
 * @param stepDownAfter how long a leader goes on that hears nothing of a majority
 */
public record SimulationSettings(
    Duration delayMin,
    Duration delayMax,
    double messageLoss,
    double replyLoss,
    Duration syncMax,
    Duration applyMax,
    Duration electionTimeoutMin,
    Duration electionTimeoutMax,
    Duration heartbeat,
    Duration stepDownAfter) {

  /** A fast network that loses nothing. */
  public static final SimulationSettings CALM =
      new SimulationSettings(
          Duration.ofNanos(100_000),
          Duration.ofMillis(1),
          0,
          0,
          Duration.ofMillis(1),
          Duration.ofNanos(100_000),
          Duration.ofMillis(500),
          Duration.ofMillis(900),
          Duration.ofMillis(100),
          Duration.ofSeconds(3));

  /** Slow, lossy, and with lost answers; leaders that are cut off do not notice for long. */
  public static final SimulationSettings ROUGH =
      new SimulationSettings(
          Duration.ofNanos(100_000),
          Duration.ofMillis(20),
          0.02,
          0.03,
          Duration.ofMillis(10),
          Duration.ofMillis(5),
          Duration.ofMillis(500),
          Duration.ofMillis(900),
          Duration.ofMillis(100),
          Duration.ofSeconds(5));
}
