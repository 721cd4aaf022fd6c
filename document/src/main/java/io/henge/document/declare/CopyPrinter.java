package io.henge.document.declare;

import io.henge.api.v1.CopiedField;
import io.henge.api.v1.CopyRule;
import io.henge.document.path.Path;
import io.henge.document.path.PathStep;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Writes declarations of copies. */
final class CopyPrinter {
  /** Largest last: the longest that divides a duration is written. */
  enum Unit {
    MS(1),
    S(1_000),
    M(60_000),
    H(3_600_000),
    D(86_400_000);

    private final long millis;

    Unit(long millis) {
      this.millis = millis;
    }

    long millis() {
      return millis;
    }

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private CopyPrinter() {}

  static String print(String holder, CopyRule rule) {
    StringBuilder out = new StringBuilder("copy ");
    String into = holder + (rule.getTarget().isEmpty() ? "" : "." + rule.getTarget());
    switch (rule.getKind()) {
      case COPY_KIND_COUNT ->
          out.append(into).append(" = count(").append(rule.getSource()).append(')');
      case COPY_KIND_SUM ->
          out.append(into)
              .append(" = sum(")
              .append(rule.getSource())
              .append('.')
              .append(rule.getFields(0).getPath())
              .append(')');
      default ->
          out.append(rule.getSource())
              .append('(')
              .append(
                  rule.getFieldsList().stream()
                      .map(CopyPrinter::print)
                      .collect(Collectors.joining(", ")))
              .append(") into ")
              .append(into);
    }
    if (rule.getOnCount() > 0) {
      out.append(" on ").append(String.join(", ", rule.getOnList()));
    }
    switch (rule.getKind()) {
      case COPY_KIND_LIST ->
          out.append(" last ").append(rule.getLast()).append(" by ").append(rule.getBy());
      case COPY_KIND_SNAPSHOT -> out.append(" at write");
      case COPY_KIND_FOLLOW -> out.append(" follow within ").append(duration(rule));
      default -> {}
    }
    return out.append(rule.getNullWhenDeleted() ? " when deleted null" : "").toString();
  }

  private static String print(CopiedField field) {
    Path path = Path.parse(field.getPath());
    List<PathStep> steps = path.steps();
    boolean own =
        !steps.isEmpty()
            && steps.get(steps.size() - 1) instanceof PathStep.Member last
            && Path.ofMembers(last.name()).toString().equals(field.getAs());
    return own ? field.getPath() : field.getPath() + " as " + field.getAs();
  }

  private static String duration(CopyRule rule) {
    long millis = rule.getBoundMillis();
    Unit unit = Unit.MS;
    for (Unit longer : Unit.values()) {
      if (millis % longer.millis() == 0) {
        unit = longer;
      }
    }
    return millis / unit.millis() + unit.word();
  }
}
