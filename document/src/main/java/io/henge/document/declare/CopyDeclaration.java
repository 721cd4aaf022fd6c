package io.henge.document.declare;

import io.henge.api.error.HengeException;
import io.henge.api.v1.CopiedField;
import io.henge.api.v1.CopyRule;
import io.henge.document.path.Path;
import io.henge.document.path.PathStep;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A declared copy and the collection whose documents hold it, in words:
 *
 * <pre>
 *   copy orders(order_id, total as sum) into users.recent_orders last 20 by created_at
 *   copy users.order_count = count(orders)
 *   copy users.spent = sum(orders.total)
 *   copy products(name, price) into orders.items[] on product_id at write
 *   copy products(name as product_name) into orders on product_id follow within 5s when deleted null
 * </pre>
 *
 * Lists and totals have {@code on PATH, ...} if a family has several holders. The word {@code copy}
 * at the beginning may be left out.
 *
 * @param holder name of the collection
 * @param rule without ids; paths in the one way they are written
 */
public record CopyDeclaration(String holder, CopyRule rule) {

  /**
   * Reads a declaration.
   *
   * @throws HengeException INVALID_ARGUMENT naming the character and what was expected there
   */
  public static CopyDeclaration parse(String text) {
    return new CopyParser(text).parse();
  }

  /**
   * A field to copy.
   *
   * @param path in the source
   * @param as name in the copy, whatever characters it has; null = that of the path's last member
   * @throws HengeException INVALID_ARGUMENT if the path is none, or ends in no name
   */
  public static CopiedField field(String path, @Nullable String as) {
    Path parsed = Path.parse(path);
    List<PathStep> steps = parsed.steps();
    String name =
        as != null
            ? as
            : !steps.isEmpty() && steps.get(steps.size() - 1) instanceof PathStep.Member last
                ? last.name()
                : "";
    if (as == null && name.isEmpty()) {
      throw HengeException.invalid(
          "fields: " + path + " ends in no name of its own; give one: as NAME");
    }
    return CopiedField.newBuilder()
        .setPath(parsed.toString())
        .setAs(Path.ofMembers(name).toString())
        .build();
  }

  /** The declaration in words; {@link #parse} reads it back. */
  @Override
  public String toString() {
    return CopyPrinter.print(holder, rule);
  }
}
