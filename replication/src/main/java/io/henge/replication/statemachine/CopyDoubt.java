package io.henge.replication.statemachine;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Something about a copy of a document on another shard that is wrong, or may be: then whoever
 * looks asks the source, and looks again.
 *
 * @param source its key is empty if it is about elements that name none
 * @param holder physical key of the document that has the copy; null = it is about the source
 * @param seen what the shard took for the source's version; 0 = nothing
 */
public record CopyDoubt(
    Difference.Kind kind, SourceKey source, byte @Nullable [] holder, long seen) {
  private static final byte[] NONE = {};

  /** Whether it is wrong whatever the source says. */
  public boolean isCertain() {
    return switch (kind) {
      case FIELD_STALE, SOURCE_UNWATCHED -> false;
      // Without a row of KNOWN there is nothing to compare, and nothing that would bring it.
      case SOURCE_WRONG -> seen == 0;
      default -> true;
    };
  }

  /** As people are told. */
  public Difference difference() {
    byte[] about = holder;
    return new Difference(kind, source.ruleId(), about == null ? source.key() : about);
  }

  /** The same document and source, whatever was wrong. */
  public boolean isAbout(CopyDoubt other) {
    return kind == other.kind
        && source.equals(other.source)
        && Arrays.equals(
            Objects.requireNonNullElse(holder, NONE),
            Objects.requireNonNullElse(other.holder, NONE));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CopyDoubt doubt && isAbout(doubt) && seen == doubt.seen;
  }

  @Override
  public int hashCode() {
    return Objects.hash(kind, source, Arrays.hashCode(holder), seen);
  }
}
