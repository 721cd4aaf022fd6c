package io.henge.cli.transfer;

import io.henge.api.error.HengeException;
import org.jspecify.annotations.Nullable;

/**
 * What a run of an import did.
 *
 * @param documents imported
 * @param rejected records
 * @param fromLine where it began, from 1
 * @param nextLine behind the last line before which everything is done
 * @param bytes of the file that are done
 * @param failure why it ended before the end of the file; null if it did not
 */
public record ImportResult(
    long documents,
    long rejected,
    long fromLine,
    long nextLine,
    long bytes,
    @Nullable HengeException failure) {}
