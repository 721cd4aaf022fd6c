package io.henge.document.path;

import io.henge.document.value.Json;
import java.util.List;
import java.util.Set;

/** Writes paths; what it writes is read back as the same path, also inside a filter. */
final class PathPrinter {
  /** Words of filters, which would be read as such; in lower case. */
  private static final Set<String> WORDS =
      Set.of("and", "or", "not", "exists", "in", "prefix", "contains", "matches", "true", "false");

  private PathPrinter() {}

  static String print(List<PathStep> steps) {
    StringBuilder out = new StringBuilder();
    if (steps.isEmpty() || !(steps.get(0) instanceof PathStep.Member)) {
      out.append('@');
    }
    for (PathStep step : steps) {
      if (step instanceof PathStep.Member member) {
        if (out.length() > 0) {
          out.append('.');
        }
        out.append(isBare(member.name()) ? member.name() : Json.quote(member.name()));
      } else if (step instanceof PathStep.Index index) {
        out.append('[').append(index.index()).append(']');
      } else {
        out.append("[]");
      }
    }
    return out.toString();
  }

  private static boolean isBare(String name) {
    if (name.isEmpty() || !isStart(name.charAt(0)) || isWord(name)) {
      return false;
    }
    for (int i = 1; i < name.length(); i++) {
      if (!isPart(name.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  /** Whether a filter would take the name for a word of its own, in whatever case. */
  private static boolean isWord(String name) {
    return name.length() <= 8 && WORDS.stream().anyMatch(name::equalsIgnoreCase);
  }

  static boolean isStart(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
  }

  static boolean isPart(char c) {
    return isStart(c) || (c >= '0' && c <= '9') || c == '-';
  }
}
