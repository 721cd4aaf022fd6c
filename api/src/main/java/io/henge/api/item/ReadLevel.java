package io.henge.api.item;

/** What a read promises, and so which replicas may serve it. */
public sealed interface ReadLevel {
  /** Sees every write that was acknowledged before the read began. */
  enum Linearizable implements ReadLevel {
    LINEARIZABLE
  }

  /**
   * Sees at least what the session has seen and written: a replica serves it once its shard's
   * version has reached what the token says of the shard's range.
   */
  record Session(SessionToken token) implements ReadLevel {
    /** The same version for every shard. */
    public Session(long version) {
      this(SessionToken.everywhere(version));
    }
  }

  /** At most so far behind; refused or sent on otherwise. */
  record Bounded(long stalenessMillisMax) implements ReadLevel {}

  /** Whatever a replica has. */
  enum Eventual implements ReadLevel {
    EVENTUAL
  }

  static ReadLevel linearizable() {
    return Linearizable.LINEARIZABLE;
  }

  static ReadLevel eventual() {
    return Eventual.EVENTUAL;
  }
}
