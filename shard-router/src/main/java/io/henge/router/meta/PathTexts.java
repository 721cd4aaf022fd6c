package io.henge.router.meta;

import java.util.ArrayList;
import java.util.List;

/**
 * Paths as meta sees them: texts, each in the one way that nodes write it. Two such texts are one
 * path if and only if they are equal, and a path leads into another if its steps are the first of
 * the other's.
 */
final class PathTexts {
  private PathTexts() {}

  /** The steps of a path: members as they are written, {@code []}, {@code [n]}. */
  static List<String> steps(String path) {
    List<String> steps = new ArrayList<>();
    int at = 0;
    while (at < path.length()) {
      char c = path.charAt(at);
      if (c == '.' || c == '@') {
        at++;
        continue;
      }
      int end = c == '[' ? endOfBracket(path, at) : c == '"' ? endOfQuote(path, at) : at;
      while (c != '[' && c != '"' && end < path.length() && ".[".indexOf(path.charAt(end)) < 0) {
        end++;
      }
      steps.add(path.substring(at, end));
      at = end;
    }
    return steps;
  }

  private static int endOfBracket(String path, int at) {
    int end = path.indexOf(']', at);
    return end < 0 ? path.length() : end + 1;
  }

  private static int endOfQuote(String path, int at) {
    for (int i = at + 1; i < path.length(); i++) {
      if (path.charAt(i) == '\\') {
        i++;
      } else if (path.charAt(i) == '"') {
        return i + 1;
      }
    }
    return path.length();
  }

  /** A member of what a path leads to. */
  static List<String> member(String path, String name) {
    List<String> steps = steps(path);
    steps.addAll(steps(name));
    return steps;
  }

  /** Whether the paths are equal, or one leads into the other. */
  static boolean overlap(List<String> first, List<String> second) {
    int common = Math.min(first.size(), second.size());
    return first.subList(0, common).equals(second.subList(0, common));
  }

  /** Steps as they are written, for messages. */
  static String text(List<String> steps) {
    StringBuilder text = new StringBuilder();
    for (String step : steps) {
      text.append(text.length() == 0 || step.startsWith("[") ? "" : ".").append(step);
    }
    return text.toString();
  }
}
