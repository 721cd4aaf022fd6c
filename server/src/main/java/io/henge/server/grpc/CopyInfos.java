package io.henge.server.grpc;

import io.henge.api.v1.CopyInfo;
import io.henge.api.v1.Item;
import io.henge.replication.shard.ReadOutcome;
import io.henge.replication.statemachine.CopyRule;
import io.henge.replication.statemachine.HeldCopy;
import io.henge.replication.statemachine.StoredItem;
import io.henge.server.copies.CopyReport;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What an answer tells of copies from other shards, if that was asked for. */
final class CopyInfos {
  static final CopyInfos NONE = new CopyInfos(Map.of(), CopyReport.NONE, 0);

  /** By physical key. */
  private final Map<ByteBuffer, List<HeldCopy>> copies;

  private final CopyReport report;
  private final long nowNanos;

  private CopyInfos(Map<ByteBuffer, List<HeldCopy>> copies, CopyReport report, long nowNanos) {
    this.copies = copies;
    this.report = report;
    this.nowNanos = nowNanos;
  }

  /**
   * What is known of the items that were read.
   *
   * @param report made before they were
   */
  static CopyInfos of(ReadOutcome outcome, CopyReport report) {
    if (outcome.copies().isEmpty()) {
      return NONE;
    }
    Map<ByteBuffer, List<HeldCopy>> copies = new HashMap<>();
    for (int i = 0; i < outcome.items().size(); i++) {
      StoredItem item = outcome.items().get(i);
      if (item != null) {
        copies.put(ByteBuffer.wrap(item.key()), outcome.copies().get(i));
      }
    }
    return new CopyInfos(copies, report, System.nanoTime());
  }

  /**
   * An item of the answer, with what is known of its copies.
   *
   * @param stored as it was read
   */
  Item with(StoredItem stored, Item item) {
    List<HeldCopy> held = copies.get(ByteBuffer.wrap(stored.key()));
    if (held == null || held.isEmpty()) {
      return item;
    }
    Item.Builder told = item.toBuilder();
    held.forEach(copy -> told.addCopies(info(copy)));
    return told.build();
  }

  private CopyInfo info(HeldCopy copy) {
    CopyRule rule = copy.rule();
    CopyInfo.Builder info =
        CopyInfo.newBuilder()
            .setRuleId(rule.id())
            .setTarget(rule.target())
            .setSource(CopiesPage.name(copy.sourceCollection(), copy.source()));
    rule.fields().forEach(field -> info.addFields(field.as()));
    if (rule.kind() == CopyRule.Kind.FOLLOW) {
      info.setFollows(true)
          .setVersion(copy.version())
          .setRegistered(copy.registered())
          .setBoundMillis(rule.boundMillis())
          .setLagMillis(report.lagMillis(rule.id()))
          .setCompleteUntilMillis(copy.registered() ? report.completeUntilMillis(rule.id()) : 0)
          .setReportAgeMillis(
              Math.max(0, TimeUnit.NANOSECONDS.toMillis(nowNanos - report.madeNanos())));
    }
    return info.build();
  }
}
