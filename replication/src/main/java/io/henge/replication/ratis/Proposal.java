package io.henge.replication.ratis;

import org.apache.ratis.protocol.Message;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.jspecify.annotations.Nullable;

/**
 * An entry on its way from {@code propose} to {@code apply} on the replica that proposes it.
 * Travels through Ratis as the message of the request, and comes back as the context of the
 * transaction.
 */
final class Proposal implements Message {
  final byte[] entry;
  final @Nullable Object context;
  private final ByteString content;

  /** Set before Ratis appends the entry: from then on a failure does not mean it has no effect. */
  private volatile boolean appended;

  /** Written by the applying thread before Ratis completes the request on that thread. */
  private volatile @Nullable Object result;

  Proposal(byte[] entry, @Nullable Object context) {
    this.entry = entry;
    this.context = context;
    this.content = UnsafeByteOperations.unsafeWrap(entry);
  }

  @Override
  public ByteString getContent() {
    return content;
  }

  void markAppended() {
    appended = true;
  }

  boolean mayBeAppended() {
    return appended;
  }

  void result(@Nullable Object value) {
    result = value;
  }

  @Nullable Object result() {
    return result;
  }

  @Override
  public String toString() {
    return "entry of " + entry.length + " bytes";
  }
}
