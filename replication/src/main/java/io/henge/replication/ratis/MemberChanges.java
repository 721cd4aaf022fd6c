package io.henge.replication.ratis;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.replication.Member;
import io.henge.replication.Membership;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SetConfigurationRequest;

/**
 * Changes the members of a group to what is wanted, in steps that Ratis accepts: a step never
 * brings in as many newcomers as there are old members that stay, except from one member to two.
 * Each step is a compare-and-set, so that two changes at once cannot mix.
 */
final class MemberChanges {
  /** Ratis needs a moment between two changes; how long to wait before asking again. */
  private static final long AGAIN_MILLIS = 20;

  private final RatisConsensus consensus;
  private final RatisGroup group;
  private final ClientId client;
  private final RaftGroupId raftGroup;
  private final RaftPeerId self;

  MemberChanges(
      RatisConsensus consensus,
      RatisGroup group,
      ClientId client,
      RaftGroupId raftGroup,
      RaftPeerId self) {
    this.consensus = consensus;
    this.group = group;
    this.client = client;
    this.raftGroup = raftGroup;
    this.self = self;
  }

  CompletableFuture<Membership> start(List<Member> members, Duration timeout) {
    Map<String, Member> wanted = new LinkedHashMap<>();
    members.forEach(member -> wanted.put(member.nodeId(), member));
    if (wanted.size() != members.size() || wanted.isEmpty()) {
      return CompletableFuture.failedFuture(
          HengeException.invalid("members must be given, each once; found " + members));
    }
    if (!group.isLeader()) {
      return CompletableFuture.failedFuture(RatisGroup.notLeading());
    }
    if (!wanted.containsKey(self.toString())) {
      // Ratis would let it lead until the change is done, then close it: an outage for nothing.
      return CompletableFuture.failedFuture(
          HengeException.invalid(
              "the leader "
                  + self
                  + " cannot remove itself; hand leadership to one of "
                  + wanted.keySet()
                  + " first"));
    }
    CompletableFuture<Membership> result = new CompletableFuture<>();
    next(wanted, System.nanoTime() + timeout.toNanos(), result);
    return result;
  }

  private void next(
      Map<String, Member> wanted, long deadlineNanos, CompletableFuture<Membership> result) {
    Membership now = group.membership();
    if (!now.stable()) {
      again(wanted, deadlineNanos, result);
      return;
    }
    List<Member> step = step(now.members(), wanted);
    if (step == null) {
      result.complete(now);
      return;
    }
    SetConfigurationRequest request =
        new SetConfigurationRequest(
            client,
            self,
            raftGroup,
            consensus.nextCallId(),
            SetConfigurationRequest.Arguments.newBuilder()
                .setMode(SetConfigurationRequest.Mode.COMPARE_AND_SET)
                .setServersInCurrentConf(Ids.peers(now.members()))
                .setServersInNewConf(Ids.peers(step))
                .build());
    long left = Math.max(1, deadlineNanos - System.nanoTime());
    CompletableFuture<RaftClientReply> reply =
        consensus
            .reply(server -> server.setConfigurationAsync(request))
            .orTimeout(left, TimeUnit.NANOSECONDS);
    reply.whenComplete(
        (done, thrown) -> {
          if (thrown == null) {
            next(wanted, deadlineNanos, result);
            return;
          }
          HengeException failure = Failures.of(thrown);
          if (failure.code() == ErrorCode.BUSY) {
            again(wanted, deadlineNanos, result);
          } else {
            result.completeExceptionally(failure);
          }
        });
  }

  private void again(
      Map<String, Member> wanted, long deadlineNanos, CompletableFuture<Membership> result) {
    if (deadlineNanos - System.nanoTime() < 0) {
      result.completeExceptionally(
          new HengeException(
              ErrorCode.BUSY, "another change of members is under way and did not end in time"));
      return;
    }
    if (!group.isLeader()) {
      result.completeExceptionally(RatisGroup.notLeading());
      return;
    }
    consensus.schedule(() -> next(wanted, deadlineNanos, result), AGAIN_MILLIS);
  }

  /**
   * The next list of members on the way, or null if they are as wanted: replaces one if at least
   * two stay, else adds one, else removes one.
   */
  static @org.jspecify.annotations.Nullable List<Member> step(
      List<Member> now, Map<String, Member> wanted) {
    List<Member> step = new ArrayList<>(now);
    Member newcomer =
        wanted.values().stream()
            .filter(member -> now.stream().noneMatch(m -> m.nodeId().equals(member.nodeId())))
            .findFirst()
            .orElse(null);
    Member leaver =
        now.stream()
            .filter(member -> !wanted.containsKey(member.nodeId()))
            .findFirst()
            .orElse(null);
    if (newcomer == null && leaver == null) {
      return null;
    }
    if (newcomer != null) {
      step.add(newcomer);
    }
    if (leaver != null && (newcomer == null || now.size() >= 3)) {
      step.remove(leaver);
    }
    return step;
  }
}
