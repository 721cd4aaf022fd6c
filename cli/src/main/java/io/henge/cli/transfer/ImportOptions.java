package io.henge.cli.transfer;

import io.henge.api.error.HengeException;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How to import.
 *
 * @param csv null = JSON Lines
 * @param mode what to do with each document
 * @param lineField the member that gets the number of the line; empty = none
 * @param parallel most writes that wait for an answer
 * @param rejectMax most rejects of a run; one more ends it
 * @param retryFor how long a write is tried again that the cluster cannot take now
 * @param rejects file of the rejects
 * @param checkpoint file that says how far the import is; null = none
 */
public record ImportOptions(
    @Nullable CsvOptions csv,
    Mode mode,
    String lineField,
    int parallel,
    long rejectMax,
    Duration retryFor,
    Path rejects,
    @Nullable Path checkpoint) {

  /** What to do with a document. */
  public enum Mode {
    /** Store it if there is none of its keys. */
    INSERT,
    /** Store it in any case; doing it again changes nothing. */
    UPSERT,
    /** Store it if there is one of its keys. */
    REPLACE
  }

  public ImportOptions {
    if (parallel < 1) {
      throw HengeException.invalid("--parallel: 1 or more expected, found " + parallel);
    }
    if (rejectMax < 0) {
      throw HengeException.invalid("--reject-max: 0 or more expected, found " + rejectMax);
    }
  }

  /** What decides how a record becomes a document, in a form that is equal if that is. */
  String fingerprint(String collection) {
    return collection + " " + mode + " line-as " + lineField + " " + (csv == null ? "json" : csv);
  }
}
