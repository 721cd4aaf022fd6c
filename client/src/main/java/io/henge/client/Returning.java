package io.henge.client;

/** What a write gives back of what it changes. */
public enum Returning {
  NOTHING,
  /** As it was before. */
  PREVIOUS,
  /** As it is afterwards; of documents only. */
  CURRENT
}
