package io.henge.client;

import io.henge.api.v1.CopyKind;
import io.henge.api.v1.CopyRule;
import io.henge.document.declare.CopyDeclaration;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A declared copy: the engine keeps fields of some documents in others.
 *
 * <pre>
 *   Copy.from("orders").fields("order_id", "total").into("users", "recent_orders").last(20, "created_at")
 *   Copy.count("orders").into("users", "order_count")
 *   Copy.sum("orders", "total").into("users", "spent")
 *   Copy.from("products").fields("name", "price").into("orders", "items[]").on("product_id").atWrite()
 *   Copy.from("products").field("name", "product_name").into("orders", "items[]").on("product_id")
 *       .followWithin(Duration.ofSeconds(5)).nullWhenDeleted()
 * </pre>
 *
 * Lists and totals are of documents of the same sharding key, and change with these in one atomic
 * step. The other two take documents of any sharding key. Immutable; what is missing or does not
 * fit together is refused when it is declared.
 */
public final class Copy {
  private final String holder;
  private final CopyRule rule;

  private Copy(String holder, CopyRule rule) {
    this.holder = holder;
    this.rule = rule;
  }

  /** A copy of fields of documents of this collection. */
  public static Copy from(String source) {
    return new Copy("", CopyRule.newBuilder().setSource(source).build());
  }

  /** How many documents of this collection there are in the holder's sharding key. */
  public static Copy count(String source) {
    return new Copy(
        "", CopyRule.newBuilder().setSource(source).setKind(CopyKind.COPY_KIND_COUNT).build());
  }

  /** The exact sum of the numbers at a path; what is no number counts as nothing. */
  public static Copy sum(String source, String path) {
    CopyRule.Builder rule = CopyRule.newBuilder().setSource(source).setKind(CopyKind.COPY_KIND_SUM);
    rule.addFieldsBuilder().setPath(path);
    return new Copy("", rule.build());
  }

  /**
   * A copy as it is declared in words, such as {@code copy users.order_count = count(orders)}.
   *
   * @throws io.henge.api.error.HengeException INVALID_ARGUMENT naming the character and what was
   *     expected there
   */
  public static Copy parse(String text) {
    return of(CopyDeclaration.parse(text));
  }

  /** A copy by its declaration. */
  public static Copy of(CopyDeclaration declaration) {
    return new Copy(declaration.holder(), declaration.rule());
  }

  /** With these paths; each is named in the copy as its last member is. */
  public Copy fields(String... paths) {
    CopyRule.Builder changed = rule.toBuilder();
    for (String path : paths) {
      changed.addFields(CopyDeclaration.field(path, null));
    }
    return new Copy(holder, changed.build());
  }

  /** With this path, under a name of its own in the copy. */
  public Copy field(String path, String as) {
    return new Copy(holder, rule.toBuilder().addFields(CopyDeclaration.field(path, as)).build());
  }

  /**
   * In documents of this collection, at this path: the list, the total, or the object (also each
   * element of an array: {@code items[]}) whose members the fields become.
   */
  public Copy into(String collection, String path) {
    return new Copy(collection, rule.toBuilder().setTarget(path).build());
  }

  /** In documents of this collection, whose own members the fields become. */
  public Copy into(String collection) {
    return into(collection, "");
  }

  /**
   * Lists and totals: paths in the source of the holder's id; none if a sharding key has one
   * holder. Else paths, in the object that gets the fields, of the source's sharding key and id.
   */
  public Copy on(String... paths) {
    return new Copy(holder, rule.toBuilder().clearOn().addAllOn(List.of(paths)).build());
  }

  /** A list of the last so many, in order of the values at this path of the source. */
  public Copy last(int members, String by) {
    return new Copy(
        holder,
        rule.toBuilder().setKind(CopyKind.COPY_KIND_LIST).setLast(members).setBy(by).build());
  }

  /** As the source is when the holder is written; later changes of the source do not matter. */
  public Copy atWrite() {
    return new Copy(holder, rule.toBuilder().setKind(CopyKind.COPY_KIND_SNAPSHOT).build());
  }

  /** Changes of the source reach the copy, within this time unless the cluster is not well. */
  public Copy followWithin(Duration bound) {
    return new Copy(
        holder,
        rule.toBuilder()
            .setKind(CopyKind.COPY_KIND_FOLLOW)
            .setBoundMillis(bound.toMillis())
            .build());
  }

  /** If the source is deleted the fields become null; else they stay as they were. */
  public Copy nullWhenDeleted() {
    return new Copy(holder, rule.toBuilder().setNullWhenDeleted(true).build());
  }

  /** What is declared. */
  public CopyDeclaration declaration() {
    return new CopyDeclaration(holder, rule);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Copy copy && declaration().equals(copy.declaration());
  }

  @Override
  public int hashCode() {
    return declaration().hashCode();
  }

  /** In words, as {@link #parse} takes it, if it is complete. */
  @Override
  public String toString() {
    return declaration().toString();
  }
}
