package io.henge.client.internal.retry;

import io.henge.api.error.HengeException;
import io.henge.api.item.SessionToken;
import io.henge.api.key.PhysicalKey;
import io.henge.api.v1.Request;
import io.henge.api.v1.Response;
import io.henge.client.internal.batch.Submissions;
import io.henge.client.internal.routing.Peer;
import io.henge.router.Shard;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One request of the application with all its attempts. A caller makes it and hands it to {@link
 * Dispatcher#submit}; from then on it belongs to the loop, until {@link #answer} completes.
 */
public final class Call extends Submissions.Node<Call> {
  static final long NEVER = Long.MAX_VALUE;

  private final CompletableFuture<Response> answer = new CompletableFuture<>();

  /** What every attempt sends, but for id, timeout and routing. */
  final Request template;

  final Place place;
  final Kind kind;
  final long timeoutMillis;
  final int bytes;

  /** How long an attempt may well be silent, beyond what others may: the shard waits for news. */
  final long patienceNanos;

  final Supplier<String> what;
  final @Nullable List<String> steps;

  // Of the loop. Times are nanoseconds since the call began.
  long startNanos;
  long wakeAt;
  long retryAt = NEVER;
  long hedgeAt = NEVER;
  int attempts;
  int pauses;
  int quickRetries;
  int turn;
  boolean maybeApplied;
  @Nullable Peer avoided;
  @Nullable HengeException lastError;
  private final List<Attempt> outstanding = new ArrayList<>(2);
  private @Nullable Attempt last;
  private @Nullable Shard served;

  /** What was seen by the parts that this call was divided into; null if it was not. */
  private @Nullable SessionToken seenByParts;

  /** Whether it is counted among the requests that wait; parts of a divided one are not. */
  boolean admitted = true;

  private @Nullable Call previousLive;
  private @Nullable Call nextLive;

  /** What a call is, and so whom it may ask. */
  public enum Kind {
    /** A write: the leader; an attempt without an answer may have taken effect. */
    WRITE,
    /** A read that the leader serves. */
    LEADER_READ,
    /** A read that every replica serves. */
    REPLICA_READ
  }

  /**
   * A place on the ring.
   *
   * @param key physical key
   * @param before whether what comes right before the key is meant: a descending scan begins there
   * @param others more keys, of which each may lie in another shard: a read of several items
   */
  public record Place(byte[] key, boolean before, List<byte[]> others) {
    public static Place at(byte[] key) {
      return new Place(key, false, List.of());
    }
  }

  /**
   * A call.
   *
   * @param template the request; its write has a request id and a not-after time
   * @param place where it goes
   * @param timeoutMillis for all attempts together
   * @param what for messages: "put in carts"
   * @param explained whether to note the {@link #steps}
   */
  public Call(
      Request template,
      Place place,
      Kind kind,
      long timeoutMillis,
      Supplier<String> what,
      boolean explained) {
    this.template = template;
    this.place = place;
    this.kind = kind;
    this.timeoutMillis = timeoutMillis;
    this.bytes = template.getSerializedSize();
    this.patienceNanos = template.getChanges().getWaitMillis() * 1_000_000L;
    this.what = what;
    this.steps = explained ? new ArrayList<>() : null;
  }

  /** The answer, without error; fails with {@link HengeException}. Completes on the loop. */
  public CompletableFuture<Response> answer() {
    return answer;
  }

  /** Attempts made. Once answered. */
  public int attempts() {
    return attempts;
  }

  /** What the client did, for people; empty unless explained. Once answered. */
  public List<String> steps() {
    return steps == null ? List.of() : List.copyOf(steps);
  }

  /** The shard that was asked last; 0 = unknown. Once answered. */
  public long shardId() {
    Attempt attempt = last;
    Shard shard = served;
    if (shard != null) {
      return shard.id();
    }
    return attempt == null || attempt.shard == null ? 0 : attempt.shard.id();
  }

  /**
   * What a session has seen with the answer. Once answered.
   *
   * @param shardVersion as the answer says
   */
  public SessionToken seen(long shardVersion) {
    SessionToken parts = seenByParts;
    if (parts != null) {
      return parts;
    }
    long token = PhysicalKey.token(place.key());
    SessionToken seen = SessionToken.EMPTY.with(token, token, shardVersion);
    Shard shard = served;
    return shard == null
        ? seen
        : seen.with(
            SessionToken.firstToken(shard.start()),
            SessionToken.lastToken(shard.end()),
            shardVersion);
  }

  /** What the call is. */
  public Kind kind() {
    return kind;
  }

  /** Names the call in messages. */
  public String what() {
    return what.get();
  }

  boolean isWrite() {
    return kind == Kind.WRITE;
  }

  void began(Attempt attempt) {
    attempts++;
    turn++;
    outstanding.add(attempt);
    last = attempt;
  }

  /** False if the attempt was over already. */
  boolean ended(Attempt attempt) {
    return outstanding.remove(attempt);
  }

  List<Attempt> outstanding() {
    return outstanding;
  }

  /**
   * Whether a node was asked at that time or later and has not answered yet. One that was asked
   * before may have passed the request on to somebody who is dead: asking again can help.
   */
  boolean asks(Peer peer, long sinceNanos) {
    for (int i = 0; i < outstanding.size(); i++) {
      Attempt attempt = outstanding.get(i);
      if (attempt.peer.link() == peer.link() && attempt.startNanos - sinceNanos > 0) {
        return true;
      }
    }
    return false;
  }

  void answeredBy(Attempt attempt, @Nullable Shard shard) {
    last = attempt;
    served = shard;
  }

  void seenByParts(SessionToken seen) {
    seenByParts = seen;
  }

  void step(String text) {
    if (steps != null) {
      steps.add(text);
    }
  }

  boolean isExplained() {
    return steps != null;
  }

  /** Where the call has been, for messages. */
  String path() {
    Attempt attempt = last;
    StringBuilder text = new StringBuilder();
    if (attempt == null) {
      text.append("no node was asked");
    } else {
      if (attempt.shard != null) {
        text.append("shard ").append(attempt.shard.id()).append(", ");
      }
      text.append("node ").append(attempt.peer).append(", ").append(attempts);
      text.append(attempts == 1 ? " attempt" : " attempts");
    }
    if (lastError != null) {
      text.append(", last error ").append(lastError.code()).append(": ");
      text.append(lastError.getMessage());
    }
    return text.toString();
  }

  /** All calls that wait for an answer. One thread only. */
  static final class Live {
    private @Nullable Call first;

    void add(Call call) {
      call.nextLive = first;
      if (first != null) {
        first.previousLive = call;
      }
      first = call;
    }

    void remove(Call call) {
      Call before = call.previousLive;
      Call after = call.nextLive;
      if (before != null) {
        before.nextLive = after;
      } else if (first == call) {
        first = after;
      }
      if (after != null) {
        after.previousLive = before;
      }
      call.previousLive = null;
      call.nextLive = null;
    }

    boolean isEmpty() {
      return first == null;
    }

    @Nullable Call first() {
      return first;
    }

    /** Those with a time to wake that has come; a list, since waking them changes this one. */
    List<Call> due(long nowNanos) {
      List<Call> due = List.of();
      for (Call call = first; call != null; call = call.nextLive) {
        if (call.wakeAt <= nowNanos - call.startNanos) {
          due = due.isEmpty() ? new ArrayList<>() : due;
          due.add(call);
        }
      }
      return due;
    }
  }
}
