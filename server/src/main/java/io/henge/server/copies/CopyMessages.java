package io.henge.server.copies;

import com.google.protobuf.ByteString;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.CopyCommand;
import io.henge.api.internal.v1.CopyCommandKind;
import io.henge.api.internal.v1.CopyOutcome;
import io.henge.api.internal.v1.FollowCopiesRequest;
import io.henge.api.internal.v1.FollowCopiesResponse;
import io.henge.api.internal.v1.ReadSourcesRequest;
import io.henge.api.internal.v1.ReadSourcesResponse;
import io.henge.api.internal.v1.SourceName;
import io.henge.api.internal.v1.SourceState;
import io.henge.api.v1.Error;
import io.henge.replication.statemachine.CopySource;
import io.henge.replication.statemachine.FollowCommand;
import io.henge.replication.statemachine.FollowOutcome;
import io.henge.replication.statemachine.RingRange;
import io.henge.replication.statemachine.SourceAudit;
import io.henge.replication.statemachine.SourceKey;
import java.util.ArrayList;
import java.util.List;

/** Commands, outcomes and sources as they go between nodes. */
final class CopyMessages {
  private CopyMessages() {}

  static FollowCopiesRequest request(byte[] position, List<FollowCommand> commands) {
    FollowCopiesRequest.Builder request =
        FollowCopiesRequest.newBuilder().setPosition(ByteString.copyFrom(position));
    for (FollowCommand command : commands) {
      CopyCommand.Builder made =
          request
              .addCommandsBuilder()
              .setRuleId(command.ruleId())
              .setKey(ByteString.copyFrom(command.key()));
      if (command instanceof FollowCommand.Learn learn) {
        request.setKind(CopyCommandKind.COPY_COMMAND_KIND_LEARN);
        made.setVersion(learn.version()).setAfter(ByteString.copyFrom(learn.after()));
        byte[] fields = learn.fields();
        if (fields != null) {
          made.setFields(ByteString.copyFrom(fields));
        }
      } else if (command instanceof FollowCommand.Watch watch) {
        request.setKind(CopyCommandKind.COPY_COMMAND_KIND_WATCH);
        made.setStart(ByteString.copyFrom(watch.range().start()))
            .setEnd(ByteString.copyFrom(watch.range().end()));
      } else {
        throw new IllegalStateException("not for other shards: " + command.kind());
      }
    }
    return request.build();
  }

  static List<FollowCommand> commands(FollowCopiesRequest request) {
    List<FollowCommand> commands = new ArrayList<>(request.getCommandsCount());
    for (CopyCommand command : request.getCommandsList()) {
      SourceKey source = new SourceKey(command.getRuleId(), command.getKey().toByteArray());
      commands.add(
          switch (request.getKind()) {
            case COPY_COMMAND_KIND_LEARN ->
                new FollowCommand.Learn(
                    source,
                    command.getVersion(),
                    command.getFields().isEmpty() ? null : command.getFields().toByteArray(),
                    command.getAfter().toByteArray());
            case COPY_COMMAND_KIND_WATCH ->
                new FollowCommand.Watch(
                    source,
                    new RingRange(
                        command.getStart().toByteArray(), command.getEnd().toByteArray()));
            case COPY_COMMAND_KIND_UNSPECIFIED, UNRECOGNIZED ->
                throw HengeException.invalid("kind: one that is known expected");
          });
    }
    return commands;
  }

  static FollowCopiesResponse response(List<FollowOutcome> outcomes) {
    FollowCopiesResponse.Builder response = FollowCopiesResponse.newBuilder();
    for (FollowOutcome outcome : outcomes) {
      ErrorCode code = outcome.code();
      RingRange range = outcome.range();
      CopyOutcome.Builder made =
          response
              .addOutcomesBuilder()
              .setCode(code == null ? 0 : code.number())
              .setMessage(outcome.message())
              .setVersion(outcome.version())
              .setChanged(outcome.changed())
              .setForgotten(outcome.forgotten());
      byte[] fields = outcome.fields();
      if (fields != null) {
        made.setFields(ByteString.copyFrom(fields));
      }
      if (range != null) {
        made.setHasRange(true)
            .setStart(ByteString.copyFrom(range.start()))
            .setEnd(ByteString.copyFrom(range.end()));
      }
      byte[] next = outcome.next();
      if (next != null) {
        made.setHasNext(true).setNext(ByteString.copyFrom(next));
      }
    }
    return response.build();
  }

  /** Fails as the other node did. */
  static List<FollowOutcome> outcomes(FollowCopiesResponse response, int count) {
    require(response.hasError(), response.getError(), response.getOutcomesCount(), count);
    List<FollowOutcome> outcomes = new ArrayList<>(count);
    for (CopyOutcome outcome : response.getOutcomesList()) {
      outcomes.add(
          new FollowOutcome(
              outcome.getCode() == 0 ? null : ErrorCode.of(outcome.getCode()),
              outcome.getMessage(),
              outcome.getVersion(),
              outcome.getFields().isEmpty() ? null : outcome.getFields().toByteArray(),
              outcome.getHasRange()
                  ? new RingRange(outcome.getStart().toByteArray(), outcome.getEnd().toByteArray())
                  : null,
              outcome.getHasNext() ? outcome.getNext().toByteArray() : null,
              outcome.getChanged(),
              outcome.getForgotten()));
    }
    return outcomes;
  }

  private static void require(boolean failed, Error error, int found, int expected) {
    if (failed) {
      throw new HengeException(
          ErrorCode.of(error.getCode()), error.getMessage(), error.getRetryAfterMillis(), null);
    }
    if (found != expected) {
      throw new HengeException(ErrorCode.INTERNAL, expected + " outcomes expected, found " + found);
    }
  }

  static ReadSourcesRequest request(List<SourceKey> sources) {
    ReadSourcesRequest.Builder request = ReadSourcesRequest.newBuilder();
    for (SourceKey source : sources) {
      request
          .addSourcesBuilder()
          .setRuleId(source.ruleId())
          .setKey(ByteString.copyFrom(source.key()));
    }
    return request.build();
  }

  static ReadSourcesRequest auditRequest(List<SourceKey> sources) {
    return request(sources).toBuilder().setAudit(true).build();
  }

  static ReadSourcesResponse audits(List<SourceAudit> audits) {
    ReadSourcesResponse.Builder response = ReadSourcesResponse.newBuilder();
    for (SourceAudit audit : audits) {
      SourceState.Builder state =
          response.addSourcesBuilder().setVersion(audit.version()).setWaiting(audit.waiting());
      byte[] fields = audit.fields();
      if (fields != null) {
        state.setFields(ByteString.copyFrom(fields));
      }
      for (RingRange range : audit.watched()) {
        state
            .addWatchedBuilder()
            .setStart(ByteString.copyFrom(range.start()))
            .setEnd(ByteString.copyFrom(range.end()));
      }
    }
    return response.build();
  }

  /** Fails as the other node did. */
  static List<SourceAudit> audits(ReadSourcesResponse response, List<SourceKey> asked) {
    require(response.hasError(), response.getError(), response.getSourcesCount(), asked.size());
    List<SourceAudit> audits = new ArrayList<>(asked.size());
    for (int i = 0; i < asked.size(); i++) {
      SourceState state = response.getSources(i);
      audits.add(
          new SourceAudit(
              asked.get(i),
              state.getVersion(),
              state.getFields().isEmpty() ? null : state.getFields().toByteArray(),
              state.getWaiting(),
              state.getWatchedList().stream()
                  .map(
                      range ->
                          new RingRange(
                              range.getStart().toByteArray(), range.getEnd().toByteArray()))
                  .toList()));
    }
    return audits;
  }

  static List<SourceKey> sources(ReadSourcesRequest request) {
    List<SourceKey> sources = new ArrayList<>(request.getSourcesCount());
    for (SourceName name : request.getSourcesList()) {
      sources.add(new SourceKey(name.getRuleId(), name.getKey().toByteArray()));
    }
    return sources;
  }

  static ReadSourcesResponse states(List<CopySource> sources) {
    ReadSourcesResponse.Builder response = ReadSourcesResponse.newBuilder();
    for (CopySource source : sources) {
      SourceState.Builder state = response.addSourcesBuilder().setVersion(source.version());
      byte[] fields = source.fields();
      if (fields != null) {
        state.setFields(ByteString.copyFrom(fields));
      }
    }
    return response.build();
  }

  /** Fails as the other node did. */
  static List<CopySource> sources(ReadSourcesResponse response, List<SourceKey> asked) {
    require(response.hasError(), response.getError(), response.getSourcesCount(), asked.size());
    List<CopySource> sources = new ArrayList<>(asked.size());
    for (int i = 0; i < asked.size(); i++) {
      SourceState state = response.getSources(i);
      sources.add(
          new CopySource(
              asked.get(i).ruleId(),
              asked.get(i).key(),
              state.getVersion(),
              state.getFields().isEmpty() ? null : state.getFields().toByteArray()));
    }
    return sources;
  }
}
