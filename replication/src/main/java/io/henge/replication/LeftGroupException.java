package io.henge.replication;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;

/**
 * Why a replica has stopped though nobody here asked for it: its group has gone on without it. No
 * fault of this node; what is left of the replica waits to be deleted.
 */
public final class LeftGroupException extends HengeException {
  private static final long serialVersionUID = 1L;

  public LeftGroupException(String message) {
    super(ErrorCode.UNAVAILABLE, message);
  }
}
