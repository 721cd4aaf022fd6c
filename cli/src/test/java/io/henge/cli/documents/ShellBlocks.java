package io.henge.cli.documents;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command lines of a document: those in blocks fenced as {@code ```sh}. */
record ShellBlocks(Path document, List<String> lines) {

  /** Lines without comments; those that end in a backslash are put together. */
  static ShellBlocks read(Path document) throws IOException {
    List<String> commands = new ArrayList<>();
    boolean inside = false;
    String begun = "";
    for (String line : Files.readAllLines(document)) {
      if (line.startsWith("```")) {
        if (line.matches("```(bash|shell|console|zsh)")) {
          throw new IllegalArgumentException(document + ": " + line + " is not run; use ```sh");
        }
        inside = line.equals("```sh");
      } else if (inside && line.endsWith("\\")) {
        begun += line.substring(0, line.length() - 1);
      } else if (inside) {
        String command = (begun + line).replaceAll("(^|\\s+)#.*", "").strip();
        begun = "";
        if (!command.isEmpty()) {
          commands.add(command);
        }
      }
    }
    return new ShellBlocks(document, commands);
  }
}
