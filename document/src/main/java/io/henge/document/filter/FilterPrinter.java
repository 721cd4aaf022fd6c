package io.henge.document.filter;

import io.henge.document.path.Path;
import io.henge.document.value.Json;
import io.henge.document.value.JsonValue;
import java.util.List;

/** Writes filters as text; {@link FilterParser} reads them back as equal filters. */
final class FilterPrinter {
  private final StringBuilder out = new StringBuilder();

  private FilterPrinter() {}

  static String print(Filter filter) {
    FilterPrinter printer = new FilterPrinter();
    printer.write(filter);
    return printer.out.toString();
  }

  private void write(Filter filter) {
    if (filter instanceof Filter.Always always) {
      out.append(always.value());
    } else if (filter instanceof Filter.Compare compare) {
      term(compare.path(), compare.operator().symbol(), Json.print(compare.value()));
    } else if (filter instanceof Filter.In in) {
      out.append(in.path()).append(" in (");
      String separator = "";
      for (JsonValue value : in.values()) {
        out.append(separator).append(Json.print(value));
        separator = ", ";
      }
      out.append(')');
    } else if (filter instanceof Filter.Exists exists) {
      out.append("exists(").append(exists.path()).append(')');
    } else if (filter instanceof Filter.Prefix prefix) {
      term(prefix.path(), "prefix", Json.quote(prefix.prefix()));
    } else if (filter instanceof Filter.Contains contains) {
      term(contains.path(), "contains", Json.print(contains.value()));
    } else if (filter instanceof Filter.Matches matches) {
      term(matches.path(), "matches", Json.quote(matches.pattern().toString()));
    } else if (filter instanceof Filter.And and) {
      several("and", and.filters());
    } else if (filter instanceof Filter.Or or) {
      several("or", or.filters());
    } else if (filter instanceof Filter.Not not) {
      out.append("not ");
      inner(not.filter());
    }
  }

  private void term(Path path, String operator, String value) {
    out.append(path).append(' ').append(operator).append(' ').append(value);
  }

  /**
   * None and one have no operator to write: the functions {@code and(..)} and {@code or(..)} do.
   */
  private void several(String operator, List<Filter> filters) {
    if (filters.size() < 2) {
      out.append(operator).append('(');
      filters.forEach(this::write);
      out.append(')');
      return;
    }
    for (int i = 0; i < filters.size(); i++) {
      if (i > 0) {
        out.append(' ').append(operator).append(' ');
      }
      inner(filters.get(i));
    }
  }

  /** In parentheses, where it would otherwise be read as something else. */
  private void inner(Filter filter) {
    boolean several =
        (filter instanceof Filter.And and && and.filters().size() > 1)
            || (filter instanceof Filter.Or or && or.filters().size() > 1);
    if (several) {
      out.append('(');
      write(filter);
      out.append(')');
    } else {
      write(filter);
    }
  }
}
