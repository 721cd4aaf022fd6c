package io.henge.document.codec;

import io.henge.document.DocumentLimits;
import io.henge.document.path.Path;
import io.henge.document.path.PathStep;
import java.util.ArrayList;
import java.util.List;

/** The binary form of a path, inside the forms of filters and patches. The codes are permanent. */
public final class PathCodec {
  private static final int MEMBER = 1;
  private static final int INDEX = 2;
  private static final int ANY = 3;

  private PathCodec() {}

  /** Writes a path; {@code out} goes backwards. */
  public static void write(ByteWriter out, Path path) {
    for (int i = path.size() - 1; i >= 0; i--) {
      PathStep step = path.steps().get(i);
      if (step instanceof PathStep.Member member) {
        out.text(member.name());
        out.u8(MEMBER);
      } else if (step instanceof PathStep.Index index) {
        out.varint(index.index());
        out.u8(INDEX);
      } else {
        out.u8(ANY);
      }
    }
    out.varint(path.size());
  }

  /**
   * Reads a path.
   *
   * @throws io.henge.api.error.HengeException CORRUPTION if there is none
   */
  public static Path read(ByteReader in) {
    int count = in.count(1);
    if (count > DocumentLimits.PATH_STEPS_MAX) {
      throw in.damaged("a path of " + count + " steps");
    }
    List<PathStep> steps = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int code = in.u8();
      steps.add(
          switch (code) {
            case MEMBER -> new PathStep.Member(in.text());
            case INDEX -> index(in);
            case ANY -> new PathStep.AnyElement();
            default -> throw in.damaged("step " + code + " of a path");
          });
    }
    return Path.of(steps);
  }

  private static PathStep index(ByteReader in) {
    long index = in.varint();
    if (index < 0 || index > Integer.MAX_VALUE) {
      throw in.damaged("index " + index);
    }
    return new PathStep.Index((int) index);
  }
}
