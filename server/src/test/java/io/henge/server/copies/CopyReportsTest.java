package io.henge.server.copies;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.henge.api.internal.v1.CopyLag;
import io.henge.api.internal.v1.CopyLagsResponse;
import io.henge.api.internal.v1.LedShard;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CopyReportsTest {
  private static final int RULE = 7;
  private static final int START = 1_000_000;

  private final VirtualClock clock = new VirtualClock(START);
  private final List<CompletableFuture<List<CopyLags.Told>>> asked = new ArrayList<>();
  private final CopyReports reports =
      new CopyReports(
          request -> {
            assertThat(request.getConfirmed()).isTrue();
            CompletableFuture<List<CopyLags.Told>> answer = new CompletableFuture<>();
            asked.add(answer);
            return answer;
          },
          clock);

  @Test
  void shouldAskOnceForAllWhoAskMeanwhile() throws Exception {
    CompletableFuture<CopyReport> first = reports.recent();
    CompletableFuture<CopyReport> second = reports.recent();
    assertThat(asked).hasSize(1);
    pass(300);
    asked.get(0).complete(List.of(told("n1", 200, "", "")));
    assertThat(second.get(1, TimeUnit.SECONDS)).isSameAs(first.get(1, TimeUnit.SECONDS));
    assertThat(first.get().isWhole()).isTrue();
    assertThat(first.get().completeUntilMillis(RULE))
        .as("as of when nobody had been asked yet")
        .isEqualTo(START - 200);
    assertThat(first.get().completeUntilMillis(8)).as("nothing waits of it").isEqualTo(START);
    pass(600);
    assertThat(reports.recent().get(1, TimeUnit.SECONDS)).isSameAs(first.get());
    assertThat(asked).hasSize(1);
  }

  @Test
  void shouldGiveWhatItHasWhileItAsksAnew() throws Exception {
    reports.recent();
    asked.get(0).complete(List.of(told("n1", 0, "", "")));
    CopyReport first = reports.recent().get(1, TimeUnit.SECONDS);
    pass(1_500);
    assertThat(reports.recent().get(1, TimeUnit.SECONDS)).isSameAs(first);
    assertThat(asked).hasSize(2);
    assertThat(reports.recent().get(1, TimeUnit.SECONDS)).isSameAs(first);
    assertThat(asked).hasSize(2);
    pass(5_000);
    CompletableFuture<CopyReport> waits = reports.recent();
    assertThat(waits).as("what it has is too old").isNotDone();
    asked.get(1).complete(List.of(told("n1", 0, "", "")));
    assertThat(waits.get(1, TimeUnit.SECONDS).atMillis()).isEqualTo(START + 1_500);
  }

  @Test
  void shouldClaimNothingIfItCannotAsk() throws Exception {
    CompletableFuture<CopyReport> report = reports.recent();
    asked.get(0).completeExceptionally(new IllegalStateException("closed"));
    assertThat(report.get(1, TimeUnit.SECONDS).isWhole()).isFalse();
    assertThat(report.get().completeUntilMillis(RULE)).isZero();
    reports.recent();
    assertThat(asked).hasSize(2);
  }

  @Test
  void shouldNoticeHolesInTheRing() {
    assertThat(CopyReports.isWhole(List.of())).isFalse();
    assertThat(CopyReports.isWhole(List.of(told("n1", 0, "", "")))).isTrue();
    assertThat(CopyReports.isWhole(List.of(told("n1", 0, "m", ""), told("n2", 0, "", "m"))))
        .isTrue();
    assertThat(CopyReports.isWhole(List.of(told("n1", 0, "n", ""), told("n2", 0, "", "m"))))
        .as("a hole")
        .isFalse();
    assertThat(CopyReports.isWhole(List.of(told("n1", 0, "c", ""), told("n2", 0, "", "m"))))
        .as("twice is not too little")
        .isTrue();
    assertThat(CopyReports.isWhole(List.of(told("n1", 0, "", "m"), new CopyLags.Told("n2", null))))
        .as("the end is missing")
        .isFalse();
    assertThat(CopyReports.isWhole(List.of(told("n1", 0, "m", ""))))
        .as("the beginning is missing")
        .isFalse();
  }

  private void pass(long millis) {
    clock.after(millis, () -> {});
    assertThat(clock.step()).isTrue();
  }

  private static CopyLags.Told told(String node, long lag, String start, String end) {
    return new CopyLags.Told(
        node,
        CopyLagsResponse.newBuilder()
            .addLags(CopyLag.newBuilder().setRuleId(RULE).setLagMillis(lag))
            .addLed(
                LedShard.newBuilder()
                    .setStart(ByteString.copyFromUtf8(start))
                    .setEnd(ByteString.copyFromUtf8(end)))
            .build());
  }
}
