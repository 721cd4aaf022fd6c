package io.henge.router.watch;

import com.google.protobuf.UnsafeByteOperations;
import io.henge.api.changes.ChangePart;
import io.henge.api.changes.ChangeToken;
import io.henge.api.error.HengeException;
import io.henge.api.v1.ChangesRequest;
import io.henge.api.v1.ChangesResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The ring, or a part of it, as segments of which each has its own position: what of it is asked
 * for together, and what becomes of it by an answer. Of whoever has the watch's lock.
 */
final class Segments {
  /** Changes, and the segments that go on when they have been taken. */
  record Taken(ChangeBatch batch, List<Segment> segments) {}

  /** A request to be sent when the lock is free. */
  record Ask(ChangesRequest request, List<Segment> of) {}

  private final Shards shards;
  private final int waitMillis;
  private final List<Segment> segments = new ArrayList<>();

  /**
   * Of a ring of shards.
   *
   * @param waitMillis how long a shard waits for a change before it says that there is none
   */
  Segments(Shards shards, int waitMillis) {
    this.shards = shards;
    this.waitMillis = waitMillis;
  }

  void add(ChangePart part, boolean now) {
    segments.add(new Segment(part, now));
  }

  void clear() {
    segments.clear();
  }

  /** Whether each has a position. */
  boolean isPlaced() {
    return segments.stream().noneMatch(segment -> segment.now);
  }

  /** The last failure of one that has not been answered since; null if all are. */
  @Nullable HengeException trouble() {
    for (Segment segment : segments) {
      if (segment.trouble != null) {
        return segment.trouble;
      }
    }
    return null;
  }

  /** What to ask now: each segment that is free, with its neighbours in the same shard. */
  List<Ask> plan() {
    List<Ask> asks = new ArrayList<>();
    for (int i = 0; i < segments.size(); i++) {
      Segment first = segments.get(i);
      if (first.state != Segment.State.IDLE) {
        continue;
      }
      byte[] end = shards.endOfShard(first.part.start());
      if (end != null) {
        first = cut(i, end);
      }
      List<Segment> together = together(i, first, end);
      if (together.isEmpty()) {
        continue;
      }
      together.forEach(segment -> segment.state = Segment.State.ASKED);
      asks.add(new Ask(request(together), together));
    }
    return asks;
  }

  /** Leaves what lies beyond a shard's end to a segment of its own. */
  private Segment cut(int index, byte[] end) {
    Segment whole = segments.get(index);
    ChangePart part = whole.part;
    boolean beyond =
        end.length != 0
            && Arrays.compareUnsigned(end, part.start()) > 0
            && (part.end().length == 0 || Arrays.compareUnsigned(end, part.end()) < 0);
    if (!beyond) {
      return whole;
    }
    Segment left = new Segment(new ChangePart(part.start(), end, part.from()), whole.now);
    left.apart = whole.apart;
    left.trouble = whole.trouble;
    Segment right = new Segment(new ChangePart(end, part.end(), part.from()), whole.now);
    right.trouble = whole.trouble;
    segments.set(index, left);
    segments.add(index + 1, right);
    return left;
  }

  /**
   * The segments to ask for with one: its neighbours in the same shard. None yet, if one of these
   * is on its way: it will be free soon, and then they go together.
   */
  private List<Segment> together(int index, Segment first, byte @Nullable [] end) {
    if (!first.isStreaming() || end == null) {
      return List.of(first);
    }
    List<Segment> together = new ArrayList<>();
    together.add(first);
    Segment left = index == 0 ? null : segments.get(index - 1);
    if (left != null
        && !first.isApart(end)
        && isOnItsWay(left)
        && isAdjacent(left, first)
        && isIn(left, end)) {
      return List.of();
    }
    for (int i = index + 1; i < segments.size(); i++) {
      Segment next = segments.get(i);
      boolean inShard =
          !next.isApart(end) && isAdjacent(segments.get(i - 1), next) && isBefore(next, end);
      if (!inShard || !next.isStreaming() || together.size() == ChangeToken.PARTS_MAX) {
        break;
      }
      if (isOnItsWay(next)) {
        return List.of();
      }
      if (next.state != Segment.State.IDLE) {
        break;
      }
      together.add(cut(i, end));
    }
    return together;
  }

  private static boolean isOnItsWay(Segment segment) {
    return segment.isStreaming()
        && (segment.state == Segment.State.ASKED || segment.state == Segment.State.FULL);
  }

  private boolean isIn(Segment left, byte[] end) {
    byte[] its = shards.endOfShard(left.part.start());
    return its != null && Arrays.equals(its, end);
  }

  private static boolean isBefore(Segment segment, byte[] end) {
    return end.length == 0 || Arrays.compareUnsigned(segment.part.start(), end) < 0;
  }

  private static boolean isAdjacent(Segment left, Segment right) {
    return left.part.end().length != 0 && Arrays.equals(left.part.end(), right.part.start());
  }

  private ChangesRequest request(List<Segment> together) {
    ChangesRequest.Builder request = ChangesRequest.newBuilder();
    for (Segment segment : together) {
      io.henge.api.v1.ChangePart.Builder part =
          request
              .addPartsBuilder()
              .setStart(UnsafeByteOperations.unsafeWrap(segment.part.start()))
              .setEnd(UnsafeByteOperations.unsafeWrap(segment.part.end()));
      if (segment.now) {
        part.setNow(true);
      } else {
        part.setFrom(UnsafeByteOperations.unsafeWrap(segment.part.from()));
      }
    }
    return request.setWaitMillis(together.get(0).isStreaming() ? waitMillis : 0).build();
  }

  /**
   * Puts the segments of an answer in the place of those that were asked for.
   *
   * @throws RuntimeException if it is no answer to that
   */
  Taken take(Ask ask, ChangesResponse answer) {
    List<Segment> asked = ask.of();
    int index = segments.indexOf(asked.get(0));
    if (index < 0 || answer.getPartsCount() == 0) {
      throw new IllegalStateException("there are no positions in it");
    }
    List<ChangePart> after = new ArrayList<>(answer.getPartsCount());
    for (io.henge.api.v1.ChangePart part : answer.getPartsList()) {
      after.add(
          new ChangePart(
              part.getStart().toByteArray(),
              part.getEnd().toByteArray(),
              part.getFrom().toByteArray()));
    }
    for (int i = 0; i < asked.size(); i++) {
      segments.remove(index);
    }
    List<Segment> full = new ArrayList<>(after.size());
    for (ChangePart part : after) {
      Segment segment = new Segment(part, false);
      segment.state = Segment.State.FULL;
      full.add(segment);
    }
    full.get(0).apart = asked.get(0).apart;
    List<Segment> all = new ArrayList<>(full);
    byte[] reached = after.get(after.size() - 1).end();
    List<ChangePart> covered = new ArrayList<>();
    for (Segment segment : asked) {
      rest(segment, reached, covered, all);
    }
    if (all.size() > full.size()) {
      all.get(full.size()).apart = shards.endOfShard(after.get(0).start());
    }
    segments.addAll(index, all);
    // Before a watch from now has its position, there is none.
    List<ChangePart> before = asked.get(0).now ? after : covered;
    return new Taken(new ChangeBatch(answer.getChangesList(), before, after), full);
  }

  /** Divides a segment into what the answer covers, and what it does not. */
  private static void rest(
      Segment segment, byte[] reached, List<ChangePart> covered, List<Segment> all) {
    ChangePart part = segment.part;
    if (reached.length == 0 || Arrays.compareUnsigned(part.start(), reached) < 0) {
      boolean whole =
          reached.length == 0
              || (part.end().length != 0 && Arrays.compareUnsigned(part.end(), reached) <= 0);
      covered.add(whole ? part : new ChangePart(part.start(), reached, part.from()));
      if (!whole) {
        all.add(new Segment(new ChangePart(reached, part.end(), part.from()), segment.now));
      }
    } else {
      all.add(segment);
      segment.state = Segment.State.IDLE;
    }
  }
}
