package io.henge.router.meta;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.v1.Documents;
import io.henge.api.v1.NodeState;
import io.henge.api.v1.OperationState;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/**
 * Commands and rows as they are in logs and stores for ever. A line that differs means that a
 * cluster on disk would be read, or replayed, differently: never change the file to fit the code.
 */
@NullUnmarked
class MetaRowsGoldenTest {
  private static final HexFormat HEX = HexFormat.of();

  @Test
  void shouldWriteTheRowsItAlwaysWrote() throws IOException {
    assertThat(String.join("\n", describe(script().commands))).isEqualTo(golden("meta-rows"));
    assertThat(String.join("\n", describe(documents().commands)))
        .isEqualTo(golden("meta-rows-documents"));
  }

  @Test
  void shouldReadTheCommandsItAlwaysRead() throws IOException {
    assertReads("meta-rows", script());
    assertReads("meta-rows-documents", documents());
  }

  private static void assertReads(String name, MetaScript script) throws IOException {
    List<MetaCommand> commands = new ArrayList<>();
    for (String line : golden(name).split("\n")) {
      if (line.startsWith("command ")) {
        commands.add(MetaCommand.parseFrom(HEX.parseHex(line.substring(8))));
      }
    }
    assertThat(commands).isEqualTo(script.commands);
    assertThat(String.join("\n", describe(commands))).isEqualTo(golden(name));
  }

  /** What feature level 2 has brought. */
  private static MetaScript documents() {
    MetaScript script = new MetaScript();
    MetaCommand.Builder form = MetaScript.form("c1", "a", 1);
    form.getFormClusterBuilder().getFirstNodeBuilder().setFeatureLevel(2);
    script.run(form);
    script.run(
        MetaScript.documents(
            "orders",
            Documents.newBuilder()
                .addShardPaths("user.id")
                .addShardPaths("region")
                .addIdPaths("order_id")
                .setTtlPath("until")
                .build(),
            false));
    return script;
  }

  private static MetaScript script() {
    MetaScript script = MetaScript.formed(2);
    script.run(MetaScript.register(MetaScript.node("b").setZone("west").setWeight(50), false));
    script.run(MetaScript.register(MetaScript.node("c"), false));
    script.run(MetaScript.collection("carts", 60_000, true, false));
    script.run(MetaScript.collection("carts", 0, false, false));
    script.run(MetaScript.drop("carts"));
    script.run(MetaScript.add(2, "b", 1));
    script.run(MetaScript.add(2, "c", 2));
    script.run(MetaScript.abandon(2, "b", 3));
    script.run(MetaScript.confirm(2, 12, "a", "c"));
    script.run(MetaScript.meta(List.of("a"), List.of("b", "c"), 0, 1));
    script.run(MetaScript.meta(List.of("a", "b"), List.of("c"), 17, 2));
    script.run(MetaScript.set("b.setting", "2"));
    script.run(MetaScript.set("a.setting", "1"));
    script.run(MetaScript.set(MetaSettings.REPLICATION_TARGET, "5"));
    script.run(MetaScript.raise(1));
    script.run(MetaScript.split(1, MetaScript.at(0x40)));
    script.run(MetaScript.recordSplit(1, 3, MetaScript.at(0x40), 2, "a"));
    script.run(MetaScript.update(1, OperationState.OPERATION_STATE_DONE));
    script.run(MetaScript.merge(3, 2));
    script.run(MetaScript.update(2, OperationState.OPERATION_STATE_PAUSED));
    script.run(MetaScript.update(2, OperationState.OPERATION_STATE_RUNNING));
    script.run(MetaScript.recordMerge(3, 2, 3));
    script.run(MetaScript.update(2, OperationState.OPERATION_STATE_DONE));
    script.run(MetaScript.move(1, "a", "b"));
    script.run(MetaScript.update(3, OperationState.OPERATION_STATE_CANCELLING));
    script.run(MetaScript.update(3, OperationState.OPERATION_STATE_CANCELLED));
    script.run(MetaScript.drain("c"));
    script.run(MetaScript.state("c", NodeState.NODE_STATE_DRAINING, false));
    script.run(MetaScript.state("c", NodeState.NODE_STATE_REMOVED, false));
    script.run(MetaScript.state("b", NodeState.NODE_STATE_REMOVED, true));
    script.run(MetaScript.update(4, OperationState.OPERATION_STATE_RUNNING));
    return script;
  }

  private static List<String> describe(List<MetaCommand> commands) {
    List<String> lines = new ArrayList<>();
    MetaState state = MetaState.EMPTY;
    for (MetaCommand command : commands) {
      Applied applied = state.apply(command);
      lines.add("command " + HEX.formatHex(MetaRows.bytes(command)));
      // Not its message: wording may change, and is stored nowhere.
      MetaResult result = applied.result().toBuilder().clearMessage().build();
      lines.add("result " + HEX.formatHex(MetaRows.bytes(result)));
      for (MetaRow row : applied.rows()) {
        lines.add("row " + HEX.formatHex(row.key()) + " " + HEX.formatHex(row.value()));
      }
      state = applied.state();
    }
    return lines;
  }

  private static String golden(String name) throws IOException {
    try (InputStream in =
        MetaRowsGoldenTest.class.getResourceAsStream("/golden/" + name + ".txt")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
    }
  }
}
