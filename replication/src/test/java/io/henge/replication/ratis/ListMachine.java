package io.henge.replication.ratis;

import io.henge.replication.GroupStateMachine;
import io.henge.replication.LogPosition;
import io.henge.replication.Membership;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The smallest state machine that can be proved with: a list of strings, on disk only when flushed.
 * A checkpoint is a directory with the one file.
 */
final class ListMachine implements GroupStateMachine {
  private static final String FILE = "state";

  final AtomicInteger installs = new AtomicInteger();
  final AtomicInteger closes = new AtomicInteger();
  final AtomicInteger foreign = new AtomicInteger();

  /** Before an entry fails. */
  volatile Runnable poisoned = () -> {};

  final List<Throwable> faults = new CopyOnWriteArrayList<>();
  final List<Membership> memberships = new CopyOnWriteArrayList<>();
  final List<String> roles = new CopyOnWriteArrayList<>();
  private final Path directory;

  /** Runs at the end of an install, before Ratis hears of it. */
  private final Runnable installed;

  /** Runs when somebody wants to know what is on disk: Ratis does while it starts a replica. */
  volatile Runnable asked = () -> {};

  private final List<String> entries = new ArrayList<>();
  private LogPosition applied = LogPosition.NONE;
  private LogPosition durable = LogPosition.NONE;
  private boolean leader;

  ListMachine(Path directory) {
    this(directory, () -> {});
  }

  ListMachine(Path directory, Runnable installed) {
    this.directory = directory;
    this.installed = installed;
    try {
      Files.createDirectories(directory);
      if (Files.exists(directory.resolve(FILE))) {
        load();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes a machine's disk state out of nothing, as a split makes its child. */
  static void seed(Path directory, LogPosition position, List<String> entries) throws IOException {
    Files.createDirectories(directory);
    save(directory.resolve(FILE), position, entries);
  }

  private void load() throws IOException {
    List<String> lines = Files.readAllLines(directory.resolve(FILE));
    String[] head = lines.get(0).split(" ");
    applied = new LogPosition(Long.parseLong(head[0]), Long.parseLong(head[1]));
    durable = applied;
    entries.clear();
    entries.addAll(lines.subList(1, lines.size()));
  }

  private static void save(Path file, LogPosition position, List<String> entries)
      throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add(position.term() + " " + position.index());
    lines.addAll(entries);
    Path draft = file.resolveSibling("draft");
    Files.write(draft, lines);
    Files.move(draft, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  synchronized List<String> entries() {
    return List.copyOf(entries);
  }

  synchronized boolean isLeader() {
    return leader;
  }

  @Override
  public synchronized LogPosition applied() {
    return applied;
  }

  @Override
  public LogPosition durable() {
    asked.run();
    synchronized (this) {
      return durable;
    }
  }

  @Override
  public synchronized @Nullable Object apply(
      LogPosition position, byte[] entry, @Nullable Object context) {
    if (position.index() != applied.index() + 1) {
      throw new IllegalStateException(position + " after " + applied);
    }
    String text = new String(entry, StandardCharsets.UTF_8);
    if (text.equals("poison")) {
      poisoned.run();
      throw new IllegalStateException("poison");
    }
    entries.add(text);
    applied = position;
    return context == null ? text : text + "/" + context;
  }

  @Override
  public synchronized void advance(LogPosition position) {
    if (position.index() != applied.index() + 1) {
      throw new IllegalStateException(position + " after " + applied);
    }
    applied = position;
  }

  @Override
  public void foreignEntryAppended(byte[] entry) {
    foreign.incrementAndGet();
  }

  @Override
  public synchronized void leadershipChanged(boolean isLeader, long term, @Nullable String by) {
    leader = isLeader;
    roles.add(isLeader + " " + term + " " + by);
  }

  @Override
  public void membersChanged(Membership members) {
    memberships.add(members);
  }

  @Override
  public synchronized LogPosition flush() {
    try {
      save(directory.resolve(FILE), applied, entries);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    durable = applied;
    return durable;
  }

  @Override
  public synchronized LogPosition checkpoint(Path target) {
    try {
      Files.createDirectories(target);
      save(target.resolve(FILE), applied, entries);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return applied;
  }

  @Override
  public synchronized void install(Path checkpoint) {
    installs.incrementAndGet();
    try {
      Files.move(
          checkpoint.resolve(FILE),
          directory.resolve(FILE),
          StandardCopyOption.REPLACE_EXISTING,
          StandardCopyOption.ATOMIC_MOVE);
      load();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    installed.run();
  }

  @Override
  public void stopped(@Nullable Throwable fault) {
    faults.add(fault == null ? new IllegalStateException("removed") : fault);
  }

  @Override
  public void close() {
    closes.incrementAndGet();
  }
}
