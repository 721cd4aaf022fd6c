package io.henge.router.plan;

/**
 * How much may be under way at a time, so that the service stays quiet.
 *
 * @param preparationsMax groups that have joining replicas
 * @param changesMax groups whose members are being changed: each copies a shard
 * @param transfersMax leaders that are moved by one plan
 */
public record PlanLimits(int preparationsMax, int changesMax, int transfersMax) {
  public static final PlanLimits DEFAULT = new PlanLimits(16, 4, 4);

  public PlanLimits {
    if (preparationsMax < 1 || changesMax < 1 || transfersMax < 1) {
      throw new IllegalArgumentException(
          "limits of a plan are at least 1: "
              + preparationsMax
              + ", "
              + changesMax
              + ", "
              + transfersMax);
    }
  }
}
