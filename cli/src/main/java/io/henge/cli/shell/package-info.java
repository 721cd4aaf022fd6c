/**
 * The language of the shell: lexer, parser, statements, and their execution on a client. A line
 * goes through {@link io.henge.cli.shell.Parser} to {@link io.henge.cli.shell.Statement}s, and
 * through {@link io.henge.cli.shell.Interpreter} to an answer. Nothing here knows a terminal except
 * {@link io.henge.cli.shell.InteractiveShell}.
 */
@NullMarked
package io.henge.cli.shell;

import org.jspecify.annotations.NullMarked;
