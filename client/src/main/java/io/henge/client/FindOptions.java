package io.henge.client;

import io.henge.document.filter.Filter;
import io.henge.document.find.SortOrder;
import io.henge.document.path.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What to look for.
 *
 * @param filter which documents; null = all
 * @param fields what of each: paths such as {@code address.city}, {@code lines[0]} or {@code
 *     lines[].sku}; none = everything. Elements that have nothing of it are left out
 * @param sort in which order; none = that of their keys. Within a sharding key only, over at most
 *     10,000 documents that match
 * @param limit most documents, over all pages; 0 = no limit
 * @param pageSize most documents of one page; 0 = the server's default
 * @param cursor where to go on: behind a page of a find with the same filter and sort; null = from
 *     the beginning
 */
public record FindOptions(
    @Nullable Filter filter,
    List<String> fields,
    List<SortOrder.Field> sort,
    int limit,
    int pageSize,
    byte @Nullable [] cursor) {

  /** Everything, as it is. */
  public static final FindOptions ALL = new FindOptions(null, List.of(), List.of(), 0, 0, null);

  public FindOptions {
    fields = List.copyOf(fields);
    sort = List.copyOf(sort);
  }

  /** Documents for which this holds; patterns ({@code matches}) are allowed. */
  public FindOptions where(Filter condition) {
    return new FindOptions(condition, fields, sort, limit, pageSize, cursor);
  }

  /** The same; {@code status = "open" and total > 10}. */
  public FindOptions where(String condition) {
    return where(Filter.parse(condition));
  }

  /** Only these parts of each document. */
  public FindOptions fields(String... paths) {
    return new FindOptions(filter, List.of(paths), sort, limit, pageSize, cursor);
  }

  /** Then by the values at a path. */
  public FindOptions ascending(String path) {
    return by(new SortOrder.Field(Path.parse(path), false));
  }

  /** Then by the values at a path, the largest first. */
  public FindOptions descending(String path) {
    return by(new SortOrder.Field(Path.parse(path), true));
  }

  private FindOptions by(SortOrder.Field field) {
    List<SortOrder.Field> more = new ArrayList<>(sort);
    more.add(field);
    return new FindOptions(filter, fields, more, limit, pageSize, cursor);
  }

  public FindOptions limit(int documents) {
    return new FindOptions(filter, fields, sort, documents, pageSize, cursor);
  }

  public FindOptions pageSize(int documents) {
    return new FindOptions(filter, fields, sort, limit, documents, cursor);
  }

  /**
   * Goes on where a page ended ({@link FindPage#cursor}), on any machine and at any time: it stays
   * good when shards split, merge or move. What changes meanwhile is seen as it is then.
   */
  public FindOptions after(byte @Nullable [] lastCursor) {
    return new FindOptions(filter, fields, sort, limit, pageSize, lastCursor);
  }
}
