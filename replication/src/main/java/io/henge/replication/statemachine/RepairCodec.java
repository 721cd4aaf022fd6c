package io.henge.replication.statemachine;

import io.henge.document.codec.ByteReader;
import java.util.ArrayList;
import java.util.List;

/** The bodies of REPAIR_PARTS and RECOUNT; see docs/internals/log-and-apply.md. */
final class RepairCodec {
  /** Kind, and the length of a key. */
  private static final int PART_BYTES_MIN = 2;

  private RepairCodec() {}

  static void write(ByteWriter out, Entry.RepairParts repair) {
    out.varint(repair.parts().size());
    for (RepairPart part : repair.parts()) {
      out.u8(part.kind().code());
      out.block(part.key());
    }
  }

  static Entry.RepairParts readParts(ByteReader in, EntryHeader header) {
    int count = in.count(PART_BYTES_MIN);
    List<RepairPart> parts = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int code = in.u8();
      RepairPart.Kind kind = RepairPart.Kind.of(code);
      if (kind == null) {
        throw in.damaged("a part of kind " + code);
      }
      parts.add(new RepairPart(kind, in.block()));
    }
    return new Entry.RepairParts(header, parts);
  }

  static void write(ByteWriter out, Entry.Recount recount) {
    out.block(recount.family());
    out.varint(Integer.toUnsignedLong(recount.sourceId()));
    out.varint(recount.targets().size());
    for (RecountTarget target : recount.targets()) {
      out.varint(Integer.toUnsignedLong(target.ruleId()));
      out.block(target.holder());
    }
    out.block(recount.from());
    out.block(recount.to());
  }

  static Entry.Recount readRecount(ByteReader in, EntryHeader header) {
    byte[] family = in.block();
    int sourceId = DerivedCodec.readId(in);
    int count = in.count(PART_BYTES_MIN);
    List<RecountTarget> targets = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int ruleId = DerivedCodec.readId(in);
      targets.add(new RecountTarget(ruleId, in.block()));
    }
    return new Entry.Recount(header, family, sourceId, targets, in.block(), in.block());
  }
}
