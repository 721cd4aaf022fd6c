package io.henge.cli.output;

import io.henge.client.FeatureLevels;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Feature levels, as answers. */
public final class LevelAnswers {
  private LevelAnswers() {}

  /** What a rise to a level would do. */
  public static Answer plan(FeatureLevels now, int wanted) {
    return answer(
        now, now.level(), wanted > now.level() && wanted <= now.possible(), sentence(now, wanted));
  }

  /** What a rise has done. */
  public static Answer raised(FeatureLevels before, FeatureLevels now) {
    String done =
        before.level() == now.level()
            ? "The feature level is " + now.level() + " as before: " + reason(now) + "."
            : "The feature level has been raised from "
                + before.level()
                + " to "
                + now.level()
                + ".";
    return answer(now, before.level(), false, done);
  }

  private static String sentence(FeatureLevels now, int wanted) {
    if (wanted < now.level()) {
      return "Refused: the feature level is "
          + now.level()
          + " and never falls, not to "
          + wanted
          + ".";
    } else if (wanted == now.level()) {
      return "Nothing to raise: the feature level is " + now.level() + ", " + reason(now) + ".";
    } else if (wanted > now.possible()) {
      return "Refused: "
          + below(now, wanted)
          + " less than level "
          + wanted
          + ". Install the newer version there first, or remove what will not come back.";
    }
    return "Would raise the feature level from "
        + now.level()
        + " to "
        + wanted
        + ". It never falls again: nodes of versions that read less cannot enter any more. Nothing is"
        + " rewritten.";
  }

  private static String reason(FeatureLevels now) {
    return now.levels().stream()
        .filter(level -> level.level() == now.level() + 1)
        .findFirst()
        .map(
            next ->
                "level " + next.level() + " is not read by " + String.join(", ", next.missing()))
        .orElse("and no node reads a higher one");
  }

  private static String below(FeatureLevels now, int wanted) {
    List<String> names =
        now.nodes().stream()
            .filter(node -> node.reads() < wanted)
            .map(FeatureLevels.Node::name)
            .toList();
    boolean one = names.size() == 1;
    return (one ? "node " : "nodes ") + String.join(", ", names) + (one ? " reads" : " read");
  }

  private static Answer answer(FeatureLevels now, int before, boolean wouldRaise, String sentence) {
    Table levels = Table.of("level", "adds", "");
    List<Map<String, Object>> levelsJson = new ArrayList<>();
    for (FeatureLevels.Level level : now.levels()) {
      String state =
          level.level() <= now.level()
              ? "written"
              : level.missing().isEmpty()
                  ? "read by every node"
                  : "not read by " + String.join(", ", level.missing());
      levels.row(Integer.toString(level.level()), level.meaning(), state);
      levelsJson.add(
          Json.object(
              "level", level.level(),
              "meaning", level.meaning(),
              "written", level.level() <= now.level(),
              "not_read_by", level.missing()));
    }
    Table nodes = Table.of("node", "reads");
    List<Map<String, Object>> nodesJson = new ArrayList<>();
    for (FeatureLevels.Node node : now.nodes()) {
      nodes.row(node.name(), Integer.toString(node.reads()));
      nodesJson.add(Json.object("name", node.name(), "id", node.id(), "reads", node.reads()));
    }
    return new Answer(
        levels + "\n\n" + nodes + "\n\n" + sentence,
        Json.object(
            "level_before", before,
            "level", now.level(),
            "possible", now.possible(),
            "would_raise", wouldRaise,
            "levels", levelsJson,
            "nodes", nodesJson,
            "message", sentence));
  }
}
