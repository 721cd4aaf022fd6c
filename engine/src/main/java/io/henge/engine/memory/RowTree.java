package io.henge.engine.memory;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * An immutable ordered map of byte strings: a treap whose changes copy the path to the root. So a
 * consistent view is a reference, and a reader needs no lock. Priorities come from the keys: equal
 * contents are equal trees.
 */
final class RowTree {
  static final class Node {
    final byte[] key;
    final byte[] value;
    final @Nullable Node left;
    final @Nullable Node right;
    final int priority;
    final int rows;

    Node(byte[] key, byte[] value, int priority, @Nullable Node left, @Nullable Node right) {
      this.key = key;
      this.value = value;
      this.priority = priority;
      this.left = left;
      this.right = right;
      this.rows = 1 + rows(left) + rows(right);
    }

    Node with(@Nullable Node newLeft, @Nullable Node newRight) {
      return new Node(key, value, priority, newLeft, newRight);
    }
  }

  private RowTree() {}

  static int rows(@Nullable Node tree) {
    return tree == null ? 0 : tree.rows;
  }

  static byte @Nullable [] get(@Nullable Node tree, byte[] key) {
    Node node = tree;
    while (node != null) {
      int order = Arrays.compareUnsigned(key, node.key);
      if (order == 0) {
        return node.value;
      }
      node = order < 0 ? node.left : node.right;
    }
    return null;
  }

  static Node put(@Nullable Node tree, byte[] key, byte[] value) {
    return put(tree, key, value, priority(key));
  }

  private static Node put(@Nullable Node tree, byte[] key, byte[] value, int priority) {
    if (tree == null) {
      return new Node(key, value, priority, null, null);
    }
    int order = Arrays.compareUnsigned(key, tree.key);
    if (order == 0) {
      return new Node(key, value, priority, tree.left, tree.right);
    }
    if (priority > tree.priority) {
      // The key cannot be further down: parents never have a lower priority than children.
      return new Node(key, value, priority, below(tree, key), from(tree, key));
    }
    return order < 0
        ? tree.with(put(tree.left, key, value, priority), tree.right)
        : tree.with(tree.left, put(tree.right, key, value, priority));
  }

  static @Nullable Node remove(@Nullable Node tree, byte[] key) {
    if (tree == null) {
      return null;
    }
    int order = Arrays.compareUnsigned(key, tree.key);
    if (order == 0) {
      return join(tree.left, tree.right);
    }
    if (order < 0) {
      Node left = remove(tree.left, key);
      return left == tree.left ? tree : tree.with(left, tree.right);
    }
    Node right = remove(tree.right, key);
    return right == tree.right ? tree : tree.with(tree.left, right);
  }

  /** Without the rows from {@code low} (inclusive) to {@code high} (exclusive). */
  static @Nullable Node removeRange(@Nullable Node tree, byte[] low, byte[] high) {
    return join(below(tree, low), from(tree, high));
  }

  /** The rows below {@code key}. */
  private static @Nullable Node below(@Nullable Node tree, byte[] key) {
    if (tree == null) {
      return null;
    }
    return Arrays.compareUnsigned(tree.key, key) < 0
        ? tree.with(tree.left, below(tree.right, key))
        : below(tree.left, key);
  }

  /** The rows at or above {@code key}. */
  private static @Nullable Node from(@Nullable Node tree, byte[] key) {
    if (tree == null) {
      return null;
    }
    return Arrays.compareUnsigned(tree.key, key) >= 0
        ? tree.with(from(tree.left, key), tree.right)
        : from(tree.right, key);
  }

  private static @Nullable Node join(@Nullable Node left, @Nullable Node right) {
    if (left == null) {
      return right;
    }
    if (right == null) {
      return left;
    }
    return left.priority >= right.priority
        ? left.with(left.left, join(left.right, right))
        : right.with(join(left, right.left), right.right);
  }

  /** The first row at or above {@code key}, or the last row below it. */
  static @Nullable Node nearest(@Nullable Node tree, byte[] key, boolean below) {
    Node node = tree;
    Node best = null;
    while (node != null) {
      boolean isBelow = Arrays.compareUnsigned(node.key, key) < 0;
      if (isBelow == below) {
        best = node;
      }
      node = isBelow ? node.right : node.left;
    }
    return best;
  }

  private static int priority(byte[] key) {
    int hash = Arrays.hashCode(key);
    hash = (hash ^ (hash >>> 16)) * 0x85EBCA6B;
    hash = (hash ^ (hash >>> 13)) * 0xC2B2AE35;
    return hash ^ (hash >>> 16);
  }
}
