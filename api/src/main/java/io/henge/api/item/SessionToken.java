package io.henge.api.item;

import io.henge.api.key.PhysicalKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a session has seen: for parts of the ring the highest version that an answer was of. A
 * replica may serve the session once its shard's version has reached the largest one of those parts
 * that overlap the shard's range ({@link #versionFor}).
 *
 * <p>That holds through split and merge, since the version under which a key is written rises for
 * ever: a child of a split goes on from its parent's, a merged shard from the larger of both. So
 * the token knows nothing of shards. Its parts are of whole tokens, although a boundary may lie
 * inside a token's items: then the part covers the whole token, and so asks more of the neighbour
 * than was seen there. More is safe, it only costs freshness; less never happens. For the same
 * reason neighbouring parts may be put together under the larger of their versions, which keeps a
 * token at {@link #PARTS_MAX} parts however many shards a session meets.
 *
 * <p>Immutable.
 */
public final class SessionToken {
  /** Most parts of a token that {@link #with} makes. */
  public static final int PARTS_MAX = 64;

  /** Has seen nothing. */
  public static final SessionToken EMPTY = new SessionToken(List.of());

  /**
   * A part of the ring.
   *
   * @param firstToken its first token, unsigned
   * @param lastToken its last one (inclusive), not below the first
   * @param version what was seen of it, unsigned
   */
  public record Part(long firstToken, long lastToken, long version) {
    public Part {
      if (Long.compareUnsigned(firstToken, lastToken) > 0) {
        throw new IllegalArgumentException(
            "a part of the ring from token "
                + Long.toHexString(firstToken)
                + " to "
                + Long.toHexString(lastToken)
                + " is empty");
      }
    }

    boolean overlaps(long first, long last) {
      return Long.compareUnsigned(firstToken, last) <= 0
          && Long.compareUnsigned(first, lastToken) <= 0;
    }
  }

  /** Disjoint, in order, no two adjacent ones of one version. */
  private final List<Part> parts;

  private SessionToken(List<Part> parts) {
    this.parts = parts;
  }

  /** The same version for the whole ring. */
  public static SessionToken everywhere(long version) {
    return EMPTY.with(0, -1, version);
  }

  /** A token of these parts, in any order; where they overlap the largest version counts. */
  public static SessionToken of(Iterable<Part> parts) {
    SessionToken token = EMPTY;
    for (Part part : parts) {
      token = token.with(part.firstToken, part.lastToken, part.version);
    }
    return token;
  }

  /** The first token that a range of physical keys touches. */
  public static long firstToken(byte[] start) {
    return PhysicalKey.token(start);
  }

  /**
   * The last token that a range of physical keys touches.
   *
   * @param end first key beyond the range, not the ring's first; empty = the end of the ring
   */
  public static long lastToken(byte[] end) {
    if (end.length == 0) {
      return -1;
    }
    long token = PhysicalKey.token(end);
    for (int i = PhysicalKey.TOKEN_BYTES; i < end.length; i++) {
      if (end[i] != 0) {
        return token;
      }
    }
    // Every key of that token lies beyond.
    return token == 0 ? 0 : token - 1;
  }

  /** Disjoint parts with a version above 0, in order. */
  public List<Part> parts() {
    return parts;
  }

  /** The parts that touch a range of tokens, first to last (inclusive). */
  public SessionToken touching(long firstToken, long lastToken) {
    if (parts.size() <= 1) {
      return this;
    }
    return new SessionToken(
        parts.stream().filter(part -> part.overlaps(firstToken, lastToken)).toList());
  }

  /** The version that a shard must have reached: the largest of what touches its range; or 0. */
  public long versionFor(byte[] start, byte[] end) {
    return versionFor(firstToken(start), lastToken(end));
  }

  /** The same for a range of tokens, first to last (inclusive). */
  public long versionFor(long firstToken, long lastToken) {
    long version = 0;
    for (int i = 0; i < parts.size(); i++) {
      Part part = parts.get(i);
      if (Long.compareUnsigned(part.version, version) > 0 && part.overlaps(firstToken, lastToken)) {
        version = part.version;
      }
    }
    return version;
  }

  /**
   * The token after an answer.
   *
   * @param firstToken of the shard that answered
   * @param lastToken of that shard (inclusive)
   * @param version the shard's, as the answer says
   */
  public SessionToken with(long firstToken, long lastToken, long version) {
    if (knows(firstToken, lastToken, version)) {
      return this;
    }
    List<Part> result = new ArrayList<>(parts.size() + 2);
    // Where the part that is being laid goes on; null once it is laid.
    @Nullable Long from = firstToken;
    for (Part part : parts) {
      if (from == null || Long.compareUnsigned(part.lastToken, from) < 0) {
        append(result, part);
        continue;
      }
      if (Long.compareUnsigned(part.firstToken, lastToken) > 0) {
        append(result, new Part(from, lastToken, version));
        from = null;
        append(result, part);
        continue;
      }
      if (Long.compareUnsigned(part.firstToken, from) < 0) {
        append(result, new Part(part.firstToken, from - 1, part.version));
      } else if (Long.compareUnsigned(from, part.firstToken) < 0) {
        append(result, new Part(from, part.firstToken - 1, version));
        from = part.firstToken;
      }
      boolean goesBeyond = Long.compareUnsigned(part.lastToken, lastToken) > 0;
      long end = goesBeyond ? lastToken : part.lastToken;
      append(result, new Part(from, end, larger(part.version, version)));
      if (goesBeyond) {
        append(result, new Part(lastToken + 1, part.lastToken, part.version));
      }
      from = end == lastToken ? null : Long.valueOf(end + 1);
    }
    if (from != null) {
      append(result, new Part(from, lastToken, version));
    }
    while (result.size() > PARTS_MAX) {
      coarsen(result);
    }
    return new SessionToken(List.copyOf(result));
  }

  /** Both together: what either has seen. */
  public SessionToken with(SessionToken other) {
    SessionToken all = this;
    for (Part part : other.parts) {
      all = all.with(part.firstToken, part.lastToken, part.version);
    }
    return all;
  }

  private boolean knows(long firstToken, long lastToken, long version) {
    if (version == 0) {
      return true;
    }
    long from = firstToken;
    for (Part part : parts) {
      if (part.overlaps(from, lastToken)) {
        if (Long.compareUnsigned(part.firstToken, from) > 0
            || Long.compareUnsigned(part.version, version) < 0) {
          return false;
        }
        if (Long.compareUnsigned(part.lastToken, lastToken) >= 0) {
          return true;
        }
        from = part.lastToken + 1;
      }
    }
    return false;
  }

  /** Appends a part, to the last one if they are one. */
  private static void append(List<Part> result, Part part) {
    Part last = result.isEmpty() ? null : result.get(result.size() - 1);
    if (last != null
        && last.version == part.version
        && last.lastToken + 1 == part.firstToken
        && last.lastToken != -1) {
      result.set(result.size() - 1, new Part(last.firstToken, part.lastToken, part.version));
    } else {
      result.add(part);
    }
  }

  /**
   * Puts two neighbours together, and what lies between them: those whose versions are closest, so
   * that as little as possible is asked of replicas which have nothing new.
   */
  private static void coarsen(List<Part> result) {
    int best = 0;
    long bestDistance = -1;
    for (int i = 0; i + 1 < result.size(); i++) {
      long a = result.get(i).version;
      long b = result.get(i + 1).version;
      long distance = larger(a, b) - (larger(a, b) == a ? b : a);
      if (Long.compareUnsigned(distance, bestDistance) < 0) {
        best = i;
        bestDistance = distance;
      }
    }
    Part left = result.get(best);
    Part right = result.remove(best + 1);
    result.set(
        best, new Part(left.firstToken, right.lastToken, larger(left.version, right.version)));
    // Now it may be one with a neighbour.
    List<Part> joined = new ArrayList<>(result.size());
    result.forEach(part -> append(joined, part));
    result.clear();
    result.addAll(joined);
  }

  private static long larger(long a, long b) {
    return Long.compareUnsigned(a, b) >= 0 ? a : b;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SessionToken that && parts.equals(that.parts);
  }

  @Override
  public int hashCode() {
    return parts.hashCode();
  }

  /** For people: {@code 4000000000000000-7fffffffffffffff at 17}. */
  @Override
  public String toString() {
    String[] texts = new String[parts.size()];
    Arrays.setAll(
        texts,
        i ->
            String.format(
                "%016x-%016x at %s",
                parts.get(i).firstToken,
                parts.get(i).lastToken,
                Long.toUnsignedString(parts.get(i).version)));
    return String.join(", ", texts);
  }
}
