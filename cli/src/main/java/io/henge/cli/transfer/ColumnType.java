package io.henge.cli.transfer;

import io.henge.api.error.HengeException;
import io.henge.document.DocumentLimits;
import io.henge.document.value.Json;
import io.henge.document.value.JsonBoolean;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonText;
import io.henge.document.value.JsonValue;
import java.math.BigDecimal;
import java.util.Locale;
import java.util.regex.Pattern;

/** What the text of a field becomes. */
public enum ColumnType {
  /** Text, as it is. */
  TEXT {
    @Override
    JsonValue value(String text, boolean quoted) {
      return new JsonText(text);
    }
  },
  /** An exact number; {@code 007} is 7, {@code 1.50} stays 1.50. */
  NUMBER {
    @Override
    JsonValue value(String text, boolean quoted) {
      String number = text.strip();
      // Longer ones are over the limit of digits, and would take long to find that out.
      if (number.isEmpty() || number.length() > DocumentLimits.NUMBER_DIGITS_MAX + 32) {
        throw unfit("a number", text);
      }
      try {
        return JsonNumber.of(new BigDecimal(number));
      } catch (NumberFormatException e) {
        throw unfit("a number", text);
      }
    }
  },
  /** {@code true}, {@code t}, {@code yes}, {@code y}, {@code 1} and their opposites, any case. */
  BOOLEAN {
    @Override
    JsonValue value(String text, boolean quoted) {
      return switch (text.strip().toLowerCase(Locale.ROOT)) {
        case "true", "t", "yes", "y", "on", "1" -> JsonBoolean.TRUE;
        case "false", "f", "no", "n", "off", "0" -> JsonBoolean.FALSE;
        default -> throw unfit("a boolean (true, t, yes, y, on, 1 or an opposite)", text);
      };
    }
  },
  /** Any JSON value. */
  JSON {
    @Override
    JsonValue value(String text, boolean quoted) {
      return Json.parse(text);
    }
  },
  /**
   * A number or a boolean if the field is not quoted and is written as JSON writes one; else text.
   * So {@code 007} and {@code "7"} are texts.
   */
  INFER {
    @Override
    JsonValue value(String text, boolean quoted) {
      if (!quoted) {
        if (text.equals("true") || text.equals("false")) {
          return text.equals("true") ? JsonBoolean.TRUE : JsonBoolean.FALSE;
        }
        if (text.length() <= DocumentLimits.NUMBER_DIGITS_MAX
            && JSON_NUMBER.matcher(text).matches()) {
          return Json.parse(text);
        }
      }
      return new JsonText(text);
    }
  };

  private static final Pattern JSON_NUMBER =
      Pattern.compile("-?(0|[1-9][0-9]*+)(\\.[0-9]++)?+([eE][-+]?[0-9]{1,3})?+");
  private static final int SHOWN_MAX = 40;

  /**
   * The value of a field.
   *
   * @throws HengeException INVALID_ARGUMENT if the text does not fit
   */
  abstract JsonValue value(String text, boolean quoted);

  private static HengeException unfit(String expected, String text) {
    String shown = text.length() <= SHOWN_MAX ? text : text.substring(0, SHOWN_MAX) + "…";
    return HengeException.invalid(expected + " expected, found " + Json.quote(shown));
  }
}
