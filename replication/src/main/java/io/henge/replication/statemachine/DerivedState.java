package io.henge.replication.statemachine;

import org.jspecify.annotations.Nullable;

/**
 * How far a shard has come with an index or a rule. Immutable; the array must not be changed.
 *
 * @param id of the index or rule
 * @param collectionId whose index, or whose documents hold the copies
 * @param position BUILDING, DROPPING: the fill has done what is up to here, this key included;
 *     empty = nothing yet. What it is a key of is for the fill to say; of BUILDING ones it is the
 *     physical key of a document. FAILED: key of the document that it failed at. Else empty
 */
public record DerivedState(int id, Kind kind, int collectionId, Phase phase, byte[] position) {
  private static final byte[] START = new byte[0];

  /** Numbers are in rows: they never change. */
  public enum Kind {
    INDEX(1),
    RULE(2);

    private final int code;

    Kind(int code) {
      this.code = code;
    }

    int code() {
      return code;
    }

    static @Nullable Kind of(int code) {
      for (Kind one : values()) {
        if (one.code == code) {
          return one;
        }
      }
      return null;
    }
  }

  /** Numbers are in rows: they never change. */
  public enum Phase {
    /** Of the documents that were there already, those up to the position are in. */
    BUILDING(1),
    READY(2),
    /** Its rows are being deleted; nothing keeps them. */
    DROPPING(3),
    /** It could not be built; nothing keeps its rows. It can be dropped. */
    FAILED(4);

    private final int code;

    Phase(int code) {
      this.code = code;
    }

    int code() {
      return code;
    }

    static @Nullable Phase of(int code) {
      for (Phase one : values()) {
        if (one.code == code) {
          return one;
        }
      }
      return null;
    }
  }

  /** At the start of a phase. */
  static DerivedState begin(int id, Kind kind, int collectionId, Phase phase) {
    return new DerivedState(id, kind, collectionId, phase, START);
  }

  /** Whether writes keep its rows. */
  public boolean isKept() {
    return phase == Phase.BUILDING || phase == Phase.READY;
  }

  /** Whether FILL entries have work to do. */
  public boolean isFilling() {
    return phase == Phase.BUILDING || phase == Phase.DROPPING;
  }

  DerivedState at(byte[] newPosition) {
    return new DerivedState(id, kind, collectionId, phase, newPosition);
  }

  DerivedState in(Phase newPhase) {
    return begin(id, kind, collectionId, newPhase);
  }

  DerivedState failedAt(byte[] key) {
    return new DerivedState(id, kind, collectionId, Phase.FAILED, key);
  }
}
