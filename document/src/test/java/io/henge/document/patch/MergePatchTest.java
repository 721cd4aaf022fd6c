package io.henge.document.patch;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.document.Expect;
import io.henge.document.Steps;
import io.henge.document.value.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MergePatchTest {
  /** RFC 7396, appendix A. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"a\":\"b\"}|{\"a\":\"c\"}|{\"a\":\"c\"}",
        "{\"a\":\"b\"}|{\"b\":\"c\"}|{\"a\":\"b\",\"b\":\"c\"}",
        "{\"a\":\"b\"}|{\"a\":null}|{}",
        "{\"a\":\"b\",\"b\":\"c\"}|{\"a\":null}|{\"b\":\"c\"}",
        "{\"a\":[\"b\"]}|{\"a\":\"c\"}|{\"a\":\"c\"}",
        "{\"a\":\"c\"}|{\"a\":[\"b\"]}|{\"a\":[\"b\"]}",
        "{\"a\":{\"b\":\"c\"}}|{\"a\":{\"b\":\"d\",\"c\":null}}|{\"a\":{\"b\":\"d\"}}",
        "{\"a\":[{\"b\":\"c\"}]}|{\"a\":[1]}|{\"a\":[1]}",
        "[\"a\",\"b\"]|[\"c\",\"d\"]|[\"c\",\"d\"]",
        "{\"a\":\"b\"}|[\"c\"]|[\"c\"]",
        "{\"a\":\"foo\"}|null|null",
        "{\"a\":\"foo\"}|\"bar\"|\"bar\"",
        "{\"e\":null}|{\"a\":1}|{\"e\":null,\"a\":1}",
        "[1,2]|{\"a\":\"b\",\"c\":null}|{\"a\":\"b\"}",
        "{}|{\"a\":{\"bb\":{\"ccc\":null}}}|{\"a\":{\"bb\":{}}}",
      })
  void shouldMergeAsTheStandardSays(String target, String patch, String expected) {
    assertThat(MergePatch.apply(Json.parse(target), Json.parse(patch), Steps.standard()))
        .isEqualTo(Json.parse(expected));
  }

  /** RFC 7396, section 3. */
  @Test
  void shouldMergeTheLongExample() {
    String document =
        """
        {"title": "Goodbye!", "author": {"givenName": "John", "familyName": "Doe"},
         "tags": ["example", "sample"], "content": "This will be unchanged"}
        """;
    String patch =
        """
        {"title": "Hello!", "phoneNumber": "+01-123-456-7890", "author": {"familyName": null},
         "tags": ["example"]}
        """;
    String expected =
        """
        {"title": "Hello!", "author": {"givenName": "John"}, "tags": ["example"],
         "content": "This will be unchanged", "phoneNumber": "+01-123-456-7890"}
        """;
    assertThat(MergePatch.apply(Json.parse(document), Json.parse(patch), Steps.standard()))
        .isEqualTo(Json.parse(expected));
  }

  @Test
  void shouldLeaveTheSameObjectIfNothingChanges() {
    var target = Json.parse("{\"a\":{\"b\":1}}");
    assertThat(MergePatch.apply(target, Json.parse("{\"a\":{},\"c\":null}"), Steps.standard()))
        .isSameAs(target);
    assertThat(MergePatch.apply(null, Json.parse("{\"a\":{\"b\":null}}"), Steps.standard()))
        .hasToString("{\"a\":{}}");
    Expect.invalid(
        () -> MergePatch.apply(target, Json.parse("{\"b\":{\"c\":1}}"), new Steps(2)), "2 steps");
  }
}
