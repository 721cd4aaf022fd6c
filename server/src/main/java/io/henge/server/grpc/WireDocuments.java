package io.henge.server.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.henge.api.Limits;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.Value;
import io.henge.api.v1.Document;
import io.henge.api.v1.DocumentForm;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.filter.Filter;
import io.henge.document.filter.FilterCodec;
import io.henge.document.patch.Patch;
import io.henge.document.patch.PatchCodec;
import io.henge.document.patch.Patches;
import io.henge.document.value.Json;
import io.henge.document.value.JsonObject;
import io.henge.replication.statemachine.ApplyLimits;
import java.util.function.Supplier;

/**
 * Documents, filters and patches, to and from the wire. What goes on from here is parsed, within
 * its limits, and in the one binary form that it has: apply reads it without doubts.
 */
final class WireDocuments {
  /** More than any filter within its limits needs. */
  private static final int FILTER_BYTES_MAX = 512 << 10;

  private WireDocuments() {}

  /** A document that was parsed, and what it is stored as. */
  record Parsed(JsonObject document, Value.Document value) {}

  static Parsed parse(String field, Document wire, Limits limits) {
    JsonObject document =
        switch (wire.getFormCase()) {
          case JSON -> read(field, () -> object(Json.parse(wire.getJson(), ApplyLimits.DOCUMENTS)));
          case BINARY -> {
            requireSize(field, wire.getBinary().size(), limits.valueBytesMax());
            yield read(field, () -> DocumentCodec.decode(wire.getBinary().toByteArray()));
          }
          case FORM_NOT_SET ->
              throw HengeException.invalid(field + ": json or binary expected, found none");
        };
    byte[] bytes = read(field, () -> DocumentCodec.encode(document, ApplyLimits.DOCUMENTS));
    requireSize(field, bytes.length, limits.valueBytesMax());
    return new Parsed(document, new Value.Document(bytes));
  }

  static Value.Document value(String field, Document wire, Limits limits) {
    return parse(field, wire, limits).value();
  }

  private static JsonObject object(io.henge.document.value.JsonValue value) {
    if (value instanceof JsonObject object) {
      return object;
    }
    throw HengeException.invalid(
        "a document is a JSON object, found " + value.type().words() + "; wrap it in {...}");
  }

  static byte[] encode(JsonObject document) {
    return DocumentCodec.encode(document, ApplyLimits.DOCUMENTS);
  }

  static byte[] filter(String text) {
    return read("condition.filter", () -> FilterCodec.encode(Filter.parse(text)));
  }

  static byte[] filter(ByteString binary) {
    requireSize("condition.filter_binary", binary.size(), FILTER_BYTES_MAX);
    return read(
        "condition.filter_binary",
        () -> FilterCodec.encode(FilterCodec.decode(binary.toByteArray())));
  }

  static byte[] patch(io.henge.api.v1.Patch wire, Limits limits) {
    byte[] bytes =
        switch (wire.getFormCase()) {
          case JSON -> read("patch.json", () -> PatchCodec.encode(Patch.parse(wire.getJson())));
          case MERGE ->
              read(
                  "patch.merge",
                  () ->
                      PatchCodec.encode(
                          Patches.merge(
                              object(Json.parse(wire.getMerge(), ApplyLimits.DOCUMENTS)))));
          case BINARY -> {
            requireSize("patch.binary", wire.getBinary().size(), limits.valueBytesMax());
            yield read(
                "patch.binary",
                () -> PatchCodec.encode(PatchCodec.decode(wire.getBinary().toByteArray())));
          }
          case FORM_NOT_SET ->
              throw HengeException.invalid("patch: json, merge or binary expected, found none");
        };
    requireSize("patch", bytes.length, limits.valueBytesMax());
    return bytes;
  }

  static Document document(Value.Document stored, DocumentForm form) {
    Document.Builder wire = Document.newBuilder();
    return form == DocumentForm.DOCUMENT_FORM_BINARY
        ? wire.setBinary(UnsafeByteOperations.unsafeWrap(stored.bytes())).build()
        : wire.setJson(Json.print(DocumentCodec.decode(stored.bytes()))).build();
  }

  /** Says where in the request it was; bytes from outside that cannot be read are no damage. */
  private static <T> T read(String field, Supplier<T> reading) {
    try {
      return reading.get();
    } catch (HengeException e) {
      if (e.code() != ErrorCode.INVALID_ARGUMENT && e.code() != ErrorCode.CORRUPTION) {
        throw e;
      }
      throw HengeException.invalid(field + ": " + e.getMessage());
    }
  }

  private static void requireSize(String field, int bytes, int max) {
    if (bytes > max) {
      throw HengeException.invalid(
          field + ": at most " + max + " bytes allowed, found " + bytes + "; divide it");
    }
  }
}
