package io.henge.api.changes;

import io.henge.api.error.HengeException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * How far somebody has come who watches changes: for each part of the ring the position of the next
 * one. It names no shard and no node, and the version under which a key is written rises for ever,
 * so a token stays good through failover, split, merge and move.
 *
 * <p>A token that is behind is always allowed, it only brings changes a second time. That is why
 * the parts of a long one may be joined under the earlier of their positions ({@link #PARTS_MAX}).
 *
 * <p>Encoded:
 *
 * <pre>
 *   format (1 byte: 1) | number of parts (varint)
 *   | each: flags (1 byte), [start (block)], end (block), from (block)
 *   | CRC32C of all before (4 bytes, big endian)
 * </pre>
 *
 * A block is its length (varint) and content. Flag 1: the part begins where the one before it ends,
 * and its start is left out.
 *
 * <p>Immutable.
 */
public final class ChangeToken {
  /** Most parts of a token that is made or read. */
  public static final int PARTS_MAX = 1024;

  /** Longest boundary or position. A physical key has at most half of it. */
  private static final int BLOCK_BYTES_MAX = 8 << 10;

  private static final int FORMAT = 1;
  private static final int ADJACENT = 1;
  private static final int CRC_BYTES = 4;

  private final List<ChangePart> parts;

  private ChangeToken(List<ChangePart> parts) {
    this.parts = parts;
  }

  /**
   * A token of these parts.
   *
   * @param parts in order, disjoint, none empty
   */
  public static ChangeToken of(List<ChangePart> parts) {
    for (int i = 0; i < parts.size(); i++) {
      if (parts.get(i).isEmpty() || (i > 0 && !isBehind(parts.get(i - 1), parts.get(i)))) {
        throw new IllegalArgumentException("parts are to be in order, disjoint and not empty");
      }
    }
    return new ChangeToken(List.copyOf(parts));
  }

  private static boolean isBehind(ChangePart before, ChangePart part) {
    return before.end().length != 0 && Arrays.compareUnsigned(before.end(), part.start()) <= 0;
  }

  /** In order, disjoint. */
  public List<ChangePart> parts() {
    return parts;
  }

  /**
   * The token after some of it has been read.
   *
   * @param read adjacent parts in order, which replace whatever lies between the first one's start
   *     and the last one's end
   */
  public ChangeToken with(List<ChangePart> read) {
    if (read.isEmpty()) {
      return this;
    }
    byte[] start = read.get(0).start();
    byte[] end = read.get(read.size() - 1).end();
    List<ChangePart> result = new ArrayList<>(parts.size() + read.size() + 1);
    boolean placed = false;
    for (ChangePart part : parts) {
      if (part.end().length != 0 && Arrays.compareUnsigned(part.end(), start) <= 0) {
        append(result, part);
        continue;
      }
      if (Arrays.compareUnsigned(part.start(), start) < 0) {
        append(result, new ChangePart(part.start(), start, part.from()));
      }
      if (!placed) {
        read.forEach(each -> append(result, each));
        placed = true;
      }
      ChangePart rest =
          end.length == 0
              ? null
              : new ChangePart(
                  Arrays.compareUnsigned(part.start(), end) < 0 ? end : part.start(),
                  part.end(),
                  part.from());
      if (rest != null && !rest.isEmpty()) {
        append(result, rest);
      }
    }
    if (!placed) {
      read.forEach(each -> append(result, each));
    }
    return new ChangeToken(List.copyOf(result));
  }

  /** Appends a part, to the last one if they are one. */
  private static void append(List<ChangePart> result, ChangePart part) {
    ChangePart last = result.isEmpty() ? null : result.get(result.size() - 1);
    if (last != null && isAdjacent(last, part) && Arrays.equals(last.from(), part.from())) {
      result.set(result.size() - 1, new ChangePart(last.start(), part.end(), part.from()));
    } else {
      result.add(part);
    }
  }

  private static boolean isAdjacent(ChangePart left, ChangePart right) {
    return left.end().length != 0 && Arrays.equals(left.end(), right.start());
  }

  /** For a file, a message or a database. */
  public byte[] encode() {
    List<ChangePart> few = coarsened(parts);
    ByteArrayOutputStream out = new ByteArrayOutputStream(64 * few.size() + 16);
    out.write(FORMAT);
    varint(out, few.size());
    ChangePart before = null;
    for (ChangePart part : few) {
      boolean adjacent = before != null && isAdjacent(before, part);
      out.write(adjacent ? ADJACENT : 0);
      if (!adjacent) {
        block(out, part.start());
      }
      block(out, part.end());
      block(out, part.from());
      before = part;
    }
    byte[] content = out.toByteArray();
    return ByteBuffer.allocate(content.length + CRC_BYTES)
        .put(content)
        .putInt(crc(content, content.length))
        .array();
  }

  /** Joins neighbours under the earlier of their positions until there are few enough. */
  private static List<ChangePart> coarsened(List<ChangePart> parts) {
    List<ChangePart> result = parts;
    while (result.size() > PARTS_MAX) {
      List<ChangePart> fewer = new ArrayList<>(result.size() / 2 + 1);
      for (int i = 0; i < result.size(); i++) {
        ChangePart part = result.get(i);
        ChangePart next = i + 1 < result.size() ? result.get(i + 1) : null;
        if (next != null && isAdjacent(part, next) && part.isScan() == next.isScan()) {
          byte[] from =
              Arrays.compareUnsigned(part.from(), next.from()) <= 0 ? part.from() : next.from();
          append(fewer, new ChangePart(part.start(), next.end(), from));
          i++;
        } else {
          append(fewer, part);
        }
      }
      if (fewer.size() == result.size()) {
        throw HengeException.invalid(
            "token: it would have " + fewer.size() + " parts, at most " + PARTS_MAX + " allowed");
      }
      result = fewer;
    }
    return result;
  }

  /**
   * A token that somebody has kept.
   *
   * @throws HengeException INVALID_ARGUMENT if it is none, or damaged, or of a newer format
   */
  public static ChangeToken decode(byte[] encoded) {
    if (encoded.length < 2 + CRC_BYTES) {
      throw damaged("it has " + encoded.length + " bytes");
    }
    if (encoded[0] != FORMAT) {
      throw damaged("format " + encoded[0] + ", known is " + FORMAT);
    }
    int length = encoded.length - CRC_BYTES;
    ByteBuffer in = ByteBuffer.wrap(encoded, 0, length);
    if (ByteBuffer.wrap(encoded).getInt(length) != crc(encoded, length)) {
      throw damaged("its checksum is wrong");
    }
    in.get();
    int count = varint(in);
    if (count > PARTS_MAX) {
      throw damaged(count + " parts, at most " + PARTS_MAX + " are allowed");
    }
    List<ChangePart> parts = new ArrayList<>(Math.min(count, in.remaining()));
    ChangePart before = null;
    for (int i = 0; i < count; i++) {
      ChangePart part = part(in, before);
      if (part.isEmpty()
          || (before != null && !isBehind(before, part))
          || (!part.isScan() && part.from().length < Long.BYTES)) {
        throw damaged("part " + (i + 1) + " is out of order");
      }
      parts.add(part);
      before = part;
    }
    if (in.hasRemaining()) {
      throw damaged(in.remaining() + " bytes too many");
    }
    return new ChangeToken(List.copyOf(parts));
  }

  private static ChangePart part(ByteBuffer in, @Nullable ChangePart before) {
    int flags = in.hasRemaining() ? in.get() : -1;
    if (flags != 0 && (flags != ADJACENT || before == null)) {
      throw damaged("flags " + flags);
    }
    byte[] start = flags == ADJACENT && before != null ? before.end() : block(in);
    return new ChangePart(start, block(in), block(in));
  }

  /** As text: letters, digits, {@code -} and {@code _}. */
  public String toText() {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(encode());
  }

  /**
   * A token from its text.
   *
   * @throws HengeException INVALID_ARGUMENT if it is none, or damaged, or of a newer format
   */
  public static ChangeToken parse(String text) {
    try {
      return decode(Base64.getUrlDecoder().decode(text));
    } catch (IllegalArgumentException e) {
      throw damaged("it is not base64url");
    }
  }

  private static HengeException damaged(String why) {
    return HengeException.invalid(
        "token: the token of an earlier watch expected, "
            + why
            + "; hand it back unchanged, or watch from now or from the start");
  }

  private static int crc(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return (int) crc.getValue();
  }

  private static void varint(ByteArrayOutputStream out, int value) {
    int rest = value;
    while ((rest & ~0x7F) != 0) {
      out.write(rest | 0x80);
      rest >>>= 7;
    }
    out.write(rest);
  }

  private static void block(ByteArrayOutputStream out, byte[] content) {
    varint(out, content.length);
    out.writeBytes(content);
  }

  private static int varint(ByteBuffer in) {
    int value = 0;
    for (int shift = 0; shift < 28; shift += 7) {
      if (!in.hasRemaining()) {
        throw damaged("it ends too early");
      }
      int next = in.get() & 0xFF;
      value |= (next & 0x7F) << shift;
      if (next < 0x80) {
        return value;
      }
    }
    throw damaged("a number is too large");
  }

  private static byte[] block(ByteBuffer in) {
    int length = varint(in);
    if (length > BLOCK_BYTES_MAX || length > in.remaining()) {
      throw damaged("a block of " + length + " bytes");
    }
    byte[] content = new byte[length];
    in.get(content);
    return content;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ChangeToken that && parts.equals(that.parts);
  }

  @Override
  public int hashCode() {
    return parts.hashCode();
  }

  /** For people. */
  @Override
  public String toString() {
    return parts.toString();
  }
}
