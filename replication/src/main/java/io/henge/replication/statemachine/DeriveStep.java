package io.henge.replication.statemachine;

/**
 * Makes one kind of derived rows, or of copies, right after documents have changed. Depends on
 * nothing but what the {@link Derivation} shows: the documents before and now, rows as they are
 * amid the entry, catalogue and states. Stateless between calls, or it keeps nothing that matters.
 */
interface DeriveStep {
  /**
   * Derives what follows from {@link Derivation#change changes} 0 to {@link Derivation#count} - 1.
   * Documents that it {@linkplain Derivation#set sets} are changes in turn: they are appended, if
   * they have not been changed before, and later steps see them as they are in the end.
   *
   * @return false if the command fails, after {@link Derivation#fail}; everything is then taken
   *     back. Never in a {@linkplain Derivation#isSweep sweep}
   * @throws io.henge.api.error.HengeException INVALID_ARGUMENT fails the command too
   */
  boolean derive(Derivation derivation);
}
