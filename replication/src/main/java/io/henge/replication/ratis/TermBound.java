package io.henge.replication.ratis;

import io.henge.replication.snapshot.DurableFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A term that a replica has never voted beyond, on disk before it votes at all. With it a replica
 * can go on that has lost its term and vote.
 *
 * <p>Ratis keeps both in {@code raft-meta}, which it replaces by way of a temporary file. But it
 * moves that into place even if it could not be written: on a full disk an election leaves an empty
 * file, and the replica could vote a second time in a term that it does not remember. Here it goes
 * on in the term of the bound, as one that has voted for nobody there: whatever it may have
 * promised was promised in that term or an earlier one. Its log and state are not touched by that;
 * the others elect a leader in a later term.
 *
 * <p>Thread-safe. {@link #covers} does not block.
 */
final class TermBound {
  /** How far ahead of its term a replica's bound is: elections for centuries. */
  static final long STEP = 1L << 32;

  static final String FILE = "term-bound";
  private static final Logger LOG = LoggerFactory.getLogger(TermBound.class);
  private static final String META = "raft-meta";
  private static final String TERM = "term=";
  private static final String VOTE = "votedFor=";

  /** No node has this id. */
  private static final String NOBODY = "nobody";

  private static final long NONE = -1;

  private final Path file;
  private volatile long bound;

  private TermBound(Path file, long bound) {
    this.file = file;
    this.bound = bound;
  }

  /**
   * Makes good a lost term and vote, if it must and can, and sees to it that the bound is ahead.
   *
   * @param replica directory of the replica's log; not in use, or since a moment ago
   */
  static TermBound open(Path replica) throws IOException {
    Path meta = replica.resolve("current").resolve(META);
    TermBound bound = new TermBound(replica.resolve(FILE), read(replica.resolve(FILE)));
    long term = 0;
    if (Files.exists(meta)) {
      term = termOf(meta);
      if (term == NONE) {
        if (bound.bound == NONE) {
          // Ratis refuses it, which is right.
          return bound;
        }
        term = bound.bound;
        LOG.warn(
            "{} has lost the replica's term and vote, as happens on a full disk; it goes on in term"
                + " {}, which it has never voted in",
            meta,
            term);
        write(meta, TERM + term + "\n" + VOTE + NOBODY + "\n");
      }
    }
    bound.raise(term);
    return bound;
  }

  /** Whether the replica may vote in a term. */
  boolean covers(long term) {
    return term <= bound;
  }

  /** Moves the bound away from the replica's term, if that has come near it; may block then. */
  void raise(long term) throws IOException {
    if (bound - term >= STEP / 2) {
      return;
    }
    synchronized (this) {
      if (bound - term < STEP / 2) {
        long next = term + STEP;
        write(file, next + "\n");
        bound = next;
      }
    }
  }

  private static long read(Path file) throws IOException {
    try {
      return number(Files.readString(file).strip());
    } catch (NoSuchFileException e) {
      return NONE;
    }
  }

  /** None unless both are there: the order in which they are written is not fixed. */
  private static long termOf(Path meta) throws IOException {
    long term = NONE;
    boolean voted = false;
    for (String line : Files.readAllLines(meta)) {
      if (line.startsWith(TERM)) {
        term = number(line.substring(TERM.length()));
      }
      voted |= line.startsWith(VOTE);
    }
    return voted ? term : NONE;
  }

  private static long number(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      return NONE;
    }
  }

  private static void write(Path file, String text) throws IOException {
    Path draft = file.resolveSibling(file.getFileName() + ".draft");
    try (FileChannel channel =
        FileChannel.open(
            draft,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(draft, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    DurableFiles.sync(file.resolveSibling(""));
  }
}
