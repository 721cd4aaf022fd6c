package io.henge.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.henge.api.error.ErrorCode;
import io.henge.api.v1.Request;
import io.henge.api.v1.RequestBatch;
import io.henge.api.v1.Response;
import io.henge.api.v1.ResponseBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Requests that were passed on to a node which says nothing. */
class PeerStreamTest {
  private static final long DEADLINE = 3_600_000_000_000L;

  private final List<Response> answers = new ArrayList<>();
  private final List<Request> sent = new ArrayList<>();
  private @Nullable ClientResponseObserver<RequestBatch, ResponseBatch> node;
  private long now = 1;
  private PeerStream stream;

  @BeforeEach
  void open() {
    stream =
        new PeerStream(
            observer -> {
              node = observer;
              observer.beforeStart(new Out());
            },
            () -> now);
  }

  private final class Out extends ClientCallStreamObserver<RequestBatch> {
    @Override
    public void onNext(RequestBatch batch) {
      sent.addAll(batch.getRequestsList());
    }

    @Override
    public void cancel(@Nullable String message, @Nullable Throwable cause) {}

    @Override
    public boolean isReady() {
      return true;
    }

    @Override
    public void setOnReadyHandler(Runnable handler) {}

    @Override
    public void request(int count) {}

    @Override
    public void setMessageCompression(boolean enable) {}

    @Override
    public void disableAutoInboundFlowControl() {}

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onCompleted() {}
  }

  private Exchange passOn(long id, long shard) {
    Request request = Request.newBuilder().setId(id).build();
    Answer answer =
        new Answer() {
          @Override
          public void answer(Response response) {
            answers.add(response);
          }

          @Override
          public void flush() {}
        };
    Exchange exchange =
        new Exchange(
            request,
            System.nanoTime(),
            System.nanoTime() + DEADLINE,
            answer,
            (kind, error, forwarded, nanos) -> {});
    stream.send(request, shard, exchange);
    stream.flush();
    return exchange;
  }

  private void answerOf(Request request) {
    Objects.requireNonNull(node)
        .onNext(
            ResponseBatch.newBuilder()
                .addResponses(Response.newBuilder().setId(request.getId()))
                .build());
  }

  @Test
  void shouldNotWaitForTheDeadlineWhenTheNodeStaysSilent() {
    passOn(7, 1);
    now += PeerStream.SILENCE_NANOS - 1;
    stream.expire();
    assertThat(answers).isEmpty();
    now += 1;
    stream.expire();
    assertThat(answers).hasSize(1);
    assertThat(answers.get(0).getId()).isEqualTo(7);
    ErrorCode code = ErrorCode.of(answers.get(0).getError().getCode());
    assertThat(code).isEqualTo(ErrorCode.UNAVAILABLE);
    // It may have been applied: whoever asked must go on under the same request id.
    assertThat(code.effect()).isEqualTo(ErrorCode.Effect.UNKNOWN);
    // What the node says later is for nobody.
    answerOf(sent.get(0));
    assertThat(answers).hasSize(1);
  }

  @Test
  void shouldWaitOnWhileTheNodeAnswersOthers() {
    passOn(7, 1);
    now += PeerStream.SILENCE_NANOS - 1;
    passOn(8, 1);
    answerOf(sent.get(1));
    now += 10;
    stream.expire();
    assertThat(answers).extracting(Response::getId).containsExactly(8L);
  }

  @Test
  void shouldGiveBackOnlyWhatIsLedElsewhere() {
    Exchange moved = passOn(7, 1);
    passOn(8, 2);
    passOn(9, 0);
    assertThat(stream.takeBack(shard -> shard != 2)).containsExactly(moved);
    answerOf(sent.get(0));
    answerOf(sent.get(1));
    answerOf(sent.get(2));
    assertThat(answers).extracting(Response::getId).containsExactly(8L, 9L);
  }
}
