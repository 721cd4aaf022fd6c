package io.henge.document.path;

import io.henge.api.error.HengeException;
import io.henge.document.value.Json;
import io.henge.document.value.TextOrder;

/** One step of a path, from a value to one of its parts. */
public sealed interface PathStep {

  /** To the member of this name. */
  record Member(String name) implements PathStep {
    public Member {
      if (TextOrder.loneSurrogate(name) >= 0) {
        throw HengeException.invalid(
            "path: half a surrogate pair in the member name " + Json.quote(name));
      }
    }
  }

  /** To the element at this index, counted from 0. */
  record Index(int index) implements PathStep {
    public Index {
      if (index < 0) {
        throw HengeException.invalid("path: index " + index + ", indexes begin at 0");
      }
    }
  }

  /** To every element: what follows holds if it holds for any of them. */
  record AnyElement() implements PathStep {}
}
