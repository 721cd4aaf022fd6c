package io.henge.cli;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Refuses options that are well-formed and make no sense, as picocli refuses the others. A mixin
 * without options of its own: the annotation says that it is one.
 */
@Command
final class OptionBounds {
  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec command;

  /** A number that is not too small. */
  void atLeast(String option, long found, long least) {
    require(found >= least, option + ": found " + found + ", expected at least " + least);
  }

  /**
   * Whatever must hold.
   *
   * @param message names the option, what was found and what is expected
   */
  void require(boolean condition, String message) {
    if (!condition) {
      throw new ParameterException(Objects.requireNonNull(command).commandLine(), message);
    }
  }
}
