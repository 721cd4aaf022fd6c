package io.henge.replication.statemachine;

import io.henge.api.error.ErrorCode;
import org.jspecify.annotations.Nullable;

/** Why the command that is being evaluated fails; reused, since failing is nothing special. */
final class Failure {
  private @Nullable ErrorCode code;
  private String message = "";
  private int mutation;

  void clear() {
    code = null;
    message = "";
    mutation = -1;
  }

  /**
   * @return false, for the check that fails to return
   */
  boolean set(ErrorCode newCode, String newMessage) {
    code = newCode;
    message = newMessage;
    return false;
  }

  /** Which mutation is being looked at; -1 = the command itself. */
  void at(int newMutation) {
    mutation = newMutation;
  }

  @Nullable ErrorCode code() {
    return code;
  }

  String message() {
    return message;
  }

  int mutation() {
    return mutation;
  }
}
