package io.henge.replication.statemachine;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.item.Value;
import io.henge.api.key.PhysicalKey;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.value.JsonArray;
import io.henge.document.value.JsonNull;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonText;
import io.henge.document.value.JsonValue;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What documents are to show when all is quiet, found out in the plainest way. */
final class FollowExpectation {
  private final FamilyRing ring;
  private final List<CopyRule> ofOrders;
  private final List<CopyRule> ofNotes;
  private final Map<String, @Nullable JsonObject> products = new TreeMap<>();
  private int compared;

  FollowExpectation(FamilyRing ring, List<CopyRule> ofOrders, List<CopyRule> ofNotes) {
    this.ring = ring;
    this.ofOrders = ofOrders;
    this.ofNotes = ofNotes;
    for (String id : FollowDocuments.IDS) {
      products.put(id, document(FollowDocuments.product(id)));
    }
  }

  /** Copies that were compared. */
  int compared() {
    return compared;
  }

  /** Compares one document. */
  void compare(byte[] key) {
    JsonObject document = document(key);
    if (document == null) {
      return;
    }
    switch (PhysicalKey.collectionId(key)) {
      case FollowPropertyTest.ORDERS -> compareOrder(document);
      case FollowPropertyTest.NOTES -> compareNote(document);
      case FollowPropertyTest.USERS -> compareUser(document);
      default -> {}
    }
  }

  private @Nullable JsonObject document(byte[] key) {
    StoredItem item = ring.holding(key).get(key);
    return item == null ? null : DocumentCodec.decode(((Value.Document) item.value()).bytes());
  }

  private void compareOrder(JsonObject order) {
    for (CopyRule rule : ofOrders) {
      if (!FollowPropertyTest.isLive(rule) || rule.kind() != CopyRule.Kind.FOLLOW) {
        continue;
      }
      if (rule.target().equals("items[]")) {
        if (order.get("items") instanceof JsonArray items) {
          for (JsonValue item : items.elements()) {
            if (item instanceof JsonObject element) {
              compare(rule, order, element, element.get("p"));
            }
          }
        }
      } else if (rule.target().isEmpty()) {
        compare(rule, order, order, order.get("main"));
      } else if (order.get("box") instanceof JsonObject box
          && box.get("item") instanceof JsonObject item
          && item.get("ref") instanceof JsonObject ref) {
        compare(rule, order, item, ref.get("p"));
      }
    }
  }

  private void compare(
      CopyRule rule, JsonObject order, JsonObject element, @Nullable JsonValue reference) {
    compared++;
    String id =
        reference instanceof JsonText text && !text.value().equals("7")
            ? text.value()
            : reference instanceof JsonNumber number
                    && number.decimal().compareTo(BigDecimal.valueOf(7)) == 0
                ? "7"
                : null;
    boolean names =
        reference instanceof JsonText
            || (reference instanceof JsonNumber number
                && number.decimal().stripTrailingZeros().scale() <= 0);
    JsonObject product = id == null ? null : products.get(id);
    if (names && product == null && rule.whenDeleted() == CopyRule.WhenDeleted.KEEP) {
      return;
    }
    for (CopyRule.Field field : rule.fields()) {
      JsonValue expected = null;
      if (names && product == null) {
        expected = JsonNull.NULL;
      } else if (product != null) {
        expected =
            field.path().equals("a.b")
                ? product.get("a") instanceof JsonObject a ? a.get("b") : null
                : product.get(field.path());
      }
      assertThat(element.get(field.as()))
          .as("%s of %s in %s", field, rule, order)
          .isEqualTo(expected);
    }
  }

  private void compareNote(JsonObject note) {
    for (CopyRule rule : ofNotes) {
      if (FollowPropertyTest.isLive(rule)) {
        JsonObject order =
            document(FollowWorld.key(FollowPropertyTest.ORDERS, text(note, "u"), text(note, "o")));
        if (order != null) {
          assertThat(note.get("main")).isEqualTo(order.get("main_name"));
          compared++;
        } else if (rule.whenDeleted() == CopyRule.WhenDeleted.NULL) {
          assertThat(note.get("main")).isEqualTo(JsonNull.NULL);
        }
      }
    }
  }

  private void compareUser(JsonObject user) {
    List<JsonValue> recent = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      JsonObject order =
          document(FollowWorld.key(FollowPropertyTest.ORDERS, text(user, "u"), "o" + i));
      if (order != null) {
        JsonObject member = JsonObject.EMPTY;
        for (String name : List.of("o", "main_name", "items")) {
          JsonValue value = order.get(name);
          member = value == null ? member : member.with(name, value);
        }
        recent.add(member);
      }
    }
    assertThat(user.get("recent")).isEqualTo(JsonArray.of(recent));
    compared++;
  }

  private static String text(JsonObject document, String name) {
    return ((JsonText) Objects.requireNonNull(document.get(name))).value();
  }
}
