package io.henge.document.path;

import io.henge.api.error.HengeException;
import io.henge.document.DocumentLimits;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A place inside a document.
 *
 * <pre>
 *   address.city          member of a member
 *   items[0].price        element by index, from 0
 *   items[].price         any element
 *   "a.b".c  ["a.b"].c    members of any name, quoted as in JSON
 *   &#64;   &#64;[0]      the value itself; an element of it
 * </pre>
 *
 * A bare name begins with a letter, {@code _} or {@code $} (after a dot also with a digit) and goes
 * on with these, digits and {@code -}. Immutable. Equal paths have equal steps and equal text.
 */
public final class Path {
  /** The value itself. */
  public static final Path SELF = new Path(List.of());

  private final List<PathStep> steps;
  private final boolean any;
  private @Nullable String printed;

  private Path(List<PathStep> steps) {
    this.steps = steps;
    this.any = steps.stream().anyMatch(PathStep.AnyElement.class::isInstance);
  }

  /**
   * Parses a path.
   *
   * @throws HengeException INVALID_ARGUMENT naming the position and what was found there
   */
  public static Path parse(String text) {
    PathParser parser = new PathParser(text, 0);
    Path path = parser.parse();
    if (parser.end() != text.length()) {
      throw parser.error("the path is over, found " + PathParser.found(text, parser.end()));
    }
    return path;
  }

  /**
   * A path of these steps.
   *
   * @throws HengeException INVALID_ARGUMENT if they are too many
   */
  public static Path of(List<? extends PathStep> steps) {
    if (steps.size() > DocumentLimits.PATH_STEPS_MAX) {
      throw HengeException.invalid(
          "path: " + steps.size() + " steps, the limit is " + DocumentLimits.PATH_STEPS_MAX);
    }
    return steps.isEmpty() ? SELF : new Path(List.copyOf(steps));
  }

  /** A path of members by name; dots in names mean nothing here. */
  public static Path ofMembers(String... names) {
    List<PathStep> steps = new ArrayList<>(names.length);
    for (String name : names) {
      steps.add(new PathStep.Member(name));
    }
    return of(steps);
  }

  /** The steps; cannot be changed. */
  public List<PathStep> steps() {
    return steps;
  }

  public int size() {
    return steps.size();
  }

  /** Whether it goes to any element, and so may mean several places. */
  public boolean isAny() {
    return any;
  }

  /** Whether it is the value itself. */
  public boolean isSelf() {
    return steps.isEmpty();
  }

  /** This path with one more step. */
  public Path then(PathStep step) {
    List<PathStep> longer = new ArrayList<>(steps);
    longer.add(step);
    return of(longer);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Path path && steps.equals(path.steps);
  }

  @Override
  public int hashCode() {
    return steps.hashCode();
  }

  /** The path as it is written; {@link #parse} reads it back. */
  @Override
  public String toString() {
    String text = printed;
    if (text == null) {
      text = PathPrinter.print(steps);
      printed = text;
    }
    return text;
  }
}
