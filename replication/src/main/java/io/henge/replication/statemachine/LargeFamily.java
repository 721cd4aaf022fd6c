package io.henge.replication.statemachine;

import io.henge.api.error.HengeException;
import io.henge.api.item.Value;
import io.henge.api.key.PhysicalKey;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.codec.DocumentReader;
import io.henge.document.value.JsonArray;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonValue;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Compares a part of a family that is too large to be looked at as a whole. Each check needs a few
 * rows and documents, all of one view; so it does not matter what is written between two pages. All
 * but totals: {@link TotalsScan}. Of one view; not thread-safe.
 */
final class LargeFamily {
  private final ReadView view;
  private final VerifyScope scope;
  private final Findings findings;
  private final DocumentRows given;

  LargeFamily(ReadView view, VerifyScope scope, Findings findings) {
    this.view = view;
    this.scope = scope;
    this.findings = findings;
    this.given = new DocumentRows(scope.catalogue(), scope.states(), scope::concerns);
  }

  /**
   * Goes on until the page is full, or totals come.
   *
   * @return where to go on; null if the family is done
   */
  @Nullable FamilyPlace run(FamilyPlace from) {
    FamilyPlace place = from;
    while (place != null && !findings.isFull() && !needsPass(place)) {
      byte[] position =
          switch (place.step()) {
            case DOCUMENTS -> documents(place);
            case ROWS -> rows(place);
            case TOTALS -> null;
            case FIELDS -> fields(place);
          };
      place = position == null ? behind(place, scope) : place.at(position);
    }
    return place;
  }

  /** Whether a pass over all sources comes next. */
  boolean needsPass(FamilyPlace place) {
    return place.step() == FamilyPlace.Step.TOTALS && !scope.totals(place.rank()).isEmpty();
  }

  /** What comes when a step is done; null if that was the last one. */
  static @Nullable FamilyPlace behind(FamilyPlace place, VerifyScope scope) {
    return switch (place.step()) {
      case DOCUMENTS -> place.in(FamilyPlace.Step.ROWS, 0);
      case TOTALS -> place.in(FamilyPlace.Step.FIELDS, place.rank());
      case ROWS, FIELDS -> {
        int rank = scope.rankBehind(place.step() == FamilyPlace.Step.ROWS ? -1 : place.rank());
        yield rank < 0 ? null : place.in(FamilyPlace.Step.TOTALS, rank);
      }
    };
  }

  private static byte[] start(FamilyPlace place, byte[] first) {
    byte[] position = place.position();
    return position.length == 0 || Arrays.compareUnsigned(position, first) < 0
        ? first
        : Filling.next(position);
  }

  // ---- Documents: their rows are there ----

  private byte @Nullable [] documents(FamilyPlace place) {
    byte[] last = place.position();
    byte[] end = PhysicalKey.endOfPrefix(place.family());
    try (RowCursor cursor = view.scan(KeySpace.DATA, start(place, place.family()), end, false)) {
      while (cursor.next()) {
        if (findings.isFull()) {
          return last;
        }
        last = cursor.key();
        byte[] document = document(cursor.value());
        findings.documents(document == null ? 0 : 1, cursor.value().length);
        if (document != null) {
          compare(last, document);
        }
      }
    }
    return null;
  }

  private void compare(byte[] key, byte[] document) {
    int before = findings.count();
    for (byte[] row : given.of(key, document)) {
      if (view.get(KeySpace.INDEX, row) == null) {
        findings.note(Difference.Kind.ROW_MISSING, FamilyExpectation.idOf(row), row);
      }
    }
    if (findings.count() > before) {
      findings.damaged(RepairPart.Kind.DOCUMENT, key);
    }
  }

  private static byte @Nullable [] document(byte @Nullable [] row) {
    return row != null && ItemCodec.value(row) instanceof Value.Document document
        ? document.bytes()
        : null;
  }

  // ---- Rows: documents give them ----

  private byte @Nullable [] rows(FamilyPlace place) {
    byte[] last = place.position();
    byte[] end = PhysicalKey.endOfPrefix(place.family());
    try (RowCursor cursor = view.scan(KeySpace.INDEX, start(place, place.family()), end, false)) {
      while (cursor.next()) {
        if (findings.isFull()) {
          return last;
        }
        last = cursor.key();
        int id = FamilyExpectation.idOf(last);
        if (scope.states().isReady(id)) {
          findings.row();
        } else {
          findings.looked(0, last.length);
        }
        if (given.speaksOf(id)) {
          compareRow(last, cursor.value());
        }
      }
    }
    return null;
  }

  private void compareRow(byte[] row, byte[] value) {
    byte[] owner = given.owner(row);
    byte[] stored = owner == null ? null : view.get(KeySpace.DATA, owner);
    findings.looked(0, stored == null ? 0 : stored.length);
    boolean gives = owner != null && given.gives(owner, document(stored), row);
    if (!gives || value.length > 0) {
      Difference.Kind kind = gives ? Difference.Kind.ROW_WRONG : Difference.Kind.ROW_STRAY;
      findings.note(kind, FamilyExpectation.idOf(row), row);
      findings.damaged(RepairPart.Kind.ROW, row);
    }
  }

  // ---- Fields: they are what rows say ----

  private byte @Nullable [] fields(FamilyPlace place) {
    byte[] last = place.position();
    for (int collection : scope.holders(place.rank())) {
      List<FamilyRule> rules = scope.ofHolder(collection);
      byte[] prefix = DocumentRows.prefix(place.family(), collection);
      byte[] from = start(place, prefix);
      byte[] end = PhysicalKey.endOfPrefix(prefix);
      if (Arrays.compareUnsigned(from, end) >= 0) {
        continue;
      }
      try (RowCursor cursor = view.scan(KeySpace.DATA, from, end, false)) {
        while (cursor.next()) {
          if (findings.isFull()) {
            return last;
          }
          last = cursor.key();
          byte[] document = document(cursor.value());
          findings.looked(1, cursor.value().length);
          if (document != null) {
            compareFields(rules, last, DocumentCodec.decode(document));
          }
        }
      }
    }
    return null;
  }

  private void compareFields(List<FamilyRule> rules, byte[] key, JsonObject found) {
    boolean wrong = false;
    for (FamilyRule rule : rules) {
      JsonValue right = rule.isList() ? list(rule, key) : total(rule, key);
      if (right != null && !Objects.equals(right, rule.copyIn(found))) {
        findings.note(Difference.Kind.FIELD_WRONG, rule.id(), key);
        wrong = true;
      }
    }
    if (wrong) {
      findings.damaged(RepairPart.Kind.HOLDER, key);
    }
  }

  /** Null if the row is damaged, which is a difference of its own. */
  private @Nullable JsonValue total(FamilyRule rule, byte[] holder) {
    byte[] row = view.get(KeySpace.INDEX, rule.row(holder));
    try {
      FamilyTotal total = row == null ? FamilyTotal.NONE : FamilyTotal.decode(row);
      return rule.rule().kind() == CopyRule.Kind.COUNT
          ? JsonNumber.of(total.count())
          : JsonNumber.of(total.sum());
    } catch (HengeException e) {
      return null;
    }
  }

  private JsonValue list(FamilyRule rule, byte[] holder) {
    byte[] prefix = rule.row(holder);
    List<JsonValue> members = new ArrayList<>();
    int rows = 0;
    try (RowCursor cursor =
        view.scan(KeySpace.INDEX, prefix, PhysicalKey.endOfPrefix(prefix), true)) {
      while (rows < rule.last() && cursor.next()) {
        rows++;
        byte[] source = FamilyRows.source(rule, prefix, cursor.key());
        byte[] stored = source == null ? null : view.get(KeySpace.DATA, source);
        byte[] document = document(stored);
        findings.looked(0, stored == null ? 0 : stored.length);
        if (document != null) {
          members.add(rule.member(new DocumentReader(document)));
        }
      }
    }
    Collections.reverse(members);
    return JsonArray.of(members);
  }
}
