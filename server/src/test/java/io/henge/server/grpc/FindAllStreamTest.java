package io.henge.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.henge.api.key.ScanCursor;
import io.henge.api.v1.FindAllPage;
import io.henge.api.v1.FindAllRequest;
import io.henge.api.v1.FindRequest;
import io.henge.api.v1.FindResponse;
import io.henge.api.v1.Request;
import io.henge.api.v1.Response;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class FindAllStreamTest {
  private static final FindAllRequest ALL =
      FindAllRequest.newBuilder()
          .setFind(FindRequest.newBuilder().setCollection("c").setAllShards(true))
          .setParallel(4)
          .build();

  private final InMemoryCall call = new InMemoryCall();
  private final List<FindAllStream> ended = new ArrayList<>();

  /** How far each page gets on the ring. */
  private long step = Long.MAX_VALUE;

  /** Answers wait here, unless they come at once. */
  private final List<Runnable> answers = new ArrayList<>();

  private boolean atOnce;
  private int asked;

  private FindAllStream stream() {
    return new FindAllStream(this::execute, ALL, 100, call, ended::add);
  }

  private void execute(Request request, Consumer<Response> done) {
    asked++;
    FindRequest find = request.getFind();
    Runnable answer = () -> done.accept(page(find));
    if (atOnce) {
      answer.run();
    } else {
      answers.add(answer);
    }
  }

  private Response page(FindRequest find) {
    FindResponse.Builder page = FindResponse.newBuilder();
    long from = position(find.getCursor(), 0);
    long until = position(find.getUntil(), -1);
    if (Long.compareUnsigned(until - from, step) > 0) {
      byte[] next = ByteBuffer.allocate(Long.BYTES).putLong(from + step).array();
      byte[] wire = new ScanCursor(false, next).encode(new byte[0]);
      page.setCursor(ByteString.copyFrom(wire));
    }
    return Response.newBuilder().setFind(page).build();
  }

  private static long position(ByteString wire, long otherwise) {
    return wire.isEmpty()
        ? otherwise
        : ByteBuffer.wrap(ScanCursor.decode(wire.toByteArray(), new byte[0], false, 100).position())
            .getLong();
  }

  private void answerAll() {
    while (!answers.isEmpty()) {
      answers.remove(0).run();
    }
  }

  @Test
  void shouldReadNoFurtherThanTheCallerTakes() {
    step = 1L << 50;
    stream().start();
    answerAll();
    assertThat(asked).as("a page for each lane").isEqualTo(4);
    assertThat(call.pages).isEmpty();
    call.take(3);
    assertThat(call.pages).hasSize(3);
    answerAll();
    assertThat(asked).isEqualTo(7);
    assertThat(call.pages).hasSize(3);
  }

  @Test
  void shouldEndWithTheLastPage() {
    FindAllStream stream = stream();
    stream.start();
    call.take(1_000);
    answerAll();
    assertThat(call.pages).hasSize(16);
    assertThat(call.pages.get(15).getDone()).isEqualTo(1.0);
    assertThat(call.completed).isTrue();
    assertThat(ended).containsExactly(stream);
  }

  /** Pages that are there at once must not be answered within one another. */
  @Test
  void shouldNotRunOutOfStack() {
    atOnce = true;
    step = 1L << 46;
    call.take(Integer.MAX_VALUE);
    stream().start();
    assertThat(call.completed).isTrue();
    assertThat(call.pages).hasSizeGreaterThan(200_000);
  }

  @Test
  void shouldAskNothingMoreWhenTheCallerHasLeft() {
    step = 1L << 50;
    FindAllStream stream = stream();
    stream.start();
    call.take(5);
    call.onCancel.run();
    int before = asked;
    answerAll();
    call.take(5);
    assertThat(asked).isEqualTo(before);
    assertThat(call.completed).isFalse();
    assertThat(ended).containsExactly(stream);
  }

  @Test
  void shouldTellTheCallerThatTheNodeStops() {
    FindAllStream stream = stream();
    stream.start();
    stream.shutDown();
    stream.shutDown();
    answerAll();
    assertThat(Status.fromThrowable(call.failure).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(ended).containsExactly(stream);
  }

  /** A call whose caller takes pages one by one. */
  private static final class InMemoryCall extends ServerCallStreamObserver<FindAllPage> {
    final List<FindAllPage> pages = new ArrayList<>();
    boolean completed;
    @Nullable Throwable failure;
    Runnable onReady = () -> {};
    Runnable onCancel = () -> {};
    private int wanted;

    void take(int more) {
      wanted += more;
      onReady.run();
    }

    @Override
    public boolean isReady() {
      return wanted > 0;
    }

    @Override
    public void onNext(FindAllPage page) {
      assertThat(completed || failure != null).isFalse();
      wanted--;
      pages.add(page);
    }

    @Override
    public void onError(Throwable error) {
      assertThat(completed || failure != null).isFalse();
      failure = error;
    }

    @Override
    public void onCompleted() {
      assertThat(completed || failure != null).isFalse();
      completed = true;
    }

    @Override
    public void setOnReadyHandler(Runnable handler) {
      onReady = handler;
    }

    @Override
    public void setOnCancelHandler(Runnable handler) {
      onCancel = handler;
    }

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public void setCompression(String compression) {}

    @Override
    public void disableAutoInboundFlowControl() {}

    @Override
    public void request(int count) {}

    @Override
    public void setMessageCompression(boolean enable) {}
  }
}
