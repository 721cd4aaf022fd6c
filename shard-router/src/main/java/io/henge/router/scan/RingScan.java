package io.henge.router.scan;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.key.ScanCursor;
import io.henge.api.v1.FindResponse;
import io.henge.router.scan.RingParts.Part;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * A find over the ring in several lanes, each in a part of its own. A lane asks for its next page
 * when its last one has been taken: so as many pages as there are lanes wait, at most, however slow
 * the reader is, and the next are on their way while it works. Thread-safe; lock: {@code this},
 * never held while others are called.
 */
public final class RingScan {
  private static final byte[] RING = new byte[0];

  /** Parts for each lane: those that are done early take from the others. */
  private static final int PARTS_PER_LANE = 4;

  /** Most lanes. */
  public static final int LANES_MAX = RingParts.PARTS_MAX / PARTS_PER_LANE;

  /** Gets pages. */
  public interface Pages {
    /**
     * One page.
     *
     * @param cursor where it begins, as {@code FindRequest.cursor}
     * @param until where the part ends, as {@code FindRequest.until}; empty = the end of the ring
     * @return fails with {@link HengeException}
     */
    CompletableFuture<FindResponse> fetch(byte[] cursor, byte[] until);
  }

  /**
   * A page.
   *
   * @param done share of the ring that is done with it and all that were taken before, 0 to 1
   * @param cursor what is left behind these; empty = nothing
   */
  public record Page(FindResponse found, double done, byte[] cursor) {}

  private static final class Lane {
    Part part;

    Lane(Part part) {
      this.part = part;
    }
  }

  private record Arrived(Lane lane, FindResponse found) {}

  private final Pages pages;
  private final Runnable changed;
  private final int keyBytesMax;
  private final int lanesMax;

  // Guarded by this.
  private final Deque<Part> waiting = new ArrayDeque<>();
  private final List<Lane> lanes = new ArrayList<>();
  private final Deque<Arrived> arrived = new ArrayDeque<>();
  private @Nullable HengeException failure;
  private boolean cancelled;

  /**
   * A scan that has not begun.
   *
   * @param cursor what is left; empty = the whole ring
   * @param lanes 1 to {@link #LANES_MAX}
   * @param changed called when {@link #poll} may have something new; on any thread, also before
   *     {@link #start} or {@link #poll} return; must not block
   * @throws HengeException INVALID_ARGUMENT for a cursor that is none
   */
  public RingScan(byte[] cursor, int lanes, int keyBytesMax, Pages pages, Runnable changed) {
    if (lanes < 1 || lanes > LANES_MAX) {
      throw HengeException.invalid("parallel: 1 to " + LANES_MAX + " expected, found " + lanes);
    }
    this.pages = pages;
    this.changed = changed;
    this.keyBytesMax = keyBytesMax;
    this.lanesMax = lanes;
    RingParts left =
        cursor.length == 0
            ? RingParts.whole(lanes * PARTS_PER_LANE)
            : RingParts.decode(cursor, keyBytesMax);
    waiting.addAll(spread(left.parts(), lanes));
  }

  /** Neighbours are on one shard, most likely: lanes begin apart from each other. */
  private static List<Part> spread(List<Part> parts, int lanes) {
    List<Part> spread = new ArrayList<>(parts.size());
    int stride = Math.max(1, (parts.size() + lanes - 1) / lanes);
    for (int offset = 0; offset < stride; offset++) {
      for (int i = offset; i < parts.size(); i += stride) {
        spread.add(parts.get(i));
      }
    }
    return spread;
  }

  /** Asks for the first pages. */
  public void start() {
    List<Lane> begun = new ArrayList<>();
    synchronized (this) {
      while (lanes.size() < lanesMax && !waiting.isEmpty()) {
        Lane lane = new Lane(waiting.remove());
        lanes.add(lane);
        begun.add(lane);
      }
    }
    begun.forEach(this::ask);
  }

  /**
   * Takes a page, if one is there.
   *
   * @throws HengeException if the scan has failed; what was taken before stands, and its cursor is
   *     good to go on from
   */
  public @Nullable Page poll() {
    Lane next;
    Page page;
    synchronized (this) {
      if (failure != null) {
        throw failure;
      }
      Arrived first = arrived.poll();
      if (first == null) {
        return null;
      }
      next = advance(first);
      RingParts left = left();
      page = new Page(first.found(), left.done(), left.encode());
    }
    if (next != null) {
      ask(next);
    }
    return page;
  }

  /** Whether all pages have been taken. */
  public synchronized boolean isDone() {
    return failure == null && lanes.isEmpty() && waiting.isEmpty();
  }

  /** Asks for nothing more; what arrives is dropped. */
  public synchronized void cancel() {
    cancelled = true;
    arrived.clear();
  }

  /** The lane that is to ask next, if one is. */
  private @Nullable Lane advance(Arrived page) {
    Lane lane = page.lane();
    byte[] cursor = page.found().getCursor().toByteArray();
    if (cursor.length > 0) {
      byte[] position = ScanCursor.decode(cursor, RING, false, keyBytesMax).position();
      if (Arrays.compareUnsigned(position, lane.part.from()) <= 0) {
        throw new HengeException(
            ErrorCode.INTERNAL, "a page of a find over the ring did not get on: " + page.found());
      }
      if (!lane.part.isBefore(position)) {
        lane.part = new Part(position, lane.part.to());
        return lane;
      }
    }
    Part part = waiting.poll();
    if (part == null) {
      lanes.remove(lane);
      return null;
    }
    lane.part = part;
    return lane;
  }

  private RingParts left() {
    List<Part> parts = new ArrayList<>(waiting);
    lanes.forEach(lane -> parts.add(lane.part));
    parts.sort(Comparator.comparing(Part::from, Arrays::compareUnsigned));
    return new RingParts(parts);
  }

  private void ask(Lane lane) {
    Part part;
    synchronized (this) {
      if (cancelled || failure != null) {
        return;
      }
      part = lane.part;
    }
    CompletableFuture<FindResponse> page;
    try {
      page = pages.fetch(wire(part.from()), wire(part.to()));
    } catch (HengeException e) {
      page = CompletableFuture.failedFuture(e);
    }
    page.whenComplete((found, error) -> arrived(lane, found, error));
  }

  private static byte[] wire(byte[] position) {
    return position.length == 0 ? RING : new ScanCursor(false, position).encode(RING);
  }

  private void arrived(Lane lane, @Nullable FindResponse found, @Nullable Throwable error) {
    synchronized (this) {
      if (cancelled) {
        return;
      }
      if (error != null || found == null) {
        failure = failure == null ? known(error) : failure;
      } else {
        arrived.add(new Arrived(lane, found));
      }
    }
    changed.run();
  }

  private static HengeException known(@Nullable Throwable error) {
    Throwable cause =
        error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    return cause instanceof HengeException henge
        ? henge
        : new HengeException(ErrorCode.INTERNAL, "find over the ring: " + cause, cause);
  }
}
