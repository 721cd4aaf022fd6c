package io.henge.cli.shell;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.key.Key;
import io.henge.cli.output.Answer;
import io.henge.cli.output.OutputFormat;
import io.henge.client.Admin;
import io.henge.client.HengeClient;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class VerifyStatementTest {
  private static final Admin.Verification CLEAN =
      new Admin.Verification(3, 1, 0, 0, List.of(), 0, 2, 0, 0, List.of());

  private static final Admin.Verification WRONG =
      new Admin.Verification(
          3,
          1,
          0,
          3,
          List.of(
              new Admin.Difference("field wrong", 14, Key.of(42), Key.of("o-1")),
              new Admin.Difference("field wrong", 14, Key.of(43), Key.of("o-2")),
              new Admin.Difference("source unwatched", 14, Key.of("pear"), Key.EMPTY)),
          0,
          2,
          3,
          1,
          List.of(
              new Admin.DifferenceCount("field wrong", 14, 2),
              new Admin.DifferenceCount("source unwatched", 14, 1)));

  private final List<Answer> lines = new ArrayList<>();

  private boolean run(Admin.Verification found, boolean repair) {
    Admin admin =
        (Admin)
            Proxy.newProxyInstance(
                Admin.class.getClassLoader(),
                new Class<?>[] {Admin.class},
                (proxy, method, arguments) -> {
                  assertThat(method.getName()).isEqualTo("verify");
                  assertThat(arguments[0]).isEqualTo("orders");
                  assertThat(arguments[1]).isEqualTo(repair);
                  return found;
                });
    HengeClient client =
        (HengeClient)
            Proxy.newProxyInstance(
                HengeClient.class.getClassLoader(),
                new Class<?>[] {HengeClient.class},
                (proxy, method, arguments) -> admin);
    return new VerifyStatement(client, new Statement.Verify("orders", repair))
        .run(share -> {}, lines::add);
  }

  private String shown(OutputFormat format) {
    return lines.get(0).show(format);
  }

  @Test
  void shouldSayThatNothingIsWrong() {
    assertThat(run(CLEAN, false)).isTrue();
    assertThat(shown(OutputFormat.TABLE))
        .isEqualTo("3 documents, 1 row, 2 copies of other documents: no differences");
  }

  @Test
  void shouldCountAndShowWhatIsWrong() {
    assertThat(run(WRONG, false)).as("exit code 1").isFalse();
    assertThat(shown(OutputFormat.TABLE))
        .contains("field wrong", "source unwatched", "o-1", "\"pear\"")
        .endsWith(
            "2 copies of other documents: 3 differences (field wrong of 14: 2, source unwatched of"
                + " 14: 1); mend them with: verify orders repair; 1 document that is copied could"
                + " not be asked: verify again");
    assertThat(shown(OutputFormat.JSON))
        .contains("{\"kind\":\"field wrong\",\"id\":14,\"count\":2}", "\"unasked\":1");
  }

  @Test
  void shouldSayWhatWasMended() {
    assertThat(run(WRONG, true)).isTrue();
    assertThat(shown(OutputFormat.TABLE)).contains("; 0 sharding keys and 3 copies mended");
  }
}
