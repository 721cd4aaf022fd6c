package io.henge.replication.statemachine;

import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.RequestId;
import io.henge.document.codec.ByteReader;
import java.util.ArrayList;
import java.util.List;

/**
 * The binary form of log entries; docs/internals/log-and-apply.md has it byte by byte, golden files
 * pin it.
 *
 * <p>Whatever cannot be decoded (damaged, or of a newer format) is a {@link
 * io.henge.api.error.HengeException} CORRUPTION, and never read as something else: the replica must
 * stop on it, since it cannot know what the others make of it. Decoding never allocates more than
 * about the size of its input.
 *
 * <p>The first {@link #HEADER_BYTES} bytes keep their meaning in all formats to come.
 */
public final class EntryCodec {
  /** Bytes of an entry without a body. */
  public static final int HEADER_BYTES = 2 + 4 * Long.BYTES;

  /** Bytes of a WRITES entry beyond the {@link #bytesMax} of its commands, at most. */
  public static final int WRITES_BYTES = HEADER_BYTES + 5;

  /** Newest format that this version reads, and the one it writes. */
  public static final int FORMAT = 1;

  private static final int SAME_CLIENT = 1;
  private static final int SOURCES = 2;
  private static final int COMMAND_BYTES_MIN = 5;
  private static final int COMMAND_BYTES_MAX = 1 + 2 * Long.BYTES + 3 * 10 + 5;

  private EntryCodec() {}

  public static byte[] encode(Entry entry) {
    ByteWriter out = new ByteWriter(capacity(entry));
    EntryHeader header = entry.header();
    out.u8(FORMAT);
    out.u8(header.kind().code());
    out.fixed64(header.proposer());
    out.fixed64(header.term());
    out.fixed64(header.sequence());
    out.fixed64(header.timeMillis());
    if (entry instanceof Entry.Writes writes) {
      encode(out, writes);
    } else if (entry instanceof Entry.Create create) {
      out.block(DescriptionCodec.encode(create.shard()));
      encode(out, create.collections());
    } else if (entry instanceof Entry.Catalogue catalogue) {
      encode(out, catalogue.collections());
    } else if (entry instanceof Entry.Reshape reshape) {
      ReshapeCodec.write(out, reshape.command());
    } else if (entry instanceof Entry.Follow follow) {
      FollowCodec.write(out, follow.commands());
    } else if (entry instanceof Entry.Fill fill) {
      out.varint(Integer.toUnsignedLong(fill.id()));
      out.block(fill.position());
    } else if (entry instanceof Entry.Repair repair) {
      out.varint(repair.families().size());
      repair.families().forEach(out::block);
    } else if (entry instanceof Entry.RepairParts repair) {
      RepairCodec.write(out, repair);
    } else if (entry instanceof Entry.Recount recount) {
      RepairCodec.write(out, recount);
    } else if (entry instanceof Entry.TrimChanges trim) {
      out.fixed64(trim.version());
    }
    return out.toBytes();
  }

  /** Decodes an entry; keeps no reference to {@code bytes}. */
  public static Entry decode(byte[] bytes) {
    ByteReader in = new ByteReader("log entry", bytes);
    EntryHeader header = header(in);
    Entry entry =
        switch (header.kind()) {
          case CREATE ->
              new Entry.Create(
                  header, DescriptionCodec.decodeShard(in.block()), decodeCollections(in));
          case WRITES -> new Entry.Writes(header, decodeCommands(in, header.timeMillis()));
          case TICK -> new Entry.Tick(header);
          case LEASE -> new Entry.Lease(header);
          case LEASE_RELEASE -> new Entry.LeaseRelease(header);
          case CATALOGUE -> new Entry.Catalogue(header, decodeCollections(in));
          case SPLIT, TRIM, FREEZE, SEAL, THAW, ABSORB, ABSORB_ROWS, ABSORB_COMMIT, ABSORB_ABORT ->
              new Entry.Reshape(header, ReshapeCodec.read(in, header.kind()));
          case LEARN, REGISTERED, WATCH, SENT, FORGET, RELEARN, MEND ->
              new Entry.Follow(header, FollowCodec.read(in, header.kind()));
          case FILL -> new Entry.Fill(header, DerivedCodec.readId(in), in.block());
          case REPAIR -> new Entry.Repair(header, decodeFamilies(in));
          case REPAIR_PARTS -> RepairCodec.readParts(in, header);
          case RECOUNT -> RepairCodec.readRecount(in, header);
          case TRIM_CHANGES -> new Entry.TrimChanges(header, in.fixed64());
        };
    in.end();
    return entry;
  }

  private static List<byte[]> decodeFamilies(ByteReader in) {
    int count = in.count(1);
    List<byte[]> families = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      families.add(in.block());
    }
    return families;
  }

  /** Decodes the header alone: cheap, whatever the size of the entry. */
  public static EntryHeader header(byte[] bytes) {
    return header(new ByteReader("log entry", bytes));
  }

  /** Not less than the bytes that a command adds to an entry, and close to it. */
  public static long bytesMax(WriteCommand command) {
    long bytes = COMMAND_BYTES_MAX;
    List<Mutation> mutations = command.mutations();
    for (int i = 0; i < mutations.size(); i++) {
      bytes += MutationCodec.bytesMax(mutations.get(i));
    }
    return bytes + FollowCodec.sourcesBytesMax(command.sources());
  }

  /** Not less than the bytes that a command of a worker adds to an entry. */
  public static long bytesMax(FollowCommand command) {
    return FollowCodec.bytesMax(command);
  }

  /**
   * What a command may count as when an entry is filled: its {@link #bytesMax}, and an allowance
   * for what it makes apply read, rewrite or give back. So an entry of 4 MB holds at most 64
   * commands that return items, or 256 that append or patch: small commands with large effects
   * cannot gather in one entry without bound.
   */
  public static long weight(WriteCommand command) {
    long bytes = bytesMax(command);
    List<Mutation> mutations = command.mutations();
    boolean returns = false;
    boolean rewrites = false;
    for (int i = 0; i < mutations.size(); i++) {
      Mutation mutation = mutations.get(i);
      returns |= mutation.returnPrevious() || mutation.returnCurrent();
      rewrites |=
          mutation.action() instanceof Action.Append
              || mutation.action() instanceof Action.Touch
              || mutation.action() instanceof Action.Patch
              || mutation.condition() instanceof Condition.Matches;
    }
    return bytes + (returns ? 64 << 10 : rewrites ? 16 << 10 : 0);
  }

  /** How many documents a command patches. */
  public static int patches(WriteCommand command) {
    List<Mutation> mutations = command.mutations();
    int patches = 0;
    for (int i = 0; i < mutations.size(); i++) {
      if (mutations.get(i).action() instanceof Action.Patch) {
        patches++;
      }
    }
    return patches;
  }

  private static int capacity(Entry entry) {
    if (entry instanceof Entry.Reshape reshape) {
      return HEADER_BYTES + ReshapeCodec.capacity(reshape.command());
    }
    if (entry instanceof Entry.Follow follow) {
      long bytes = HEADER_BYTES + 5;
      for (FollowCommand command : follow.commands()) {
        bytes += bytesMax(command);
      }
      return Math.toIntExact(bytes);
    }
    if (!(entry instanceof Entry.Writes writes)) {
      return 256;
    }
    long bytes = WRITES_BYTES;
    for (WriteCommand command : writes.commands()) {
      bytes += bytesMax(command);
    }
    return Math.toIntExact(bytes);
  }

  private static EntryHeader header(ByteReader in) {
    int format = in.u8();
    if (format != FORMAT) {
      throw in.damaged(
          "format " + format + ", known is " + FORMAT + ": this node needs a newer Henge");
    }
    int code = in.u8();
    EntryKind kind = EntryKind.of(code);
    if (kind == null) {
      throw in.damaged("kind " + code + " is not known: this node needs a newer Henge");
    }
    EntryHeader header =
        new EntryHeader(kind, in.fixed64(), in.fixed64(), in.fixed64(), in.fixed64());
    if (header.timeMillis() < 0 || header.timeMillis() > EntryHeader.TIME_MILLIS_MAX) {
      throw in.damaged("time " + header.timeMillis());
    }
    return header;
  }

  private static void encode(ByteWriter out, Entry.Writes writes) {
    List<WriteCommand> commands = writes.commands();
    long timeMillis = writes.header().timeMillis();
    out.varint(commands.size());
    RequestId before = null;
    for (int i = 0; i < commands.size(); i++) {
      WriteCommand command = commands.get(i);
      RequestId id = command.id();
      boolean same =
          before != null
              && before.clientHigh() == id.clientHigh()
              && before.clientLow() == id.clientLow();
      boolean sourced = !command.sources().isEmpty();
      out.u8((same ? SAME_CLIENT : 0) | (sourced ? SOURCES : 0));
      if (!same) {
        out.fixed64(id.clientHigh());
        out.fixed64(id.clientLow());
      }
      before = id;
      out.varint(id.sequence());
      out.signed(command.notAfterMillis() - timeMillis);
      out.varint(command.catalogueVersion());
      out.varint(command.mutations().size());
      for (int m = 0; m < command.mutations().size(); m++) {
        MutationCodec.write(out, command.mutations().get(m));
      }
      if (sourced) {
        FollowCodec.writeSources(out, command.sources());
      }
    }
  }

  private static List<WriteCommand> decodeCommands(ByteReader in, long timeMillis) {
    int count = in.count(COMMAND_BYTES_MIN);
    List<WriteCommand> commands = new ArrayList<>(count);
    long clientHigh = 0;
    long clientLow = 0;
    for (int i = 0; i < count; i++) {
      int flags = in.u8();
      boolean same = (flags & SAME_CLIENT) != 0;
      if (flags > (SAME_CLIENT | SOURCES) || (same && i == 0)) {
        throw in.damaged("command flags " + flags);
      }
      if (!same) {
        clientHigh = in.fixed64();
        clientLow = in.fixed64();
      }
      RequestId id = new RequestId(clientHigh, clientLow, in.varint());
      long notAfterMillis = timeMillis + in.signed();
      long catalogueVersion = in.varint();
      int mutationCount = in.count(MutationCodec.BYTES_MIN);
      List<Mutation> mutations = new ArrayList<>(mutationCount);
      for (int m = 0; m < mutationCount; m++) {
        mutations.add(MutationCodec.read(in));
      }
      List<CopySource> sources = (flags & SOURCES) == 0 ? List.of() : FollowCodec.readSources(in);
      commands.add(new WriteCommand(id, notAfterMillis, catalogueVersion, mutations, sources));
    }
    return commands;
  }

  static void encode(ByteWriter out, List<CollectionInfo> collections) {
    out.varint(collections.size());
    for (CollectionInfo collection : collections) {
      out.block(DescriptionCodec.encode(collection));
    }
  }

  static List<CollectionInfo> decodeCollections(ByteReader in) {
    int count = in.count(2);
    List<CollectionInfo> collections = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      collections.add(DescriptionCodec.decodeCollection(in.block()));
    }
    return collections;
  }
}
