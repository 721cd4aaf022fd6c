package io.henge.replication.statemachine;

import io.henge.document.codec.ByteReader;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The bodies of LEARN, REGISTERED, WATCH, SENT, FORGET, RELEARN and MEND entries, and the sources
 * of copies in a command.
 *
 * <pre>
 *   entry       number of commands, each: rule, key of the source (block), then
 *   LEARN         version (8), fields (block, empty = there is no source), after (block)
 *   REGISTERED    range (2 blocks), version (8), made (8)
 *   WATCH         range (2 blocks)
 *   SENT          version (8)
 *   FORGET        range (2 blocks), number
 *   RELEARN       version (8), fields (block), seen (8), after (block)
 *   MEND          key of the holder (block), version (8), fields (block)
 *   sources     count, each: rule, key (block), version (8), fields (block)
 * </pre>
 *
 * Numbers without a size are varints.
 */
final class FollowCodec {
  private static final byte[] NO_FIELDS = new byte[0];

  private FollowCodec() {}

  static void write(ByteWriter out, List<FollowCommand> commands) {
    out.varint(commands.size());
    for (FollowCommand command : commands) {
      out.varint(Integer.toUnsignedLong(command.ruleId()));
      out.block(command.key());
      if (command instanceof FollowCommand.Learn learn) {
        out.fixed64(learn.version());
        writeFields(out, learn.fields());
        out.block(learn.after());
      } else if (command instanceof FollowCommand.Registered registered) {
        registered.range().write(out);
        out.fixed64(registered.version());
        out.fixed64(registered.made());
      } else if (command instanceof FollowCommand.Watch watch) {
        watch.range().write(out);
      } else if (command instanceof FollowCommand.Sent sent) {
        out.fixed64(sent.version());
      } else if (command instanceof FollowCommand.Forget forget) {
        forget.range().write(out);
        out.varint(forget.number());
      } else if (command instanceof FollowCommand.Relearn relearn) {
        out.fixed64(relearn.version());
        writeFields(out, relearn.fields());
        out.fixed64(relearn.seen());
        out.block(relearn.after());
      } else if (command instanceof FollowCommand.Mend mend) {
        out.block(mend.holder());
        out.fixed64(mend.version());
        writeFields(out, mend.fields());
      }
    }
  }

  static List<FollowCommand> read(ByteReader in, EntryKind kind) {
    int count = in.count(2);
    if (count == 0 || count > FollowCommand.COMMANDS_MAX) {
      throw in.damaged(count + " commands");
    }
    List<FollowCommand> commands = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      SourceKey source = new SourceKey(readId(in), in.block());
      commands.add(
          switch (kind) {
            case LEARN -> new FollowCommand.Learn(source, in.fixed64(), readFields(in), in.block());
            case REGISTERED ->
                new FollowCommand.Registered(
                    source, RingRange.read(in), in.fixed64(), in.fixed64());
            case WATCH -> new FollowCommand.Watch(source, RingRange.read(in));
            case SENT -> new FollowCommand.Sent(source, in.fixed64());
            case FORGET -> new FollowCommand.Forget(source, RingRange.read(in), in.notNegative());
            case RELEARN ->
                new FollowCommand.Relearn(
                    source, in.fixed64(), readFields(in), in.fixed64(), in.block());
            case MEND -> new FollowCommand.Mend(source, in.block(), in.fixed64(), readFields(in));
            default -> throw in.damaged("kind " + kind);
          });
    }
    return commands;
  }

  static void writeSources(ByteWriter out, List<CopySource> sources) {
    out.varint(sources.size());
    for (CopySource source : sources) {
      out.varint(Integer.toUnsignedLong(source.ruleId()));
      out.block(source.key());
      out.fixed64(source.version());
      writeFields(out, source.fields());
    }
  }

  static List<CopySource> readSources(ByteReader in) {
    int count = in.count(3 + Long.BYTES);
    List<CopySource> sources = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      sources.add(new CopySource(readId(in), in.block(), in.fixed64(), readFields(in)));
    }
    return sources;
  }

  /** Not less than the bytes of a command. */
  static long bytesMax(FollowCommand command) {
    long bytes = 32L + command.key().length;
    if (command instanceof FollowCommand.Learn learn) {
      byte[] fields = learn.fields();
      return bytes + (fields == null ? 0 : fields.length) + learn.after().length;
    }
    if (command instanceof FollowCommand.Relearn relearn) {
      byte[] fields = relearn.fields();
      return bytes + (fields == null ? 0 : fields.length) + relearn.after().length;
    }
    if (command instanceof FollowCommand.Mend mend) {
      byte[] fields = mend.fields();
      return bytes + (fields == null ? 0 : fields.length) + mend.holder().length;
    }
    return bytes + 2L * ApplyLimits.KEY_BYTES_MAX;
  }

  /** Not less than the bytes of a command's sources. */
  static long sourcesBytesMax(List<CopySource> sources) {
    if (sources.isEmpty()) {
      return 0;
    }
    long bytes = 5;
    for (int i = 0; i < sources.size(); i++) {
      CopySource source = sources.get(i);
      byte[] fields = source.fields();
      bytes += 24L + source.key().length + (fields == null ? 0 : fields.length);
    }
    return bytes;
  }

  private static void writeFields(ByteWriter out, byte @Nullable [] fields) {
    out.block(fields == null ? NO_FIELDS : fields);
  }

  private static byte @Nullable [] readFields(ByteReader in) {
    byte[] fields = in.block();
    return fields.length == 0 ? null : fields;
  }

  private static int readId(ByteReader in) {
    long id = in.varint();
    if (id >>> Integer.SIZE != 0) {
      throw in.damaged("id " + id);
    }
    return (int) id;
  }
}
