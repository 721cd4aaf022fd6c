package io.henge.api.error;

/**
 * Everything a request can fail with. Numbers are on the wire and in logs: they never change and
 * are never reused.
 */
public enum ErrorCode {
  /** The request is malformed or over a limit. */
  INVALID_ARGUMENT(1, Effect.NONE, Retry.NEVER, "INVALID_ARGUMENT"),
  /** The item, collection, node or shard does not exist. */
  NOT_FOUND(2, Effect.NONE, Retry.NEVER, "NOT_FOUND"),
  /** What was to be created is there already. */
  ALREADY_EXISTS(3, Effect.NONE, Retry.NEVER, "ALREADY_EXISTS"),
  /** The condition of a conditional write does not hold. */
  CONDITION_FAILED(4, Effect.NONE, Retry.NEVER, "FAILED_PRECONDITION"),
  /** The key is outside the shard's range; the answer carries the right descriptors. */
  WRONG_SHARD(5, Effect.NONE, Retry.OTHER_NODE, "FAILED_PRECONDITION"),
  /** The request was built on another version of the catalogue than the shard has. */
  STALE_CATALOGUE(6, Effect.NONE, Retry.SAME_NODE, "FAILED_PRECONDITION"),
  /** The replica does not lead its shard; the answer may name who does. */
  NOT_LEADER(7, Effect.NONE, Retry.OTHER_NODE, "UNAVAILABLE"),
  /** A queue or budget is full; the answer says when to come back. */
  BUSY(8, Effect.NONE, Retry.SAME_NODE, "RESOURCE_EXHAUSTED"),
  /** The time for a request is over; it had no effect. */
  DEADLINE(9, Effect.NONE, Retry.NEVER, "DEADLINE_EXCEEDED"),
  /** Nobody can say whether the write took effect; it will not take effect from now on. */
  OUTCOME_UNKNOWN(10, Effect.UNKNOWN, Retry.NEVER, "UNKNOWN"),
  /**
   * No node can serve the request now. Whether a write took effect is unknown until it is retried.
   */
  UNAVAILABLE(11, Effect.UNKNOWN, Retry.OTHER_NODE, "UNAVAILABLE"),
  /** The caller did not say who it is. */
  UNAUTHENTICATED(12, Effect.NONE, Retry.NEVER, "UNAUTHENTICATED"),
  /** The caller may not do this. */
  PERMISSION_DENIED(13, Effect.NONE, Retry.NEVER, "PERMISSION_DENIED"),
  /** Stored data is damaged or of a newer format; the replica takes itself out. */
  CORRUPTION(14, Effect.UNKNOWN, Retry.OTHER_NODE, "DATA_LOSS"),
  /** A bug in Henge. */
  INTERNAL(15, Effect.UNKNOWN, Retry.NEVER, "INTERNAL");

  /** Whether a write that failed so may have taken effect. */
  public enum Effect {
    /** Certainly not applied. */
    NONE,
    /** May have been applied. */
    UNKNOWN
  }

  /** What a client does with a request (under the same request id) that failed so. */
  public enum Retry {
    /** Give the error to the caller. */
    NEVER,
    /** Wait as told, then ask the same node again. */
    SAME_NODE,
    /** Ask the node that the error names, or another replica. */
    OTHER_NODE
  }

  private static final ErrorCode[] BY_NUMBER = new ErrorCode[values().length + 1];

  static {
    for (ErrorCode code : values()) {
      BY_NUMBER[code.number] = code;
    }
  }

  private final int number;
  private final Effect effect;
  private final Retry retry;
  private final String grpcStatus;

  ErrorCode(int number, Effect effect, Retry retry, String grpcStatus) {
    this.number = number;
    this.effect = effect;
    this.retry = retry;
    this.grpcStatus = grpcStatus;
  }

  /** The number on the wire. */
  public int number() {
    return number;
  }

  public Effect effect() {
    return effect;
  }

  public Retry retry() {
    return retry;
  }

  /** Name of the gRPC status that unary calls answer with. */
  public String grpcStatus() {
    return grpcStatus;
  }

  /** The code of a number; a number from a newer version counts as {@link #INTERNAL}. */
  public static ErrorCode of(int number) {
    return number > 0 && number < BY_NUMBER.length ? BY_NUMBER[number] : INTERNAL;
  }
}
