package io.henge.client.internal.batch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.henge.api.error.HengeException;
import io.henge.api.v1.Mutation;
import io.henge.api.v1.Put;
import io.henge.api.v1.Request;
import io.henge.api.v1.Response;
import io.henge.api.v1.Value;
import io.henge.api.v1.WriteRequest;
import io.henge.client.testing.ManualLoop;
import io.henge.client.testing.ScriptedTransport;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LinkTest {
  private final ManualLoop loop = new ManualLoop();
  private final ScriptedTransport network = new ScriptedTransport(loop);
  private final ScriptedTransport.Node node = network.node("a:1");
  private final Links links = new Links(network, loop);
  private final Link link = links.get("a:1");
  private final List<Long> answered = new ArrayList<>();
  private final List<Long> lost = new ArrayList<>();
  private final List<Boolean> lostAfterSending = new ArrayList<>();
  private long lastId;

  private final class Noted extends Outgoing {
    Noted(Request request) {
      super(request);
    }

    @Override
    protected void onAnswer(Response answer) {
      answered.add(answer.getId());
    }

    @Override
    protected void onLost(HengeException why) {
      lost.add(request().getId());
      lostAfterSending.add(wasSent());
    }
  }

  private Outgoing request(int bytes) {
    Value value = Value.newBuilder().setData(ByteString.copyFrom(new byte[bytes])).build();
    Mutation put = Mutation.newBuilder().setPut(Put.newBuilder().setValue(value)).build();
    return new Noted(
        Request.newBuilder()
            .setId(++lastId)
            .setWrite(WriteRequest.newBuilder().addMutations(put))
            .build());
  }

  private void send(int count, int bytes) {
    for (int i = 0; i < count; i++) {
      link.enqueue(request(bytes));
    }
    links.flush();
    loop.run();
  }

  @Test
  void shouldGatherWhatComesTogetherIntoOneMessage() {
    send(50, 10);
    assertThat(node.messages()).containsExactly(50);
    assertThat(links.messages()).isEqualTo(1);
  }

  @Test
  void shouldBoundMessagesInRequestsAndBytes() {
    send(Link.BATCH_REQUESTS_MAX + 1, 10);
    assertThat(node.messages()).containsExactly(Link.BATCH_REQUESTS_MAX, 1);
    node.messages().clear();
    send(3, Link.BATCH_BYTES_MAX * 2 / 5);
    assertThat(node.messages()).containsExactly(2, 1);
    node.messages().clear();
    // What is too large for any message goes alone.
    send(2, Link.BATCH_BYTES_MAX + 1);
    assertThat(node.messages()).containsExactly(1, 1);
  }

  @Test
  void shouldWaitWhileTheStreamHasNoRoomAndThenSendAllInOrder() {
    send(1, 10);
    node.ready(false);
    send(5, 10);
    send(5, 10);
    assertThat(node.messages()).containsExactly(1);
    assertThat(link.load()).isEqualTo(11);
    node.ready(true);
    assertThat(node.messages()).containsExactly(1, 10);
    assertThat(node.sent().stream().map(Request::getId)).isSorted();
  }

  @Test
  void shouldCompleteEachAnswerByItselfInAnyOrder() {
    send(3, 10);
    node.answer(node.sent().get(2), Response.getDefaultInstance());
    node.answer(node.sent().get(0), Response.getDefaultInstance());
    assertThat(answered).containsExactly(3L, 1L);
    // Twice, or of nobody: ignored.
    node.answer(node.sent().get(0), Response.getDefaultInstance());
    assertThat(answered).hasSize(2);
    assertThat(link.load()).isEqualTo(1);
  }

  @Test
  void shouldTellWhatIsLostWhetherItWasSent() {
    send(1, 10);
    node.ready(false);
    send(1, 10);
    node.drop();
    assertThat(lost).containsExactly(1L, 2L);
    assertThat(lostAfterSending).containsExactly(true, false);
    assertThat(link.load()).isZero();
  }

  @Test
  void shouldPauseAfterAFailureAndThenConnectAgain() {
    node.refuse(true);
    send(1, 10);
    assertThat(lost).hasSize(1);
    assertThat(link.isUsable()).isFalse();
    send(1, 10);
    assertThat(lost).hasSize(2);
    assertThat(node.opened()).isEqualTo(1);
    loop.advance(60);
    assertThat(link.isUsable()).isTrue();
    node.refuse(false);
    send(1, 10);
    assertThat(node.opened()).isEqualTo(2);
    node.answer(Response.getDefaultInstance());
    assertThat(answered).hasSize(1);
  }

  @Test
  void shouldForgetWhatIsCancelled() {
    send(1, 10);
    node.ready(false);
    List<Outgoing> waiting = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      Outgoing outgoing = request(10);
      waiting.add(outgoing);
      link.enqueue(outgoing);
    }
    links.flush();
    waiting.subList(0, 999).forEach(link::cancel);
    assertThat(link.load()).isEqualTo(2);
    node.ready(true);
    assertThat(node.messages()).containsExactly(1, 1);
    assertThat(node.last().getId()).isEqualTo(1_001L);
    node.drop();
    assertThat(lost).containsExactlyInAnyOrder(1L, 1_001L);
  }

  @Test
  void shouldAvoidASilentNodeUntilItSpeaksOrTheTimeIsOver() {
    send(1, 10);
    link.markSilent(100);
    assertThat(link.isUsable()).isFalse();
    node.answer(Response.getDefaultInstance());
    assertThat(link.isUsable()).isTrue();
    link.markSilent(100);
    loop.advance(110);
    assertThat(link.isUsable()).isTrue();
  }
}
